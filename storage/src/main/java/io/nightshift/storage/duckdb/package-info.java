/// The node's DuckDB: one instance, its settings, and what its errors mean.
@NullMarked
package io.nightshift.storage.duckdb;

import org.jspecify.annotations.NullMarked;
