package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelFeature;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A job's expressions and a model's features, bound to the columns of one input file: every name
/// is resolved, every type is known, and what can't fit was refused.
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

    private static final Set<String> INTEGERS = Set.of(
            "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT");
    private static final Set<String> FRACTIONS = Set.of("FLOAT", "DOUBLE");

    /// Whether every value of the type is a finite number or NULL.
    public static boolean isAlwaysFinite(String type) {
        return isInteger(type) || type.equals("BOOLEAN") || type.startsWith("DECIMAL");
    }

    /// Whether the type is one of whole numbers.
    public static boolean isInteger(String type) {
        return INTEGERS.contains(type);
    }

    /// Whether the type is one of texts.
    public static boolean isText(String type) {
        return type.equals("VARCHAR") || type.startsWith("ENUM");
    }

    /// Whether the type is one of numbers, truth values included.
    public static boolean isNumber(String type) {
        return isAlwaysFinite(type) || FRACTIONS.contains(type);
    }

    /// @throws FailureException naming the file, and the column, feature or expression that
    ///     doesn't fit
    public static BoundJob bind(Connection connection, String file, Job job, ModelDescription model)
            throws SQLException {
        return new Binder(connection, file, job).bind(model);
    }

    private static final class Binder {
        private final String file;
        private final Job job;
        private final SourceColumns columns;

        Binder(Connection connection, String file, Job job) throws SQLException {
            this.file = file;
            this.job = job;
            this.columns = SourceColumns.ofFile(connection, file, job.source().select());
        }

        BoundJob bind(ModelDescription model) throws SQLException {
            Job.Source source = job.source();
            String id = source.id();
            if (source.where() != null) {
                columns.type("source.where", source.where());
            }
            Bound boundId = id == null ? null : columns.named("source.id", id, id);
            List<Bound> output = new ArrayList<>();
            for (String column : job.output().columns()) {
                output.add(columns.named("output.columns", column, column));
            }
            return new BoundJob(file, columns.columns(), boundId, features(model), output, source.where());
        }

        private List<Feature> features(ModelDescription model) throws SQLException {
            List<String> given = job.features();
            if (given.isEmpty() && !model.namesFeatures()) {
                throw FailureException.permanent(
                        "the model does not name its %d features; list them under 'features' in the job file, in the model's order"
                                .formatted(model.features().size()));
            }
            if (!given.isEmpty() && given.size() != model.features().size()) {
                throw FailureException.permanent("features: the job lists %d, the model has %d"
                        .formatted(given.size(), model.features().size()));
            }
            List<Feature> features = new ArrayList<>();
            for (int i = 0; i < model.features().size(); i++) {
                ModelFeature feature = model.features().get(i);
                String modelName = feature.name() == null ? "feature " + i : feature.name();
                Bound bound = given.isEmpty()
                        ? columns.named("the model's feature", modelName, modelName)
                        : columns.bound("features", modelName, given.get(i));
                refuseType(bound, feature);
                features.add(new Feature(bound, feature));
            }
            return features;
        }

        private void refuseType(Bound bound, ModelFeature feature) {
            String type = bound.type();
            boolean fits = switch (feature.type()) {
                case FeatureType.Numeric numeric -> isNumber(type);
                case FeatureType.Nominal nominal -> isAlwaysFinite(type) || isText(type);
            };
            if (!fits) {
                String wanted = feature.type() instanceof FeatureType.Numeric ? "a number" : "a level";
                throw FailureException.permanent(
                        "%s: %s is %s, but the model's feature \"%s\" wants %s. Convert it under source.select, e.g. %s: CAST(… AS DOUBLE)"
                                .formatted(file, bound.sql(), type, bound.name(), wanted, bound.name()));
            }
        }
    }
}
