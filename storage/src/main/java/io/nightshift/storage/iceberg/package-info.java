/// Iceberg catalogs, and the files of their tables. No class here is loaded before a job uses a catalog, except
/// [IcebergCatalogs][io.nightshift.storage.iceberg.IcebergCatalogs] itself.
@NullMarked
package io.nightshift.storage.iceberg;

import org.jspecify.annotations.NullMarked;
