package io.nightshift.worker.partition;

import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.ValueLimits;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.TextHash;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.BoundJob.Feature;
import io.nightshift.source.Categories;
import io.nightshift.source.Categories.Unseen;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.worker.scoring.CheckedValues;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The SQL for rows that one query can read: those of a slice, or of whole files of equal columns. It
/// evaluates each of the job's expressions once, and separates quarantined rows from good ones.
///
/// A quarantined row is one whose `nightshift_reason` is not NULL. What is checked follows from the types: a
/// feature from whole numbers is always in the model's domain, so a job of such features has no check and
/// pays nothing.
///
/// In the careful form every expression is evaluated as `TRY([expression])`, so that an expression that fails
/// for a row makes that row bad instead of ending the query: TRY gives NULL for an error, and a list of one
/// value, even of NULL, is not NULL. The job's condition always has this form, since DuckDB may evaluate its
/// parts in any order: whether it fails for a row must not depend on the rows next to it.
///
/// All names in the SQL begin with `nightshift_`, so none hides a name of the user's, or is hidden by one.
final class SliceQuery {

    /// A row is bad if `condition` holds.
    ///
    /// @param reason why, as SQL
    /// @param value the SQL text of the value that is wrong, or null where the reason says all
    /// @param expression the job's expression that failed, or null if the value itself is wrong
    private record Check(
            String condition,
            String reason,
            @Nullable String value,
            @Nullable String expression) {

        Check(String condition, String reason) {
            this(condition, Sql.text(reason), null, null);
        }
    }

    /// The most characters of a wrong value that are kept.
    private static final int LONGEST_VALUE = 1_000;

    /// The column with the reason why the model can't score a row; NULL for a row that it can score.
    private static final String MODEL_FAILURE = "nightshift_model_failure";

    /// Holds for a row for which the job's condition failed.
    private static final String UNDECIDED = "nightshift_where IS NULL";

    /// A number of at least 0. DuckDB assumes that each evaluation gives another one, so it does not move a
    /// condition that contains it.
    private static final String NOT_MOVED = "current_connection_id()";

    private final BoundJob job;
    private final SourceRelation relation;
    private final CheckedValues checked;
    private final boolean careful;
    private final boolean isolating;
    private final ValueLimits limits;

    /// The columns that hold the values of the job's expressions, by their SQL.
    private final Map<String, String> columns = new LinkedHashMap<>();

    /// @param checked the columns that the checks need
    /// @param careful whether expressions may fail for single rows
    /// @param isolating whether the model may fail for single rows
    /// @param limits the values that the destination can't hold
    SliceQuery(BoundSlices slices, CheckedValues checked, boolean careful, boolean isolating, ValueLimits limits) {
        this.isolating = isolating;
        this.checked = checked;
        this.job = slices.job();
        this.relation = slices.relation();
        this.careful = careful;
        this.limits = limits;
    }

    /// Whether no row can be bad and each of the job's expressions is needed once, so that [#direct()] gives
    /// the rows of [#scored()]. DuckDB has less to plan then, which counts for small partitions.
    boolean isDirect() {
        List<String> computed =
                values().map(Bound::sql).filter(sql -> !sql.startsWith("\"")).toList();
        return !careful
                && !isolating
                && job.where() == null
                && computed.size() == Set.copyOf(computed).size()
                && job.features().stream()
                        .map(Feature::categories)
                        .allMatch(categories -> categories == null || !categories.byName())
                && checks().isEmpty();
    }

    private Bound ownChecked(int column) {
        return job.checked().get(checked.own().get(column)).source();
    }

    private Stream<Bound> values() {
        return Stream.of(
                        Stream.ofNullable(job.id()),
                        job.features().stream().map(Feature::source),
                        job.output().stream(),
                        job.segments().stream(),
                        IntStream.range(0, checked.own().size()).mapToObj(this::ownChecked))
                .flatMap(Function.identity());
    }

    /// As [#scored()], without a reason, and without a query below it that computes the values.
    String direct() {
        List<String> select = new ArrayList<>(
                List.of(relation.file() + " AS nightshift_file", relation.row() + " AS nightshift_row"));
        if (job.id() != null) {
            select.add(inline(job.id()) + " AS nightshift_id");
        }
        for (int i = 0; i < job.features().size(); i++) {
            Feature feature = job.features().get(i);
            select.add("%s AS nightshift_feature_%d".formatted(encoded(feature, inline(feature.source())), i));
        }
        for (int i = 0; i < job.output().size(); i++) {
            select.add(inline(job.output().get(i)) + " AS nightshift_output_" + i);
        }
        for (int i = 0; i < job.segments().size(); i++) {
            select.add(segment(inline(job.segments().get(i)), i));
        }
        for (int i = 0; i < checked.own().size(); i++) {
            Bound bound = ownChecked(i);
            select.add(number(inline(bound), bound.type()) + " AS nightshift_check_" + i);
        }
        return "SELECT %s FROM %s%s"
                .formatted(
                        String.join(", ", select),
                        relation.from(),
                        relation.range().isEmpty() ? "" : " WHERE " + relation.range());
    }

    private static String inline(Bound bound) {
        return "(" + bound.sql() + "\n)";
    }

    /// Position, id, features as the scorer takes them and output columns of each good row.
    String scored() {
        List<String> select = scoredColumns();
        String good = checks().stream()
                .map(Check::condition)
                .filter(condition -> !condition.startsWith(UNDECIDED))
                .map(condition -> "(" + condition + ") IS NOT TRUE")
                .collect(Collectors.joining(" AND "));
        List<String> more = good.isEmpty() ? List.of() : List.of(NOT_MOVED + " AS nightshift_not_moved");
        // DuckDB would move a condition of one column into its scan, where it does not see that it is interrupted.
        String letThrough =
                job.where() == null ? "" : "coalesce(%s[1], %s < 0)".formatted(attempt(job.where()), relation.row());
        String range = Stream.of(relation.range(), letThrough)
                .filter(condition -> !condition.isEmpty())
                .collect(Collectors.joining(" AND "));
        String rows = computed(select, more, range);
        return good.isEmpty() ? rows : rows + " WHERE " + notMoved(good);
    }

    /// As [#scored()], for all rows that the job lets through, and for bad rows the columns of
    /// [#quarantined()]. So each expression is computed once for each row.
    String evaluated() {
        return withFindings(scoredColumns());
    }

    /// Position and id of each row, and what the checks have found: `nightshift_reason`, and for bad rows
    /// `nightshift_value`, the wrong value, `nightshift_failed`, the expression that failed, and
    /// `nightshift_place`. An output column is not computed: it may fail for a bad row. The file's own values
    /// are not read: one that no expression reads may be long, and most rows are good. See [#ownValues].
    String quarantined() {
        List<String> select = positionAndId();
        select.add(NOT_MOVED + " AS nightshift_not_moved");
        return withFindings(select);
    }

    /// The bad rows of [#quarantined()].
    static String bad(String rows) {
        return "SELECT * EXCLUDE (nightshift_not_moved) FROM (%s) WHERE %s"
                .formatted(rows, notMoved("nightshift_reason IS NOT NULL"));
    }

    /// A condition that DuckDB does not move below the expressions that it names. Otherwise DuckDB would evaluate
    /// each expression as often as the condition names it.
    private static String notMoved(String condition) {
        return "coalesce(%s, nightshift_not_moved < 0)".formatted(condition);
    }

    private String withFindings(List<String> select) {
        select.add(reason() + " AS nightshift_reason");
        select.add(wrongValue() + " AS nightshift_value");
        select.add(failedExpression() + " AS nightshift_failed");
        select.add(place() + " AS nightshift_place");
        List<String> more = sourceColumns();
        // The model is asked once for each row, and last: for rows with which nothing else is wrong.
        return isolating
                ? "SELECT %s FROM (%s)"
                        .formatted(
                                String.join(", ", select),
                                over(
                                        List.of(
                                                "*",
                                                "CASE WHEN %s IS NULL THEN %s END AS %s"
                                                        .formatted(first(Check::reason), failure(), MODEL_FAILURE)),
                                        more))
                : over(select, more);
    }

    /// The source's columns that the job's expressions read.
    private List<String> sourceColumns() {
        return ReadColumns.of(job).stream().map(Sql::name).toList();
    }

    private List<String> positionAndId() {
        List<String> select = new ArrayList<>(List.of("nightshift_file", "nightshift_row"));
        if (job.id() != null) {
            select.add(value(job.id()) + " AS nightshift_id");
        }
        return select;
    }

    private List<String> scoredColumns() {
        List<String> select = positionAndId();
        for (int i = 0; i < job.features().size(); i++) {
            select.add(argument(job.features().get(i)) + " AS nightshift_feature_" + i);
        }
        for (int i = 0; i < job.output().size(); i++) {
            select.add(value(job.output().get(i)) + " AS nightshift_output_" + i);
        }
        for (int i = 0; i < job.segments().size(); i++) {
            select.add(segment(value(job.segments().get(i)), i));
        }
        for (int i = 0; i < checked.own().size(); i++) {
            Bound bound = ownChecked(i);
            select.add(number(value(bound), bound.type()) + " AS nightshift_check_" + i);
        }
        return select;
    }

    /// Where a malformed record is, or why the model can't score the row; NULL for other rows.
    private String place() {
        String place = relation.record() == null ? "CAST(NULL AS VARCHAR)" : "nightshift_place";
        return isolating ? "coalesce(%s, %s)".formatted(place, MODEL_FAILURE) : place;
    }

    /// The file's own values of a row, as JSON. A malformed record has none.
    private String ownValues() {
        SourceRelation.TextRecord record = relation.record();
        String values = record != null && record.values() != null
                ? record.values()
                : job.columns().entrySet().stream()
                        .map(column ->
                                Sql.text(column.getKey()) + ", " + json(Sql.name(column.getKey()), column.getValue()))
                        .collect(Collectors.joining(", ", "CAST(json_object(", ") AS VARCHAR)"));
        return record == null ? values : "CASE WHEN %s IS NULL THEN %s END".formatted(record.fault(), values);
    }

    /// The file's own values of the rows in a table: the columns `nightshift_file`, `nightshift_row` and
    /// `nightshift_values`, as JSON.
    ///
    /// @param table with `nightshift_file` and `nightshift_row`
    /// @param rows a condition over the relation that holds for these rows at least, with `%s` for the row's
    ///     position
    String ownValues(String table, String rows) {
        return "SELECT %1$s AS nightshift_file, %2$s AS nightshift_row, %3$s AS nightshift_values FROM %4$s WHERE %5$s%6$s AND (%1$s, %2$s) IN (SELECT nightshift_file, nightshift_row FROM %7$s)"
                .formatted(
                        relation.file(),
                        relation.row(),
                        ownValues(),
                        relation.from(),
                        relation.range().isEmpty() ? "" : relation.range() + " AND ",
                        rows.formatted(relation.row()),
                        table);
    }

    /// Rows for which an expression failed, one for each expression and each value that it read: the source's
    /// columns, `nightshift_failed`, `nightshift_value` and a number.
    ///
    /// @param table with the bad rows, as [#evaluated()] or [#quarantined()] gives them
    /// @param most how many rows
    String failing(String table, int most) {
        return """
                SELECT source.*, nightshift_failed, nightshift_value, row_number() OVER () AS nightshift_number
                FROM (SELECT DISTINCT ON (nightshift_failed, nightshift_value)
                    nightshift_file, nightshift_row, nightshift_failed, nightshift_value
                    FROM %s WHERE nightshift_failed IS NOT NULL LIMIT %d) AS failing
                JOIN (SELECT %s AS nightshift_file, %s AS nightshift_row, %s FROM %s%s) AS source
                ON failing.nightshift_file = source.nightshift_file AND failing.nightshift_row = source.nightshift_row""".formatted(
                        table,
                        most,
                        relation.file(),
                        relation.row(),
                        String.join(", ", sourceColumns()),
                        relation.from(),
                        relation.range().isEmpty() ? "" : " WHERE " + relation.range());
    }

    /// For each row, whether the job lets it through, good or bad, and whether the job's condition failed for it.
    String counted() {
        return computed(
                List.of(
                        (job.where() == null ? "TRUE" : letThrough()) + " AS counted",
                        (job.where() == null ? "FALSE" : UNDECIDED) + " AS undecided"),
                List.of());
    }

    /// A query over the rows that the job lets through, good and bad.
    private String over(List<String> select, List<String> more) {
        String rows = computed(select, more);
        return job.where() == null ? rows : rows + " WHERE " + letThrough();
    }

    private String letThrough() {
        String malformed = relation.record() == null ? "" : "nightshift_malformed IS NOT NULL OR ";
        return malformed + "coalesce(nightshift_where, [TRUE])[1]";
    }

    /// A query over all rows, which computes the values of the job's expressions, and of its condition.
    private String computed(List<String> select, List<String> more) {
        List<String> all = new ArrayList<>();
        if (job.where() != null) {
            all.add(attempt(job.where()) + " AS nightshift_where");
        }
        all.addAll(more);
        return computed(select, all, relation.range());
    }

    /// A query over some rows, which computes the values of the job's expressions.
    ///
    /// @param range a condition over the relation; the empty text for all rows
    private String computed(List<String> select, List<String> more, String range) {
        List<String> inner = new ArrayList<>(
                List.of(relation.row() + " AS nightshift_row", relation.file() + " AS nightshift_file"));
        columns.forEach((sql, column) -> inner.add((careful ? attempt(sql) : "(" + sql + "\n)") + " AS " + column));
        SourceRelation.TextRecord record = relation.record();
        if (record != null) {
            inner.add(record.fault() + " AS nightshift_malformed");
            inner.add(record.text() + " AS nightshift_record");
            inner.add("CASE WHEN %s IS NOT NULL THEN %s END AS nightshift_place"
                    .formatted(record.fault(), record.place()));
        }
        inner.addAll(more);
        return "SELECT %s FROM (SELECT %s FROM %s%s)"
                .formatted(
                        String.join(", ", select),
                        String.join(", ", inner),
                        relation.from(),
                        range.isEmpty() ? "" : " WHERE " + range);
    }

    private static String attempt(String sql) {
        return "TRY([(" + sql + "\n)])";
    }

    /// A value of the file as JSON. JSON has no NaN and no infinity; they become texts.
    private static String json(String name, String type) {
        if (!type.contains("FLOAT") && !type.contains("DOUBLE")) {
            return name;
        }
        return "CASE WHEN regexp_matches(CAST(to_json(%1$s) AS VARCHAR), 'NaN|Infinity') THEN to_json(CAST(%1$s AS VARCHAR)) ELSE to_json(%1$s) END"
                .formatted(name);
    }

    // Values.

    /// Thresholds are chosen by the text of a segment.
    private static String segment(String value, int position) {
        return "CAST(%s AS VARCHAR) AS nightshift_segment_%d".formatted(value, position);
    }

    /// A checked value as a number. Of a value that is none, only whether it is NULL counts.
    private static String number(String value, String type) {
        return BoundJob.isNumber(type)
                ? "CAST(%s AS DOUBLE)".formatted(value)
                : "CASE WHEN %s IS NULL THEN NULL ELSE CAST(0 AS DOUBLE) END".formatted(value);
    }

    private String column(String sql) {
        return columns.computeIfAbsent(sql, wanted -> "nightshift_x" + columns.size());
    }

    private String value(Bound bound) {
        return careful ? column(bound.sql()) + "[1]" : column(bound.sql());
    }

    /// A feature as the scorer takes it: a number, or a category's code. A name that is no known category has
    /// the code [UnseenCounter#NONE].
    private String argument(Feature feature) {
        Categories categories = feature.categories();
        if (categories == null || !categories.byName()) {
            return encoded(feature, value(feature.source()));
        }
        String name = name(feature);
        return "CAST(coalesce(list_position(%s, %s), CASE WHEN %s IS NULL THEN NULL ELSE 0 END) - 1 AS DOUBLE)"
                .formatted(categories.list(), name, name);
    }

    /// The value of a feature as the scorer takes it: a number, the hash of a text, or the text itself.
    private static String encoded(Feature feature, String value) {
        if (feature.isText()) {
            return "CAST(%s AS VARCHAR)".formatted(value);
        }
        return feature.model().type() instanceof FeatureType.Hashed(TextHash hash)
                ? "%s(CAST(%s AS VARCHAR))".formatted(ScoreFunctions.name(hash), value)
                : "CAST(" + narrowed(value, precision(feature)) + " AS DOUBLE)";
    }

    private String name(Feature feature) {
        return Categories.name(value(feature.source()), feature.source().type());
    }

    private static Precision precision(Feature feature) {
        return switch (feature.model().type()) {
            case FeatureType.Numeric(Precision precision) -> precision;
            case FeatureType.Categorical categorical -> categorical.precision();
            case FeatureType.Nominal nominal -> Precision.FLOAT64;
            case FeatureType.Hashed hashed -> Precision.FLOAT64;
            case FeatureType.Text text -> Precision.FLOAT64;
        };
    }

    private static String narrowed(String value, Precision precision) {
        return "TRY_CAST(%s AS %s)".formatted(value, precision == Precision.FLOAT32 ? "FLOAT" : "DOUBLE");
    }

    // Checks.

    private String reason() {
        String reason = first(Check::reason);
        return isolating
                ? "coalesce(%s, CASE WHEN %s IS NOT NULL THEN %s END)"
                        .formatted(reason, MODEL_FAILURE, Sql.text("the model can't score the row"))
                : reason;
    }

    /// Why the model can't score a row, as SQL; NULL for a row that it can score.
    private String failure() {
        return ScoreFunctions.failure(
                job.features(), job.features().stream().map(this::argument).toList());
    }

    private String wrongValue() {
        return "left(%s, %d)"
                .formatted(
                        first(check -> check.value() == null ? "NULL" : "CAST(%s AS VARCHAR)".formatted(check.value())),
                        LONGEST_VALUE);
    }

    private String failedExpression() {
        return first(check -> check.expression() == null ? "NULL" : Sql.text(check.expression()));
    }

    /// An SQL text of the first check that a row fails.
    private String first(Function<Check, String> text) {
        List<Check> checks = checks();
        return checks.isEmpty()
                ? "CAST(NULL AS VARCHAR)"
                : checks.stream()
                        .map(check -> "WHEN %s THEN %s".formatted(check.condition(), text.apply(check)))
                        .collect(Collectors.joining(" ", "CAST(CASE ", " END AS VARCHAR)"));
    }

    /// The values of the columns that an expression names, as an SQL text. A name in a text literal counts
    /// too, which only adds a value.
    private String read(String expression) {
        List<String> names = ReadColumns.in(expression, job);
        return switch (names.size()) {
            case 0 -> "CAST(NULL AS VARCHAR)";
            case 1 -> "CAST(%s AS VARCHAR)".formatted(Sql.name(names.getFirst()));
            default ->
                names.stream()
                        .map(name -> "%s || coalesce(CAST(%s AS VARCHAR), 'NULL')"
                                .formatted(Sql.text(name + " = "), Sql.name(name)))
                        .collect(Collectors.joining(" || ', ' || "));
        };
    }

    private List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        if (relation.record() != null) {
            checks.add(new Check(
                    "nightshift_malformed IS NOT NULL",
                    "'malformed record: ' || nightshift_malformed",
                    "nightshift_record",
                    null));
        }
        String where = job.where();
        String timeColumn = where == null ? null : NewTimes.timeColumn(where);
        if (timeColumn != null) {
            checks.add(new Check(
                    "%s AND %s IS NULL".formatted(UNDECIDED, Sql.name(timeColumn)),
                    "%s is NULL, and incremental.column says that it has the time of the row".formatted(timeColumn)));
        }
        if (where != null) {
            checks.add(failure(UNDECIDED, "source.where", where));
        }
        if (job.id() != null) {
            addFailure(checks, "the id", job.id());
            checks.add(new Check(value(job.id()) + " IS NULL", "the id is NULL"));
            addLimit(checks, "the id", job.id(), true);
        }
        for (Feature feature : job.features()) {
            addFailure(checks, feature.called(), feature.source());
            addDomain(checks, feature);
        }
        for (Bound bound : job.output()) {
            addFailure(checks, "output column \"" + bound.name() + "\"", bound);
            addLimit(checks, "output column \"" + bound.name() + "\"", bound, false);
        }
        for (Bound bound : job.segments()) {
            addFailure(checks, "segment \"" + bound.name() + "\"", bound);
        }
        return checks;
    }

    private void addFailure(List<Check> checks, String what, Bound bound) {
        if (careful) {
            checks.add(failure(column(bound.sql()) + " IS NULL", what, bound.sql()));
        }
    }

    private Check failure(String condition, String what, String expression) {
        return new Check(condition, Sql.text(what + " can't be computed: " + expression), read(expression), expression);
    }

    private void addLimit(List<Check> checks, String what, Bound bound, boolean isId) {
        ValueLimit limit = limits.of(bound.type(), isId);
        if (limit != null) {
            checks.add(new Check(limit.on(value(bound)), Sql.text(what + " " + limit.reason()), value(bound), null));
        }
    }

    private void addDomain(List<Check> checks, Feature feature) {
        String value = value(feature.source());
        String what = feature.called();
        boolean finite = BoundJob.isAlwaysFinite(feature.source().type());
        boolean fraction = !finite && !BoundJob.isText(feature.source().type());
        if (!feature.model().missing()) {
            String nan = fraction ? " OR isnan(" + value + ")" : "";
            checks.add(new Check(value + " IS NULL" + nan, what + " is missing"));
        }
        if (fraction) {
            String narrowed = narrowed(value, precision(feature));
            checks.add(new Check(
                    "%s IS NOT NULL AND (%s IS NULL OR isinf(%s))".formatted(value, narrowed, narrowed),
                    Sql.text(what + " is out of range"),
                    value,
                    null));
        }
        if (isQuarantined(feature)) {
            checks.add(new Check(
                    unseen(feature), Sql.text(what + " has a category that the model does not know"), value, null));
        }
    }

    private static boolean isQuarantined(Feature feature) {
        Categories categories = feature.categories();
        return categories != null && categories.areKnown() && categories.unseen() == Unseen.QUARANTINE;
    }

    /// A condition that holds for a value that is no known category. A missing value is not one.
    private String unseen(Feature feature) {
        Categories categories = Objects.requireNonNull(feature.categories());
        String value = value(feature.source());
        if (categories.byName()) {
            return "%s IS NOT NULL AND NOT list_contains(%s, %s)".formatted(value, categories.list(), name(feature));
        }
        String codes = categories.codes().stream().map(String::valueOf).collect(Collectors.joining(", "));
        // As UnseenCounter does: the code of a fraction is its whole part.
        return "coalesce(NOT isnan(CAST(%1$s AS DOUBLE)) AND trunc(CAST(%1$s AS DOUBLE)) NOT IN (%2$s), false)"
                .formatted(value, codes);
    }

    /// For each row that the job lets through, the value of a feature and whether it is an unseen category.
    String unseenValues(int feature) {
        Feature asked = job.features().get(feature);
        return over(
                List.of("CAST(%s AS VARCHAR) AS value".formatted(value(asked.source())), unseen(asked) + " AS unseen"),
                List.of());
    }

    /// For each row that the job lets through and each feature whose unseen categories are quarantined,
    /// whether the row has one: the columns `nightshift_unseen_` and the feature's position.
    String unseen() {
        List<String> select = new ArrayList<>();
        for (int i = 0; i < job.features().size(); i++) {
            Feature feature = job.features().get(i);
            if (isQuarantined(feature)) {
                select.add("%s AS nightshift_unseen_%d".formatted(unseen(feature), i));
            }
        }
        return over(select, List.of());
    }
}
