package io.nightshift.worker.partition;

import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.ValueLimits;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.Categories;
import io.nightshift.source.Categories.Unseen;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.storage.duckdb.SqlStatement;
import io.nightshift.worker.scoring.CheckedValues;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The SQL of one attempt: the good rows of the partition's slices, scored, and the bad ones. [SliceQuery]
/// says which rows are bad.
///
/// @param slices at least one group
/// @param careful whether expressions may fail for single rows
/// @param isolating whether the model may fail for single rows
/// @param limits the values that make a row bad since the destination can't hold them
record PartitionQuery(
        List<BoundSlices> slices, ModelDescription model, boolean careful, boolean isolating, ValueLimits limits) {

    /// The job, bound to the columns of the first group; the names and types of its values are the same in
    /// all.
    BoundJob job() {
        return slices.getFirst().job();
    }

    /// Where the score function finds the values that the checks count.
    CheckedValues checked() {
        return CheckedValues.of(slices.stream().map(BoundSlices::job).toList());
    }

    /// The temporary table that [#evaluation()] fills.
    private static final String EVALUATED = "nightshift_evaluated";

    /// The temporary table that [#ownValues] fills.
    private static final String OWN = "nightshift_own";

    /// The number of bad rows whose positions a query lists.
    private static final int LISTED = 64;

    /// Whether expressions or the model may fail for single rows. Finding these rows takes long, so it is done
    /// once: [#copies()] and then [#evaluation()] are executed before the other queries, which read the rows from
    /// there. Otherwise [#evaluation()] is executed after the good rows were written, if there are bad ones.
    boolean isEvaluated() {
        return careful || isolating;
    }

    /// Statements that copy the rows. In a copy, no vector has a dictionary. DuckDB computes a cast for all
    /// values of a dictionary, and `TRY` would do so again for each row.
    List<String> copies() {
        return copied().map(SliceCopy::statement).toList();
    }

    /// The statement that makes a table of all rows, good and bad, or of the bad ones only: see [#isEvaluated()].
    String evaluation() {
        String rows = isEvaluated() ? union(SliceQuery::evaluated) : SliceQuery.bad(union(SliceQuery::quarantined));
        return "CREATE OR REPLACE TEMP TABLE %s AS %s".formatted(EVALUATED, rows);
    }

    /// A query for the positions of bad rows, and some of them as a text. Needs the table of [#evaluation()].
    String badRows() {
        return "SELECT min(nightshift_row), max(nightshift_row), count(DISTINCT nightshift_row), string_agg(DISTINCT CAST(nightshift_row AS VARCHAR), ', ') FILTER (listed) FROM (SELECT nightshift_row, row_number() OVER () <= %d AS listed FROM %s WHERE nightshift_reason IS NOT NULL)"
                .formatted(LISTED, EVALUATED);
    }

    /// The statement that makes a table of the files' own values of bad rows. It reads the source a second
    /// time, for these rows only. Needs the table of [#evaluation()].
    ///
    /// @param least the lowest position of a bad row in its file
    /// @param most the highest
    /// @param count how many positions there are
    /// @param listed the positions of the first bad rows
    String ownValues(long least, long most, long count, String listed) {
        String rows = count == listed.split(",", -1).length
                ? "%s IN (" + listed + ")"
                : "%s BETWEEN " + least + " AND " + most;
        String bad = "(FROM %s WHERE nightshift_reason IS NOT NULL)".formatted(EVALUATED);
        return "CREATE OR REPLACE TEMP TABLE %s AS %s"
                .formatted(
                        OWN,
                        slices.stream()
                                .map(group -> new SliceQuery(group, checked(), careful, isolating, limits)
                                        .ownValues(bad, rows))
                                .collect(Collectors.joining("\nUNION ALL ")));
    }

    private Stream<SliceCopy> copied() {
        return IntStream.range(0, slices.size()).mapToObj(i -> SliceCopy.of(slices.get(i), i));
    }

    /// A query for each group of slices.
    private Stream<SliceQuery> groups() {
        return (isEvaluated() ? copied().map(SliceCopy::slices) : slices.stream())
                .map(group -> new SliceQuery(group, checked(), careful, isolating, limits));
    }

    /// The rows for a writer.
    ScoredRows rows() {
        return new ScoredRows(job(), model, new SqlStatement(scored(), values()), this::quarantined);
    }

    private List<SqlStatement.Value> values() {
        return slices.size() == 1 && !isEvaluated()
                ? slices.getFirst().relation().values()
                : List.of();
    }

    /// Whether the job leaves out rows.
    boolean filters() {
        return job().where() != null
                || slices.stream().anyMatch(group -> group.relation().leavesOut());
    }

    /// Counts the rows that the job lets through, good and bad, and those of them for which its condition
    /// failed.
    String count() {
        return isEvaluated()
                ? "SELECT count(*), count(*) FILTER (WHERE nightshift_failed IS NOT NULL) FROM " + EVALUATED
                : "SELECT count(*) FILTER (counted), count(*) FILTER (undecided) FROM (%s)"
                        .formatted(union(SliceQuery::counted));
    }

    /// The features whose unseen categories are quarantined, by their positions.
    List<Integer> countedInQuarantine() {
        return IntStream.range(0, job().features().size())
                .filter(i -> {
                    Categories categories = job().features().get(i).categories();
                    return categories != null && categories.areKnown() && categories.unseen() == Unseen.QUARANTINE;
                })
                .boxed()
                .toList();
    }

    /// Counts the rows with an unseen category, for each feature of [#countedInQuarantine()].
    String unseen() {
        String counts = countedInQuarantine().stream()
                .map(i -> "count(*) FILTER (nightshift_unseen_" + i + ")")
                .collect(Collectors.joining(", "));
        return "SELECT %s FROM (%s)".formatted(counts, union(SliceQuery::unseen));
    }

    /// The values of some unseen categories of a feature, for people.
    String unseenValues(int feature, int most) {
        return "SELECT DISTINCT value FROM (%s) WHERE unseen ORDER BY value LIMIT %d"
                .formatted(union(slice -> slice.unseenValues(feature)), most);
    }

    private String scored() {
        String score = ScoreFunctions.score(
                job().features(),
                Stream.concat(
                                IntStream.range(0, job().features().size()).mapToObj(i -> "nightshift_feature_" + i),
                                IntStream.range(0, checked().own().size()).mapToObj(i -> "nightshift_check_" + i))
                        .toList());
        boolean isDirect = groups().allMatch(SliceQuery::isDirect);
        return "SELECT *, %s AS nightshift_ticket FROM (%s)"
                .formatted(
                        score,
                        isEvaluated()
                                ? "SELECT * FROM %s WHERE nightshift_reason IS NULL".formatted(EVALUATED)
                                : union(isDirect ? SliceQuery::direct : SliceQuery::scored));
    }

    /// Needs the tables of [#evaluation()], of [#ownValues] and of [FailureMessages].
    private String quarantined() {
        return """
                SELECT nightshift_file AS record_file, nightshift_row AS record_row, %snightshift_reason AS reason,
                nightshift_value AS "value", coalesce(message, nightshift_place) AS message, nightshift_values AS "values"
                FROM (SELECT * FROM %s WHERE nightshift_reason IS NOT NULL) LEFT JOIN %s
                ON nightshift_failed = expression AND nightshift_value IS NOT DISTINCT FROM input
                LEFT JOIN %s USING (nightshift_file, nightshift_row)""".formatted(
                job().id() == null ? "" : "nightshift_id AS record_id, ", EVALUATED, FailureMessages.TABLE, OWN);
    }

    /// For each group of slices, a query for rows whose expressions failed: see [SliceQuery#failing]. Needs the
    /// table of [#evaluation()].
    List<String> failing(int most) {
        return groups().map(group -> group.failing(EVALUATED, most)).toList();
    }

    /// Position and reason of some quarantined rows, for people. Needs the same tables.
    String reasons(int most) {
        return "SELECT parse_filename(record_file) || ' row ' || record_row || ': ' || reason || coalesce(': ' || message, ' (' || \"value\" || ')', '') FROM (%s) ORDER BY record_file, record_row LIMIT %d"
                .formatted(quarantined(), most);
    }

    private String union(Function<SliceQuery, String> select) {
        return groups().map(select).collect(Collectors.joining("\nUNION ALL "));
    }
}
