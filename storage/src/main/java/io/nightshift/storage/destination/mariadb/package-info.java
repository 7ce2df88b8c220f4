/// Tables of MariaDB and MySQL as a destination: `MariadbStore` is the entry, `MariadbTables` says what the tables
/// are.
@NullMarked
package io.nightshift.storage.destination.mariadb;

import org.jspecify.annotations.NullMarked;
