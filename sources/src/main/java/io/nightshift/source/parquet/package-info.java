/// Parquet files as a source: which there are, what is in them, and the SQL that reads a range of their rows.
@NullMarked
package io.nightshift.source.parquet;

import org.jspecify.annotations.NullMarked;
