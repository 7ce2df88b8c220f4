package io.nightshift.cli.init;

import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The column of the data for each feature of a model, as far as the names tell.
///
/// @param features in the model's order
/// @param isNamed whether the model names its features; otherwise the columns were chosen by their order
record FeatureMapping(List<Mapped> features, boolean isNamed) {

    private static final Set<String> DATE_PARTS = Set.of(
            "year", "quarter", "month", "week", "day", "dayofweek", "weekday", "dayofyear", "hour", "minute", "second");

    FeatureMapping {
        features = List.copyOf(features);
    }

    /// A feature and what was found for it.
    sealed interface Mapped {
        /// The feature's name.
        String feature();
    }

    /// The column of the same name.
    record Same(String feature) implements Mapped {}

    /// A column whose name differs in case, spaces and punctuation only, or that was chosen by its position.
    record Column(String feature, String column) implements Mapped {}

    /// No column fits.
    ///
    /// @param reason a phrase
    /// @param proposal an SQL expression that may be meant, or null
    record Unmapped(String feature, String reason, @Nullable String proposal) implements Mapped {}

    /// Maps a model's features.
    ///
    /// @param columns the data's columns and their DuckDB types, in order
    /// @param id the column that identifies a row, or null; not taken for a feature by its position
    static FeatureMapping of(ModelDescription model, Map<String, String> columns, @Nullable String id) {
        if (!model.namesFeatures()) {
            return new FeatureMapping(byPosition(model, columns, id), false);
        }
        return new FeatureMapping(
                model.features().stream()
                        .map(feature -> byName(feature, columns))
                        .toList(),
                true);
    }

    boolean isComplete() {
        return unmapped().isEmpty();
    }

    List<Unmapped> unmapped() {
        return features.stream()
                .filter(Unmapped.class::isInstance)
                .map(Unmapped.class::cast)
                .toList();
    }

    /// The columns that are features.
    Set<String> columns() {
        Set<String> used = new HashSet<>();
        for (Mapped mapped : features) {
            switch (mapped) {
                case Same(String feature) -> used.add(feature);
                case Column(String feature, String column) -> used.add(column);
                case Unmapped unmapped -> {}
            }
        }
        return used;
    }

    private static Mapped byName(ModelFeature feature, Map<String, String> columns) {
        String name = Objects.requireNonNull(feature.name());
        String column = columns.containsKey(name)
                ? name
                : columns.keySet().stream()
                        .filter(other -> plain(other).equals(plain(name)))
                        .findFirst()
                        .orElse(null);
        if (column == null) {
            return new Unmapped(name, missing(name, columns), datePart(name, columns));
        }
        String type = Objects.requireNonNull(columns.get(column));
        if (!fits(feature, type)) {
            return new Unmapped(
                    name,
                    "the column %s is %s, and the model needs %s"
                            .formatted(column, type, isNumeric(feature) ? "a number" : "a text"),
                    conversion(feature, column, type));
        }
        return column.equals(name) ? new Same(name) : new Column(name, column);
    }

    private static String missing(String name, Map<String, String> columns) {
        String near = NameSuggestion.closest(name, columns.keySet());
        return "there is no column of this name" + (near == null ? "" : "; a similar one is " + near);
    }

    /// The name without case, spaces and punctuation.
    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]", "");
    }

    private static boolean isNumeric(ModelFeature feature) {
        return switch (feature.type()) {
            case FeatureType.Numeric numeric -> true;
            case FeatureType.Nominal nominal -> false;
            case FeatureType.Categorical categorical -> categorical.names().isEmpty();
        };
    }

    private static boolean fits(ModelFeature feature, String type) {
        return switch (feature.type()) {
            case FeatureType.Numeric numeric -> BoundJob.isNumber(type);
            case FeatureType.Nominal nominal -> BoundJob.isAlwaysFinite(type) || BoundJob.isText(type);
            case FeatureType.Categorical categorical ->
                BoundJob.isNumber(type) || (!categorical.names().isEmpty() && BoundJob.isText(type));
        };
    }

    private static @Nullable String conversion(ModelFeature feature, String column, String type) {
        if (!isNumeric(feature)) {
            return "CAST(%s AS VARCHAR)".formatted(name(column));
        }
        if (BoundJob.isText(type)) {
            return "CAST(%s AS DOUBLE)".formatted(name(column));
        }
        return isTime(type) ? "epoch(%s)".formatted(name(column)) : null;
    }

    /// `hour(date)`, for a feature `hour` or `date_hour`, if only one column holds dates.
    private static @Nullable String datePart(String feature, Map<String, String> columns) {
        List<String> times = columns.entrySet().stream()
                .filter(column -> isTime(column.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        String lower = feature.toLowerCase(Locale.ROOT);
        return times.size() != 1
                ? null
                : DATE_PARTS.stream()
                        .filter(part -> lower.equals(part) || lower.endsWith("_" + part))
                        .map(part -> part.equals("weekday") ? "dayofweek" : part)
                        .map(part -> "%s(%s)".formatted(part, name(times.getFirst())))
                        .findFirst()
                        .orElse(null);
    }

    private static boolean isTime(String type) {
        return type.equals("DATE") || type.startsWith("TIMESTAMP");
    }

    /// A column in an expression, with quotes where SQL may need them.
    static String name(String column) {
        return column.matches("[a-z_][a-z0-9_]*") ? column : Sql.name(column);
    }

    private static List<Mapped> byPosition(ModelDescription model, Map<String, String> columns, @Nullable String id) {
        List<String> candidates = columns.entrySet().stream()
                .filter(column -> BoundJob.isNumber(column.getValue()) || BoundJob.isText(column.getValue()))
                .map(Map.Entry::getKey)
                .filter(column -> !column.equals(id))
                .toList();
        int wanted = model.features().size();
        boolean fits = candidates.size() == wanted;
        List<Mapped> mapped = new ArrayList<>();
        for (int i = 0; i < wanted; i++) {
            String feature = "feature " + i;
            ModelFeature modelFeature = model.features().get(i);
            if (fits && fits(modelFeature, Objects.requireNonNull(columns.get(candidates.get(i))))) {
                mapped.add(new Column(feature, candidates.get(i)));
            } else {
                mapped.add(new Unmapped(
                        feature,
                        "the model does not name its %d features, and the data has %d columns that could be one"
                                .formatted(wanted, candidates.size()),
                        null));
            }
        }
        return mapped;
    }
}
