package io.nightshift.storage.source;

import io.nightshift.protocol.job.Job;
import io.nightshift.storage.duckdb.Sql;

/// Rows of a source as DuckDB SQL: of one slice, or of several whole files of equal columns.
///
/// @param from what stands after FROM: all of the source's own columns, under their own names
/// @param file an expression over `from`: the file that a row is in
/// @param row an expression over `from`: the row's position in that file, from 0
/// @param range a condition over `from` that holds for the rows of the slice, or the empty text for all rows
public record SourceRelation(String from, String file, String row, String range) {

    /// A query for the rows that the job's condition lets through. A row for which the condition fails is one
    /// of them: it is quarantined.
    ///
    /// @param select what to take of each row
    public String query(Job.Source source, String select) {
        return """
                SELECT * FROM (SELECT %s, TRY([(%s\n)]) AS nightshift_where FROM %s WHERE %s)
                WHERE nightshift_where IS NULL OR nightshift_where[1]""".formatted(
                select, source.where() == null ? "TRUE" : source.where(), from, range.isEmpty() ? "TRUE" : range);
    }

    /// The expression of a record's id over a source's own columns. It is NULL where it fails for a row: that
    /// quarantines the row, which is counted all the same.
    ///
    /// @param id the job's id column
    public static String id(Job.Source source, String id) {
        String computed = source.select().get(id);
        return "TRY(" + (computed == null ? Sql.name(id) : "(" + computed + "\n)") + ")";
    }
}
