/// Object stores that speak the S3 protocol: their settings, their client, and its retries.
@NullMarked
package io.nightshift.storage.objectstore;

import org.jspecify.annotations.NullMarked;
