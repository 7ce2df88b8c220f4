/// A table of an Iceberg catalog: a batch is published as files of a folder or of a prefix first, which
/// decides what it consists of, and then one snapshot names these files
/// (docs/decisions/0047-iceberg-destination.md).
@NullMarked
package io.nightshift.iceberg.destination;

import org.jspecify.annotations.NullMarked;
