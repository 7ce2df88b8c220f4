/// A snapshot of a table of an Iceberg catalog as the source of a job: which data files it has, which of their
/// rows are deleted, and which columns they have (docs/decisions/0070-iceberg-source.md).
@NullMarked
package io.nightshift.iceberg.source;

import org.jspecify.annotations.NullMarked;
