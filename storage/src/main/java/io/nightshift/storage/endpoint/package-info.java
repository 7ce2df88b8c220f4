/// The waits for object stores, databases, Redis servers and catalogs.
@NullMarked
package io.nightshift.storage.endpoint;

import org.jspecify.annotations.NullMarked;
