/// Tables and queries of databases as a source: how their rows are cut into pieces that a plan can pin, and how a
/// piece's rows go from the database's driver into DuckDB's vectors.
@NullMarked
package io.nightshift.source.sql;

import org.jspecify.annotations.NullMarked;
