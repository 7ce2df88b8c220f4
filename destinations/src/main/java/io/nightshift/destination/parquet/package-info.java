/// Parquet files as a destination.
@NullMarked
package io.nightshift.destination.parquet;

import org.jspecify.annotations.NullMarked;
