package io.nightshift.cli.model.sql;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.storage.duckdb.Sql;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A column of a pipeline as an SQL expression over the columns of a source. A missing value, which is NaN for a
/// step, is NULL.
///
/// @param sql the expression, of type DOUBLE, or VARCHAR for a column of texts
/// @param levels the texts whose positions a step reads; null for a column of numbers
/// @param isOpen whether other texts count as texts that the model does not know
/// @param refuses whether NULL means that the model can't score the row
/// @param required the columns of the pipeline without whose values the row can't be scored, which this column
///     shows
record SqlColumn(String sql, @Nullable List<String> levels, boolean isOpen, boolean refuses, Set<Integer> required) {

    SqlColumn {
        levels = levels == null ? null : List.copyOf(levels);
        required = Set.copyOf(required);
    }

    /// A feature as its steps read it; null if SQL can't compute what they read.
    ///
    /// @param feature a feature with a name
    static @Nullable SqlColumn of(ModelFeature feature) {
        String name = Sql.name(Objects.requireNonNull(feature.name()));
        boolean refuses = !feature.missing();
        return switch (feature.type()) {
            case FeatureType.Numeric(FeatureType.Precision precision) -> number(number(name, precision), refuses);
            case FeatureType.Categorical(FeatureType.Precision precision, List<Integer> codes, List<String> names) -> {
                if (!names.isEmpty()) {
                    yield null;
                }
                String number = number(name, precision);
                yield number(
                        codes.isEmpty()
                                ? number
                                : "CASE WHEN %1$s IN (%2$s) THEN %1$s END".formatted(number, listed(codes)),
                        refuses);
            }
            case FeatureType.Nominal(List<String> levels, boolean isOpen) -> {
                String text = "CAST(%s AS VARCHAR)".formatted(name);
                String known = levels.stream().map(Sql::text).collect(Collectors.joining(", "));
                yield new SqlColumn(
                        isOpen ? text : "CASE WHEN %1$s IN (%2$s) THEN %1$s END".formatted(text, known),
                        levels,
                        isOpen,
                        refuses,
                        Set.of());
            }
            case FeatureType.Hashed hashed -> null;
            case FeatureType.Text text -> null;
        };
    }

    private static String number(String name, FeatureType.Precision precision) {
        String number = precision == FeatureType.Precision.FLOAT32 ? "CAST(%s AS FLOAT)".formatted(name) : name;
        return "nullif(CAST(%s AS DOUBLE), CAST('NaN' AS DOUBLE))".formatted(number);
    }

    private static String listed(List<Integer> codes) {
        return codes.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static SqlColumn number(String sql, boolean refuses) {
        return new SqlColumn(sql, null, false, refuses, Set.of());
    }

    boolean isText() {
        return levels != null;
    }

    /// The same column, where a row without its value can't be scored.
    ///
    /// @param column the number of this column in the pipeline
    SqlColumn required(int column) {
        return new SqlColumn(sql, levels, isOpen, true, Set.of(column));
    }

    /// The feature that the rest of the model has in the place of this column.
    ModelFeature feature(String name) {
        FeatureType type = levels == null
                ? new FeatureType.Numeric(FeatureType.Precision.FLOAT64)
                : new FeatureType.Nominal(levels, isOpen);
        return new ModelFeature(name, type, !refuses);
    }
}
