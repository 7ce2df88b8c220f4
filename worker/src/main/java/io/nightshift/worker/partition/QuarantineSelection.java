package io.nightshift.worker.partition;

import io.nightshift.destination.QuarantineTable;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.Sql;
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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    /// Finds the selected rows in slices. Makes temporary tables, which the queries of the result need.
    ///
    /// @param source of the job
    /// @return these rows only
    /// @throws FailureException permanent, if a row is not there once, or the rows have several partition
    ///     values
    AttemptRows.Redriven select(Connection connection, List<BoundSlices> slices, Job.Source source)
            throws SQLException {
        try (QuarantineTable table = new QuarantineTable(connection, ALL)) {
            table.load(quarantined.get());
        }
        try (Statement statement = connection.createStatement()) {
            String condition = where == null ? "TRUE" : "coalesce((" + where + "\n), FALSE)";
            statement.execute("CREATE TEMP TABLE %s AS SELECT * FROM %s WHERE NOT %s".formatted(KEPT, ALL, condition));
            long kept = count(statement, KEPT);
            statement.execute("""
                    CREATE TEMP TABLE %s AS
                    SELECT record_file, record_row, record_id, list_contains(%s::VARCHAR[], record_file) AS in_place
                    FROM %s WHERE %s""".formatted(SELECTED, Sql.texts(unchanged), ALL, condition));
            long rows = count(statement, SELECTED);
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
            if (cuts.isEmpty()) {
                return new AttemptRows.Redriven(filtered, rows, kept, KEPT, null);
            }
            Cut cut = cut(statement, filtered, rows);
            List<BoundSlices> inCut = filtered.stream()
                    .map(group -> new BoundSlices(group.job().in(cut), group.relation()))
                    .toList();
            return new AttemptRows.Redriven(inCut, rows, kept, KEPT, cut);
        }
    }

    /// The cut of all selected rows, since the output of an attempt has one partition value.
    ///
    /// @param rows how many are selected
    private Cut cut(Statement statement, List<BoundSlices> slices, long rows) throws SQLException {
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
        List<Cut> found = IntStream.range(0, counts.length)
                .filter(i -> counts[i] > 0)
                .mapToObj(cuts::get)
                .toList();
        if (found.isEmpty() || Arrays.stream(counts).sum() != rows) {
            throw FailureException.permanent(
                    "quarantined rows have a partition value now that no partition of the batch has. Leave them out with --where, and run the job again with --new");
        }
        if (found.size() > 1) {
            String named = found.stream()
                    .limit(NAMED)
                    .map(cut -> Objects.requireNonNullElse(cut.value(), "NULL"))
                    .collect(Collectors.joining(", "));
            throw FailureException.permanent(
                    "the selected rows have %d partition values: %s%s. Select the rows of one value with --where, and redrive the others afterwards"
                            .formatted(found.size(), named, found.size() > NAMED ? " and more" : ""));
        }
        return found.getFirst();
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
