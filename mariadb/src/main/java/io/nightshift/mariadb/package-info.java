/// Tables of MariaDB and MySQL as a destination: `MariadbStore` is the entry, `MariadbTables` says what the tables
/// are.
@NullMarked
package io.nightshift.mariadb;

import org.jspecify.annotations.NullMarked;
