/// Object stores: their settings, their interface, and the retries of requests.
@NullMarked
package io.nightshift.storage.objectstore;

import org.jspecify.annotations.NullMarked;
