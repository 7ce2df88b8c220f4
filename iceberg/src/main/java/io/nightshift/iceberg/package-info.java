/// Iceberg catalogs, and the files of their tables. No class here is loaded before a job uses a catalog, except
/// [IcebergCatalogs][io.nightshift.iceberg.IcebergCatalogs] itself.
@NullMarked
package io.nightshift.iceberg;

import org.jspecify.annotations.NullMarked;
