package io.nightshift.cli.init;

import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.duckdb.Sql;
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

    /// A column of texts, for which the model has numbers: the job has to list the texts in the order of the
    /// numbers.
    ///
    /// @param found the texts in the data, sorted
    record Unlisted(String feature, String column, List<String> found) implements Mapped {
        public Unlisted {
            found = List.copyOf(found);
        }
    }

    /// No column fits.
    ///
    /// @param reason a phrase
    /// @param proposal an SQL expression that may be meant, or null
    record Unmapped(String feature, String reason, @Nullable String proposal) implements Mapped {}

    /// Maps a model's features.
    ///
    /// @param id the column that identifies a row, or null; not taken for a feature by its position
    static FeatureMapping of(ModelDescription model, DataPreview data, @Nullable String id) {
        if (!model.namesFeatures()) {
            return new FeatureMapping(byPosition(model, data, id), false);
        }
        return new FeatureMapping(
                model.features().stream().map(feature -> byName(feature, data)).toList(), true);
    }

    /// Whether the job can run without changes by a person.
    boolean isComplete() {
        return features.stream().noneMatch(mapped -> mapped instanceof Unmapped || mapped instanceof Unlisted);
    }

    /// Whether every feature has a column, though the texts of some may have to be listed.
    boolean hasColumns() {
        return unmapped().isEmpty();
    }

    /// The features without a column.
    List<Unmapped> unmapped() {
        return features.stream()
                .filter(Unmapped.class::isInstance)
                .map(Unmapped.class::cast)
                .toList();
    }

    /// The features whose texts the job has to list.
    List<Unlisted> unlisted() {
        return features.stream()
                .filter(Unlisted.class::isInstance)
                .map(Unlisted.class::cast)
                .toList();
    }

    /// The columns that are features.
    Set<String> columns() {
        Set<String> used = new HashSet<>();
        for (Mapped mapped : features) {
            switch (mapped) {
                case Same(String feature) -> used.add(feature);
                case Column(String feature, String column) -> used.add(column);
                case Unlisted unlisted -> used.add(unlisted.column());
                case Unmapped unmapped -> {}
            }
        }
        return used;
    }

    private static Mapped byName(ModelFeature feature, DataPreview data) {
        Map<String, String> columns = data.columns();
        String name = Objects.requireNonNull(feature.name());
        String column = columns.containsKey(name)
                ? name
                : columns.keySet().stream()
                        .filter(other -> plain(other).equals(plain(name)))
                        .findFirst()
                        .orElse(null);
        if (column == null) {
            String indicator = indicator(name, data);
            return new Unmapped(name, missing(name, columns), indicator != null ? indicator : datePart(name, columns));
        }
        String type = Objects.requireNonNull(columns.get(column));
        if (!fits(feature, type)) {
            if (isListed(feature, column, data)) {
                return new Unlisted(name, column, data.texts().getOrDefault(column, List.of()));
            }
            return new Unmapped(
                    name,
                    "the column %s is %s, and the model needs %s"
                            .formatted(column, type, isNumeric(feature) ? "a number" : "a text"),
                    conversion(feature, column, data));
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
            case FeatureType.Hashed hashed -> false;
            case FeatureType.Text text -> false;
        };
    }

    private static boolean fits(ModelFeature feature, String type) {
        return switch (feature.type()) {
            case FeatureType.Numeric numeric -> BoundJob.isNumber(type);
            case FeatureType.Nominal nominal -> BoundJob.isAlwaysFinite(type) || BoundJob.isText(type);
            case FeatureType.Categorical categorical ->
                BoundJob.isNumber(type) || (!categorical.names().isEmpty() && BoundJob.isText(type));
            case FeatureType.Hashed hashed -> BoundJob.isInteger(type) || BoundJob.isText(type);
            case FeatureType.Text text -> BoundJob.isText(type);
        };
    }

    /// Whether the job has to list the texts of a column: the model has a number for each. A text that is a number
    /// is converted instead, if the model knows no categories.
    private static boolean isListed(ModelFeature feature, String column, DataPreview data) {
        return BoundJob.isText(data.columns().getOrDefault(column, ""))
                && switch (feature.type()) {
                    case FeatureType.Categorical categorical -> true;
                    case FeatureType.Numeric numeric ->
                        data.texts().containsKey(column) && !data.numerals().contains(column);
                    case FeatureType.Nominal nominal -> false;
                    case FeatureType.Hashed hashed -> false;
                    case FeatureType.Text text -> false;
                };
    }

    private static @Nullable String conversion(ModelFeature feature, String column, DataPreview data) {
        if (!isNumeric(feature)) {
            return "CAST(%s AS VARCHAR)".formatted(name(column));
        }
        String type = Objects.requireNonNull(data.columns().get(column));
        if (BoundJob.isText(type)) {
            return data.numerals().contains(column) ? "CAST(%s AS DOUBLE)".formatted(name(column)) : null;
        }
        return isTime(type) ? "epoch(%s)".formatted(name(column)) : null;
    }

    /// `plan = 'premium'`, for a feature `plan_premium` of an encoder that makes a feature of each text.
    private static @Nullable String indicator(String feature, DataPreview data) {
        for (Map.Entry<String, List<String>> column : data.texts().entrySet()) {
            String prefix = plain(column.getKey());
            if (plain(feature).startsWith(prefix)) {
                for (String text : column.getValue()) {
                    if (plain(feature).equals(prefix + plain(text))) {
                        // A row with NULL has none of the texts, so the result is false, not NULL.
                        return "%s IS NOT DISTINCT FROM %s".formatted(name(column.getKey()), Sql.text(text));
                    }
                }
            }
        }
        return null;
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

    private static List<Mapped> byPosition(ModelDescription model, DataPreview data, @Nullable String id) {
        Map<String, String> columns = data.columns();
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
            } else if (fits && isListed(modelFeature, candidates.get(i), data)) {
                mapped.add(new Unlisted(
                        feature, candidates.get(i), data.texts().getOrDefault(candidates.get(i), List.of())));
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
