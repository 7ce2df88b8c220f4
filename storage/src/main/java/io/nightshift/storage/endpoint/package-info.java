/// What object stores, databases, Redis servers and catalogs have in common for those who wait for them.
@NullMarked
package io.nightshift.storage.endpoint;

import org.jspecify.annotations.NullMarked;
