package io.nightshift.worker.partition;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.storage.destination.QuarantineTable;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.destination.ScoredRows;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob;
import io.nightshift.storage.source.SourceReader.BoundSlices;
import io.nightshift.storage.source.SourceRelation;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Quarantined rows of a published batch that one attempt scores again, and those that it leaves in the
/// quarantine.
///
/// A row is found again by its position if its file is unchanged, and otherwise by its record ID in all of the
/// input. Each must be there once. For one attempt, and its thread.
public final class QuarantineSelection {

    private static final String ALL = "nightshift_quarantined";
    private static final String SELECTED = "nightshift_selected";
    private static final String KEPT = "nightshift_kept";
    private static final String FOUND = "nightshift_found";
    private static final String READ = "nightshift_read";

    /// A row's position, for people.
    private static final String PLACE = "parse_filename(record_file) || ' row ' || record_row";

    /// The rows that a message names.
    private static final int NAMED = 3;

    private final Supplier<QuarantinedRows> quarantined;
    private final @Nullable String where;
    private final Set<String> unchanged;
    private final List<Cut> cuts;
    private @Nullable Cut cut;
    private long rows;
    private long kept;

    /// @param quarantined all quarantined rows of the batch
    /// @param where the checked condition that selects rows; null for all
    /// @param unchanged the files whose rows are where they were when the batch was planned
    /// @param cuts of the batch, if its output has partition values: all selected rows must be of one of them
    public QuarantineSelection(
            Supplier<QuarantinedRows> quarantined, @Nullable String where, Set<String> unchanged, List<Cut> cuts) {
        this.quarantined = quarantined;
        this.where = where;
        this.unchanged = Set.copyOf(unchanged);
        this.cuts = List.copyOf(cuts);
    }

    /// The cut of the selected rows; null if the output has no partition values.
    @Nullable
    Cut cut() {
        return cut;
    }

    /// How many rows are scored again.
    long rows() {
        return rows;
    }

    /// How many rows stay in the quarantine because they are not selected.
    long kept() {
        return kept;
    }

    /// Finds the selected rows in slices. Makes temporary tables, which the queries of the result need.
    ///
    /// @param source of the job
    /// @return the slices with these rows only
    /// @throws FailureException permanent, if a row is not there once, or the rows have several partition
    ///     values
    List<BoundSlices> select(Connection connection, List<BoundSlices> slices, Job.Source source) throws SQLException {
        try (QuarantineTable table = new QuarantineTable(connection, ALL)) {
            table.load(quarantined.get());
        }
        try (Statement statement = connection.createStatement()) {
            String condition = where == null ? "TRUE" : "coalesce((" + where + "\n), FALSE)";
            statement.execute("CREATE TEMP TABLE %s AS SELECT * FROM %s WHERE NOT %s".formatted(KEPT, ALL, condition));
            kept = count(statement, KEPT);
            statement.execute("""
                    CREATE TEMP TABLE %s AS
                    SELECT record_file, record_row, record_id, list_contains(%s::VARCHAR[], record_file) AS in_place
                    FROM %s WHERE %s""".formatted(SELECTED, Sql.texts(unchanged), ALL, condition));
            rows = count(statement, SELECTED);
            if (rows == 0) {
                throw FailureException.permanent(
                        "no quarantined row is selected: the condition %s is true for none".formatted(where));
            }
            refuse(
                    statement,
                    "SELECT %s FROM %s WHERE NOT in_place AND record_id IS NULL".formatted(PLACE, SELECTED),
                    "can't be found again, because their files have changed and they have no record ID");
            List<BoundSlices> filtered = filtered(statement, slices, source);
            find(statement, filtered, source);
            return cuts.isEmpty() ? filtered : inOneCut(statement, filtered);
        }
    }

    /// The output of an attempt has one partition value.
    private List<BoundSlices> inOneCut(Statement statement, List<BoundSlices> slices) throws SQLException {
        long[] counts = new long[cuts.size()];
        for (BoundSlices group : slices) {
            SourceRelation relation = group.relation();
            statement.execute("CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM %s WHERE %s"
                    .formatted(READ, relation.from(), relation.range()));
            long left = count(statement, READ);
            for (int i = 0; i < counts.length && left > 0; i++) {
                long inCut = count(
                        statement,
                        "(FROM %s WHERE (%s))".formatted(READ, cuts.get(i).condition()));
                counts[i] += inCut;
                left -= inCut;
            }
        }
        List<String> values = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                cut = cuts.get(i);
                values.add(Objects.requireNonNullElse(cut.value(), "NULL"));
            }
        }
        if (cut == null || Arrays.stream(counts).sum() != rows) {
            throw FailureException.permanent(
                    "quarantined rows have a partition value now that no partition of the batch has. Leave them out with --where, and run the job again with --new");
        }
        if (values.size() > 1) {
            throw FailureException.permanent(
                    "the selected rows have %d partition values: %s%s. Select the rows of one value with --where, and redrive the others afterwards"
                            .formatted(
                                    values.size(),
                                    String.join(", ", values.subList(0, Math.min(NAMED, values.size()))),
                                    values.size() > NAMED ? " and more" : ""));
        }
        Cut one = cut;
        return slices.stream()
                .map(group -> new BoundSlices(group.job().in(one), group.relation()))
                .toList();
    }

    private static List<BoundSlices> filtered(Statement statement, List<BoundSlices> slices, Job.Source source)
            throws SQLException {
        boolean byId = exists(statement, "NOT in_place");
        boolean byPosition = exists(statement, "in_place");
        List<BoundSlices> filtered = new ArrayList<>();
        for (BoundSlices group : slices) {
            SourceRelation relation = group.relation();
            List<String> ways = new ArrayList<>();
            if (byPosition) {
                ways.add("(%s, %s) IN (SELECT record_file, record_row FROM %s WHERE in_place)"
                        .formatted(relation.file(), relation.row(), SELECTED));
            }
            if (byId) {
                ways.add("%s IN (SELECT record_id FROM %s WHERE NOT in_place)".formatted(id(source), SELECTED));
            }
            String chosen = "(" + String.join(" OR ", ways) + ")";
            filtered.add(new BoundSlices(
                    group.job(),
                    new SourceRelation(
                            relation.from(),
                            relation.file(),
                            relation.row(),
                            relation.range().isEmpty() ? chosen : relation.range() + " AND " + chosen,
                            relation.record(),
                            relation.leavesOut())));
        }
        return filtered;
    }

    /// The record ID as the quarantine has it, over a source's own columns.
    private static String id(Job.Source source) {
        return source.id() == null ? "NULL" : "CAST(%s AS VARCHAR)".formatted(SourceRelation.id(source, source.id()));
    }

    private static void find(Statement statement, List<BoundSlices> slices, Job.Source source) throws SQLException {
        statement.execute(
                "CREATE TEMP TABLE %s (record_file VARCHAR, record_row BIGINT, record_id VARCHAR)".formatted(FOUND));
        for (BoundSlices group : slices) {
            SourceRelation relation = group.relation();
            statement.execute("INSERT INTO %s SELECT %s, %s, %s FROM %s WHERE %s"
                    .formatted(FOUND, relation.file(), relation.row(), id(source), relation.from(), relation.range()));
        }
        refuse(statement, """
                SELECT CASE WHEN in_place THEN %s ELSE record_id END FROM %s AS wanted WHERE NOT EXISTS (
                    SELECT 1 FROM %s AS found WHERE CASE WHEN wanted.in_place
                    THEN found.record_file = wanted.record_file AND found.record_row = wanted.record_row
                    ELSE found.record_id = wanted.record_id END)""".formatted(PLACE, SELECTED, FOUND), "are not in the input any more");
        refuse(statement, """
                SELECT record_id FROM %s WHERE record_id IN (SELECT record_id FROM %s WHERE NOT in_place)
                GROUP BY record_id HAVING count(*) > 1 ORDER BY record_id""".formatted(FOUND, SELECTED), "have a record ID that the input has more than once");
        refuse(statement, """
                SELECT record_id FROM %s WHERE NOT in_place
                GROUP BY record_id HAVING count(*) > 1 ORDER BY record_id""".formatted(SELECTED), "have a record ID that the quarantine has more than once");
    }

    /// The rows for a writer, with those that stay in the quarantine.
    ScoredRows withKept(ScoredRows scored) {
        BoundJob.Bound id = scored.job().id();
        return new ScoredRows(scored.job(), scored.model(), scored.scored(), () -> """
                %s
                UNION ALL
                SELECT record_file, record_row, %sreason, "value", message, CAST("values" AS VARCHAR) FROM %s\
                """.formatted(
                        scored.quarantined(), id == null ? "" : "CAST(record_id AS %s), ".formatted(id.type()), KEPT));
    }

    /// Refuses an attempt that has not read all selected rows, or scored none of them.
    ///
    /// @param read rows that the job's condition lets through
    /// @param reasons why the first of them are quarantined again
    void check(long read, long predictions, List<String> reasons) {
        if (read != rows) {
            throw FailureException.permanent(
                    "%,d of the %,d selected rows are left out by source.where now. Select other rows with --where"
                            .formatted(rows - read, rows));
        }
        if (predictions == 0) {
            throw FailureException.permanent(
                    "none of the %,d selected rows can be scored: %s".formatted(rows, String.join("; ", reasons)));
        }
    }

    private static void refuse(Statement statement, String query, String why) throws SQLException {
        List<String> named = new ArrayList<>();
        try (ResultSet found = statement.executeQuery(query + " LIMIT " + (NAMED + 1))) {
            while (found.next()) {
                named.add(found.getString(1));
            }
        }
        if (!named.isEmpty()) {
            String more = named.size() > NAMED ? " and more" : "";
            throw FailureException.permanent("quarantined rows %s: %s%s. Leave them out with --where"
                    .formatted(why, String.join(", ", named.subList(0, Math.min(NAMED, named.size()))), more));
        }
    }

    private static boolean exists(Statement statement, String condition) throws SQLException {
        return count(statement, "(FROM %s WHERE %s LIMIT 1)".formatted(SELECTED, condition)) > 0;
    }

    private static long count(Statement statement, String relation) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + relation)) {
            row.next();
            return row.getLong(1);
        }
    }
}
