/// An engine for the Delta kernel, without Hadoop: the log as JSON by Jackson, checkpoints as Parquet by
/// DuckDB, and files in folders and object stores.
@NullMarked
package io.nightshift.delta;

import org.jspecify.annotations.NullMarked;
