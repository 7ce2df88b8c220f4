/// Google Cloud Storage, by its XML API.
@NullMarked
package io.nightshift.gcs;

import org.jspecify.annotations.NullMarked;
