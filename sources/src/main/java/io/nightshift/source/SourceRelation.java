package io.nightshift.source;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement.Value;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Rows of a source as DuckDB SQL: of one slice, or of several whole files of equal columns.
///
/// @param from what stands after FROM: all of the source's own columns, under their own names
/// @param file an expression over `from`: the file that a row is in
/// @param row an expression over `from`: the row's position in that file, from 0
/// @param range a condition over `from` that holds for the rows of the slice, or the empty text for all rows
/// @param record what is known of a row as a record of a text file, or null if no row can be malformed
/// @param leavesOut whether `range` also leaves out rows of the slice, as an inner lookup does
public record SourceRelation(
        String from,
        String file,
        String row,
        String range,
        SourceRelation.@Nullable TextRecord record,
        boolean leavesOut) {

    private static final String FIRST = "first row";
    private static final String END = "end row";
    private static final Pattern ROWS =
            Pattern.compile("\\w+ >= (\\d+)/\\* %s \\*/ AND \\w+ < (\\d+)/\\* %s \\*/".formatted(FIRST, END));

    /// Expressions over `from` about a row of a text file. A malformed record is a row that is quarantined,
    /// whatever the job's condition says of it.
    ///
    /// @param fault why the record is malformed; NULL if it is not
    /// @param text the record, or its beginning
    /// @param place where it is in the file, for people
    /// @param values all values of the record as JSON, or null if they are those of the columns
    public record TextRecord(
            String fault,
            String text,
            String place,
            @Nullable String values) {}

    /// All rows of a slice.
    public SourceRelation(String from, String file, String row, String range, @Nullable TextRecord record) {
        this(from, file, row, range, record, false);
    }

    /// All rows of a slice, none of which can be malformed.
    public SourceRelation(String from, String file, String row, String range) {
        this(from, file, row, range, null);
    }

    /// A range of rows of a file, as [#range()]. Its text differs from that of other ranges only in [#values()].
    ///
    /// @param position the row's position in the file, as SQL
    public static String rows(String position, long first, long end) {
        return "%1$s >= %2$s AND %1$s < %3$s"
                .formatted(position, new Value(FIRST, first).literal(), new Value(END, end).literal());
    }

    /// The values of a range that [#rows] made; empty for other ranges.
    public List<Value> values() {
        Matcher matcher = ROWS.matcher(range);
        return matcher.lookingAt()
                ? List.of(
                        new Value(FIRST, Long.valueOf(matcher.group(1))),
                        new Value(END, Long.valueOf(matcher.group(2))))
                : List.of();
    }

    /// The rows that belong to a cut.
    ///
    /// @param cut whose condition is over `from`; null for all rows
    public SourceRelation of(@Nullable Cut cut) {
        if (cut == null) {
            return this;
        }
        String selected = "(" + cut.condition() + ")";
        return new SourceRelation(from, file, row, range.isEmpty() ? selected : range + " AND " + selected, record);
    }

    /// A query for the rows that the job's condition lets through. A row for which the condition fails is one
    /// of them, and so is a malformed record: they are quarantined.
    ///
    /// @param select what to take of each row
    public String query(Job.Source source, String select) {
        String where = source.where() == null ? "TRUE" : source.where();
        String malformed = record == null ? "" : "OR " + record.fault() + " IS NOT NULL ";
        return """
                SELECT * FROM (SELECT %s, TRY([(%s\n) %s]) AS nightshift_where FROM %s WHERE %s)
                WHERE nightshift_where IS NULL OR nightshift_where[1]""".formatted(select, where, malformed, from, range.isEmpty() ? "TRUE" : range);
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
