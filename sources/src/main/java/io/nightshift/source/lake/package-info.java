/// Tables of lakes as sources: a snapshot of a table is pinned, and its Parquet files are read without their
/// deleted rows. A kind of table is a [io.nightshift.source.lake.LakeTable] in a module of its own
/// (docs/decisions/0070-iceberg-source.md).
@NullMarked
package io.nightshift.source.lake;

import org.jspecify.annotations.NullMarked;
