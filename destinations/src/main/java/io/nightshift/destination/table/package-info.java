/// The shared parts of destinations that are tables of a database: rows from DuckDB to a writer, the connection of
/// an attempt, and the comparison of a table's rows with the ledger.
@NullMarked
package io.nightshift.destination.table;

import org.jspecify.annotations.NullMarked;
