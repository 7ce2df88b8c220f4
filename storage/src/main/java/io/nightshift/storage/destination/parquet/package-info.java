/// Parquet files as a destination.
@NullMarked
package io.nightshift.storage.destination.parquet;

import org.jspecify.annotations.NullMarked;
