package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NearMiss;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelFeature;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A job's expressions and a model's features, bound to the columns of an input file: every name is
/// resolved, every type is known, and what can't fit was refused. It holds for all files of these
/// columns.
///
/// @param file the file
/// @param columns the file's own columns and their DuckDB types, in order
/// @param id the record id, or null for file and row position
/// @param features the model's inputs, in its order
/// @param output the columns passed through, in the job's order
/// @param where the job's condition, or null
public record BoundJob(
        String file,
        Map<String, String> columns,
        @Nullable Bound id,
        List<Feature> features,
        List<Bound> output,
        @Nullable String where) {

    /// @param name in the output or the model
    /// @param sql over the file's columns
    /// @param type DuckDB's name for it
    public record Bound(String name, String sql, String type) {}

    /// A model's input and the expression that gives it.
    public record Feature(Bound source, ModelFeature model) {}

    private static final Pattern RESERVED =
            Pattern.compile("adds column \"([^\"]+)\", but a column with this name is also in the file");
    private static final Set<String> INTEGERS = Set.of(
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT");
    private static final Set<String> FRACTIONS = Set.of("FLOAT", "DOUBLE");

    /// Whether every value of the type is a finite number or NULL.
    public static boolean isAlwaysFinite(String type) {
        return INTEGERS.contains(type) || type.startsWith("DECIMAL");
    }

    private static boolean isNumber(String type) {
        return isAlwaysFinite(type) || FRACTIONS.contains(type);
    }

    /// Binds a job that isn't known yet: its SQL is also held to what a job may say.
    ///
    /// @throws FailureException naming the file, and the column, feature or expression that
    ///     doesn't fit
    static BoundJob check(Connection connection, String file, Job job, ModelDescription model) throws SQLException {
        Binder binder = new Binder(connection, file, job);
        binder.checkExpressions(model);
        return binder.bind(model);
    }

    /// Binds a job that was checked when its batch was planned, to a file of that batch.
    ///
    /// @throws FailureException as if it were checked
    public static BoundJob bind(Connection connection, String file, Job job, ModelDescription model)
            throws SQLException {
        return new Binder(connection, file, job).bind(model);
    }

    /// Files of one batch are written to parts of one schema.
    ///
    /// @throws FailureException naming this file, if a column of its output has another type than in
    ///     that of `other`
    void refuseOtherOutput(BoundJob other) {
        if (id != null && other.id != null) {
            refuseOtherType("source.id", id, other.id, other.file);
        }
        for (int i = 0; i < output.size(); i++) {
            refuseOtherType("output.columns", output.get(i), other.output.get(i), other.file);
        }
    }

    private void refuseOtherType(String key, Bound bound, Bound other, String otherFile) {
        if (!bound.type().equals(other.type())) {
            throw FailureException.permanent("%s: %s is %s in %s, but %s in %s; convert it under source.select"
                    .formatted(key, bound.name(), bound.type(), file, other.type(), otherFile));
        }
    }

    private static final class Binder {
        private final Connection connection;
        private final String file;
        private final Job job;
        private final Map<String, String> columns;

        /// The types of the job's expressions, by their SQL.
        private Map<String, String> types = Map.of();

        Binder(Connection connection, String file, Job job) throws SQLException {
            this.connection = connection;
            this.file = file;
            this.job = job;
            this.columns = columns();
        }

        private Map<String, String> columns() throws SQLException {
            Map<String, String> found;
            try {
                found = describe("* EXCLUDE (file_row_number, nightshift_file)");
            } catch (SQLException e) {
                Matcher reserved = RESERVED.matcher(DuckDbError.reason(e));
                if (reserved.find()) {
                    throw FailureException.permanent(
                            "source: %s has a column \"%s\", a name that is needed to tell rows apart; rename the column"
                                    .formatted(file, reserved.group(1)));
                }
                throw e;
            }
            return Collections.unmodifiableMap(found);
        }

        BoundJob bind(ModelDescription model) throws SQLException {
            List<String> inputs = inputs(model);
            types = types(inputs);
            Job.Source source = job.source();
            String where = source.where();
            if (where != null && !"BOOLEAN".equals(types.get(where))) {
                throw Expressions.refusal(
                        "source.where", where, "it is %s, not a condition".formatted(types.get(where)));
            }
            String id = source.id();
            Bound boundId = id == null ? null : named("source.id", id, id);
            List<Bound> output = new ArrayList<>();
            for (String column : job.output().columns()) {
                output.add(named("output.columns", column, column));
            }
            return new BoundJob(file, columns, boundId, features(model, inputs), List.copyOf(output), where);
        }

        /// What gives each of the model's features: the job's own list, or the model's names.
        private List<String> inputs(ModelDescription model) {
            List<String> given = job.features();
            if (given.isEmpty() && !model.namesFeatures()) {
                throw FailureException.permanent(
                        "features: the model does not name its %d features; list them here, in the model's order"
                                .formatted(model.features().size()));
            }
            if (!given.isEmpty() && given.size() != model.features().size()) {
                throw FailureException.permanent("features: the job lists %d, the model has %d"
                        .formatted(given.size(), model.features().size()));
            }
            return given.isEmpty()
                    ? model.features().stream()
                            .map(feature -> Objects.requireNonNull(feature.name()))
                            .toList()
                    : given;
        }

        private List<Feature> features(ModelDescription model, List<String> inputs) {
            List<Feature> features = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                ModelFeature feature = model.features().get(i);
                String name = feature.name() == null ? "feature " + i : feature.name();
                String input = inputs.get(i);
                String type = types.get(input);
                Bound bound = isExpression(input) && type != null
                        ? new Bound(name, input, type)
                        : named(job.features().isEmpty() ? "the model's feature" : "features", name, input);
                refuseType(input, bound, feature);
                features.add(new Feature(bound, feature));
            }
            return List.copyOf(features);
        }

        private void refuseType(String input, Bound bound, ModelFeature feature) {
            String type = bound.type();
            boolean fits = switch (feature.type()) {
                case FeatureType.Numeric numeric -> isNumber(type);
                case FeatureType.Nominal nominal ->
                    isAlwaysFinite(type) || type.equals("VARCHAR") || type.startsWith("ENUM");
            };
            if (!fits) {
                String wanted = feature.type() instanceof FeatureType.Numeric ? "a number" : "a level";
                throw FailureException.permanent(
                        "%s: %s is %s, but the model's feature \"%s\" wants %s; convert it under source.select"
                                .formatted(file, input, type, bound.name(), wanted));
            }
        }

        /// Whether a text under `features` is an expression of its own. A lone name is none: where no
        /// column has it, it is misspelt.
        private boolean isExpression(String text) {
            return !job.features().isEmpty()
                    && !job.source().select().containsKey(text)
                    && !columns.containsKey(text)
                    && !text.matches("[\\p{L}_][\\p{L}\\p{N}_]*");
        }

        /// A key of `source.select`, or a column.
        private Bound named(String key, String name, String text) {
            String expression = job.source().select().get(text);
            String type = expression == null ? columns.get(text) : types.get(expression);
            if (type != null) {
                return new Bound(name, expression == null ? Sql.name(text) : expression, type);
            }
            List<String> candidates = new ArrayList<>(job.source().select().keySet());
            candidates.addAll(columns.keySet());
            String near = NearMiss.of(text, candidates);
            String hint =
                    near == null ? "it has " + String.join(", ", columns.keySet()) : "did you mean \"" + near + "\"?";
            throw FailureException.permanent("%s: \"%s\" is neither a column of %s nor a key of source.select; %s"
                    .formatted(key, text, file, hint));
        }

        void checkExpressions(ModelDescription model) throws SQLException {
            Expressions expressions = new Expressions(connection, columns.keySet());
            for (Map.Entry<String, String> entry : keys(inputs(model)).entrySet()) {
                expressions.check(entry.getValue(), entry.getKey());
            }
        }

        /// All of the job's expressions, and where the job file has each.
        private Map<String, String> keys(List<String> inputs) {
            Map<String, String> keys = new LinkedHashMap<>();
            if (job.source().where() != null) {
                keys.put(job.source().where(), "source.where");
            }
            job.source().select().forEach((name, expression) -> keys.put(expression, "source.select." + name));
            inputs.stream().filter(this::isExpression).forEach(input -> keys.put(input, "features"));
            return keys;
        }

        /// The types of all expressions, by one query if none is wrong.
        private Map<String, String> types(List<String> inputs) throws SQLException {
            Map<String, String> keys = keys(inputs);
            if (keys.isEmpty()) {
                return Map.of();
            }
            List<String> all = List.copyOf(keys.keySet());
            List<String> found;
            try {
                found = typesOf(all);
            } catch (SQLException e) {
                throw blame(keys, e);
            }
            Map<String, String> types = new LinkedHashMap<>();
            for (int i = 0; i < all.size(); i++) {
                types.put(all.get(i), found.get(i));
            }
            return types;
        }

        private RuntimeException blame(Map<String, String> keys, SQLException all) throws SQLException {
            for (Map.Entry<String, String> entry : keys.entrySet()) {
                try {
                    typesOf(List.of(entry.getKey()));
                } catch (SQLException e) {
                    return Expressions.refusal(entry.getValue(), entry.getKey() + "» over «" + file, e);
                }
            }
            throw all;
        }

        private List<String> typesOf(List<String> expressions) throws SQLException {
            List<String> select = new ArrayList<>();
            for (String expression : expressions) {
                select.add("(%s\n) AS nightshift_%d".formatted(expression, select.size()));
            }
            return List.copyOf(describe(String.join(", ", select)).values());
        }

        private Map<String, String> describe(String select) throws SQLException {
            Map<String, String> found = new LinkedHashMap<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "DESCRIBE SELECT %s FROM %s".formatted(select, Sql.parquet(List.of(file))))) {
                while (rows.next()) {
                    found.put(rows.getString(1), rows.getString(2));
                }
            }
            return found;
        }
    }
}
