package io.nightshift.cli.train;

import io.nightshift.cli.train.TrainingRequest.Target;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Reads what a [TrainingRequest] asks for. One query counts the rows that can be used and those that can't,
/// a second draws the sample.
///
/// A value that can't be computed for a row is missing, as NULL, NaN and infinity are. Smile's models know no
/// missing values, so such a row is left out.
public final class TrainingReader {

    /// The most distinct whole numbers that are taken for classes.
    public static final int MAX_INTEGER_CLASSES = 20;

    /// The most distinct texts of a column.
    public static final int MAX_LEVELS = 1_000;

    /// The fewest rows for which a column of distinct values is taken for an ID.
    private static final int MIN_ID_ROWS = 100;

    /// The bytes of heap for each number that is trained on: the value as read, as handed to Smile, Smile's
    /// order of the rows, and a copy of that for each tree that is grown at a time.
    private static final long BYTES_A_VALUE = 40 + 4L * Runtime.getRuntime().availableProcessors();

    private final Connection connection;
    private final TrainingRequest request;
    private final SourceColumns columns;
    private final List<String> unusable = new ArrayList<>();
    private final Map<String, List<String>> levels = new HashMap<>();

    private TrainingReader(Connection connection, TrainingRequest request) {
        this.connection = connection;
        this.request = request;
        TrainingRequest.Source source = request.source();
        this.columns = ParquetReader.columns(connection, source.files(), source.select(), source.origin());
    }

    /// Reads the rows.
    ///
    /// @param heap how much memory the rows may take while a model is trained on them, in bytes
    /// @throws FailureException with the file, and the column or expression that can't be used
    public static TrainingTable read(DuckDb duckDb, TrainingRequest request, long heap) {
        try (Connection connection = duckDb.connect()) {
            return new TrainingReader(connection, request).read(heap);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("The rows to train on can't be read", e), e);
        }
    }

    private TrainingTable read(long heap) throws SQLException {
        String where = request.source().where();
        if (where != null) {
            columns.type("where", where);
        }
        Bound target = target();
        List<Bound> features = request.features().isEmpty() ? usable(defaults()) : chosen();
        if (features.isEmpty()) {
            throw FailureException.permanent(
                    "%s has no column to predict %s from. Compute one: --select NAME=EXPRESSION"
                            .formatted(columns.called(), target.name()));
        }
        String usable = select(features, target);
        long[] counts = counts(usable, features, target);
        long rows = Math.min(request.sample(), counts[0] - counts[1] - counts[2]);
        if (rows == 0) {
            throw FailureException.permanent(
                    "No row to train on in %s: %,d rows, of which %,d have no %s and %,d miss a feature"
                            .formatted(columns.called(), counts[0], counts[1], target.name(), counts[2]));
        }
        refuseTooMany(rows, features.size(), heap);
        List<TrainingColumn> read = sample(usable, features, target, Math.toIntExact(rows));
        return new TrainingTable(
                columns.called(),
                read.subList(0, features.size()),
                classes(read.getLast(), target),
                target.type(),
                counts[0],
                counts[1],
                counts[2],
                unusable);
    }

    // Columns.

    private Bound target() throws SQLException {
        Target target = request.target();
        String expression = target.expression();
        if (expression == null) {
            if (!target.name().matches("[A-Za-z_]\\w*") && !columns.columns().containsKey(target.name())) {
                throw FailureException.permanent(
                        "--target: «%s» is not a column. An expression needs a name: --target 'NAME=%s'"
                                .formatted(target.name(), target.name()));
            }
            return fit(columns.named("--target", target.name(), target.name()), "--target");
        }
        return fit(new Bound(target.name(), expression, columns.type("--target", expression)), "--target");
    }

    private List<Bound> chosen() throws SQLException {
        List<Bound> chosen = new ArrayList<>();
        for (String feature : request.features()) {
            if (feature.equals(request.target().name())) {
                throw FailureException.permanent("--features: %s is the target".formatted(feature));
            }
            chosen.add(fit(columns.bound("--features", feature, feature), "--features"));
        }
        return chosen;
    }

    /// All computed columns, or all columns that have no part in the target.
    private List<Bound> defaults() throws SQLException {
        Target target = request.target();
        Set<String> names = new LinkedHashSet<>(request.source().select().keySet());
        names.remove(target.name());
        if (!names.isEmpty()) {
            List<Bound> computed = new ArrayList<>();
            for (String name : names) {
                computed.add(fit(columns.named("--select", name, name), "--select"));
            }
            return computed;
        }
        Set<String> answers = new HashSet<>(Set.of(target.name()));
        String expression =
                target.expression() == null ? request.source().select().get(target.name()) : target.expression();
        if (expression != null) {
            answers.addAll(columns.readBy("--target", expression));
        }
        List<Bound> own = new ArrayList<>();
        for (String name : columns.columns().keySet()) {
            if (!answers.contains(name)) {
                own.add(columns.named("--features", name, name));
            }
        }
        return own;
    }

    /// Leaves out what can't be a feature.
    private List<Bound> usable(List<Bound> candidates) throws SQLException {
        List<Bound> usable = new ArrayList<>();
        Set<Bound> ids = ids(candidates);
        for (Bound candidate : candidates) {
            if (ids.contains(candidate)) {
                unusable.add("%s (an ID: another value in each row)".formatted(candidate.name()));
            } else if (!isUsable(candidate.type())) {
                unusable.add("%s (%s)".formatted(candidate.name(), candidate.type()));
            } else if (hasTooManyLevels(candidate)) {
                unusable.add("%s (more than %,d distinct texts)".formatted(candidate.name(), MAX_LEVELS));
            } else {
                usable.add(candidate);
            }
        }
        return usable;
    }

    /// The columns that number or name the rows: whole numbers and texts of which no value is there twice.
    /// A model would learn the rows by heart. A fraction or a time may well differ in each row and still
    /// say something.
    ///
    /// Few rows can all differ by chance. The count is exact only for columns of which a sketch says that nearly
    /// all values differ.
    private Set<Bound> ids(List<Bound> candidates) throws SQLException {
        List<Bound> possible = candidates.stream()
                .filter(candidate -> BoundJob.isInteger(candidate.type()) || BoundJob.isText(candidate.type()))
                .toList();
        List<Bound> likely = distinctInEachRow("approx_count_distinct(%s) > 0.8 * count(*)", possible);
        return new HashSet<>(distinctInEachRow("count(DISTINCT %s) = count(*)", likely));
    }

    /// @param test an SQL aggregate of a value
    private List<Bound> distinctInEachRow(String test, List<Bound> candidates) throws SQLException {
        if (candidates.isEmpty()) {
            return List.of();
        }
        String tests = candidates.stream()
                .map(candidate -> test.formatted(value(candidate)))
                .collect(Collectors.joining(", "));
        List<Bound> passed = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) >= %d, %s FROM %s%s"
                        .formatted(MIN_ID_ROWS, tests, columns.relation(), where()))) {
            row.next();
            for (int i = 0; i < candidates.size(); i++) {
                if (row.getBoolean(1) && row.getBoolean(i + 2)) {
                    passed.add(candidates.get(i));
                }
            }
        }
        return passed;
    }

    private static boolean isUsable(String type) {
        return BoundJob.isNumber(type) || BoundJob.isText(type);
    }

    private Bound fit(Bound bound, String key) throws SQLException {
        if (!isUsable(bound.type())) {
            throw FailureException.permanent(
                    "%s: %s is %s; models take numbers, texts and truth values. Compute one of it, e.g. --select 'hour=hour(%s)'"
                            .formatted(key, bound.name(), bound.type(), bound.sql()));
        }
        if (hasTooManyLevels(bound)) {
            throw FailureException.permanent(
                    "%s: %s has more than %,d distinct texts. Leave it out, or compute something with fewer values of it"
                            .formatted(key, bound.name(), MAX_LEVELS));
        }
        return bound;
    }

    private boolean hasTooManyLevels(Bound bound) throws SQLException {
        return isText(bound) && levels(bound).size() > MAX_LEVELS;
    }

    /// The distinct texts, sorted: all of the source's, so that one which the sample doesn't hold is known to
    /// the model all the same. At most one more than may be.
    private List<String> levels(Bound bound) throws SQLException {
        List<String> known = levels.get(bound.name());
        if (known != null) {
            return known;
        }
        List<String> found = new ArrayList<>();
        String sql =
                "SELECT DISTINCT * FROM (SELECT CAST(%s AS VARCHAR) AS level FROM %s%s) WHERE level IS NOT NULL LIMIT %d"
                        .formatted(value(bound), columns.relation(), where(), MAX_LEVELS + 1);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        Collections.sort(found);
        levels.put(bound.name(), found);
        return found;
    }

    // Rows.

    private String select(List<Bound> features, Bound target) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            values.add(typed(features.get(i)) + " AS f" + i);
        }
        values.add(typed(target) + " AS target");
        return "(SELECT %s FROM %s%s)".formatted(String.join(", ", values), columns.relation(), where());
    }

    private String where() {
        String where = request.source().where();
        return where == null ? "" : " WHERE (" + where + "\n)";
    }

    /// As the scorer takes it: a number as DOUBLE, anything else as text.
    private static String typed(Bound bound) {
        return "CAST(%s AS %s)".formatted(value(bound), isText(bound) ? "VARCHAR" : "DOUBLE");
    }

    private static String value(Bound bound) {
        return "TRY((" + bound.sql() + "\n))";
    }

    private static boolean isText(Bound bound) {
        return BoundJob.isText(bound.type());
    }

    private static String isThere(String name, Bound bound) {
        return isText(bound) ? name + " IS NOT NULL" : "coalesce(isfinite(" + name + "), false)";
    }

    private static String areThere(List<Bound> features) {
        return IntStream.range(0, features.size())
                .mapToObj(i -> isThere("f" + i, features.get(i)))
                .collect(Collectors.joining(" AND ", "(", ")"));
    }

    private long[] counts(String usable, List<Bound> features, Bound target) throws SQLException {
        String labelled = isThere("target", target);
        return ask("SELECT count(*), count(*) FILTER (NOT %s), count(*) FILTER (%s AND NOT %s) FROM %s"
                .formatted(labelled, labelled, areThere(features), usable));
    }

    private long[] ask(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            long[] answer = new long[row.getMetaData().getColumnCount()];
            for (int i = 0; i < answer.length; i++) {
                answer[i] = row.getLong(i + 1);
            }
            return answer;
        }
    }

    private static void refuseTooMany(long rows, int features, long heap) {
        long needed = rows * (features + 1) * BYTES_A_VALUE;
        if (needed > heap) {
            throw FailureException.permanent(
                    "Training on %,d rows of %,d features takes about %,d MB, and %,d MB are left. Take fewer with --sample, or give more: NIGHTSHIFT_OPTS=-Xmx%dm"
                            .formatted(rows, features, needed >> 20, heap >> 20, (needed >> 20) * 2 + 128));
        }
    }

    private List<TrainingColumn> sample(String usable, List<Bound> features, Bound target, int rows)
            throws SQLException {
        List<ColumnReader> readers = new ArrayList<>();
        for (Bound feature : features) {
            readers.add(reader(feature, rows));
        }
        readers.add(reader(target, rows));
        String sql = "SELECT * FROM (SELECT * FROM %s WHERE %s AND %s) USING SAMPLE reservoir(%d ROWS) REPEATABLE (%d)"
                .formatted(
                        usable,
                        isThere("target", target),
                        areThere(features),
                        rows,
                        Math.floorMod(request.seed(), Integer.MAX_VALUE));
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            for (int row = 0; row < rows; row++) {
                if (!result.next()) {
                    throw FailureException.permanent(columns.called() + " changed while it was read. Train again");
                }
                for (int i = 0; i < readers.size(); i++) {
                    readers.get(i).read(result, i + 1, row);
                }
            }
        }
        return readers.stream().map(ColumnReader::column).toList();
    }

    private ColumnReader reader(Bound bound, int rows) throws SQLException {
        return isText(bound)
                ? new ColumnReader.Texts(bound.name(), levels(bound), rows)
                : new ColumnReader.Numbers(bound.name(), rows);
    }

    /// Texts, truth values, and few distinct whole numbers are classes, those that no row has left out.
    private static TrainingColumn classes(TrainingColumn column, Bound target) {
        if (column instanceof TrainingColumn.Categories categories) {
            return categories.occurring();
        }
        boolean isTruth = target.type().equals("BOOLEAN");
        if (!(column instanceof TrainingColumn.Numbers numbers) || !(isTruth || BoundJob.isInteger(target.type()))) {
            return column;
        }
        TrainingColumn.Categories classes = numbers.toCategories();
        if (isTruth) {
            List<String> labels = classes.levels().stream()
                    .map(level -> level.equals("1") ? "true" : "false")
                    .toList();
            return new TrainingColumn.Categories(classes.name(), labels, classes.positions());
        }
        return classes.levels().size() <= MAX_INTEGER_CLASSES ? classes : numbers;
    }
}
