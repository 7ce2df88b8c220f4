package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.catboost.CatBoostFeatures.NumberFeature;
import io.nightshift.scoring.format.catboost.CatBoostStatistic.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// The columns that a CatBoost model computes from categories: one for each value of a category that a split asks
/// for, and one for each statistic. The steps of a pipeline compute them.
final class CatBoostColumns {

    private static final int VALUE_INDEX = 0;
    private static final int VALUES = 1;
    private static final int STATISTIC = 0;
    private static final int STATISTIC_BORDERS = 1;
    private static final float HALF = 0.5f;

    private final CatBoostFeatures features;
    private final CatBoostSplits splits;
    private final List<PipelineStep> steps = new ArrayList<>();
    private final Set<Part> values = new HashSet<>();
    private int columns;

    /// @param splits receives the splits of these columns
    CatBoostColumns(CatBoostFeatures features, CatBoostSplits splits) {
        this.features = features;
        this.splits = splits;
        this.columns = features.count();
    }

    /// The steps so far.
    List<PipelineStep> steps() {
        return steps;
    }

    /// The number of columns, the features included.
    int count() {
        return columns;
    }

    /// Adds the columns of values.
    ///
    /// @param tables the table of each categorical feature whose values splits ask for
    void addValues(List<FlatbufferTable> tables) throws MalformedModelException {
        for (FlatbufferTable table : tables) {
            int index = table.integer(VALUE_INDEX, -1);
            int[] asked = table.integers(VALUES);
            for (int value : asked) {
                if (!values.add(new Part(index, value))) {
                    throw new MalformedModelException(
                            "it has the value " + value + " of the categorical feature " + index + " twice");
                }
            }
            double[] positions = new double[asked.length];
            Arrays.setAll(positions, i -> i);
            for (int i = 0; i < asked.length; i++) {
                splits.add(columns + i, HALF);
            }
            steps.add(new PipelineStep(
                    "one-hot",
                    "values of the categorical feature " + index,
                    List.of(features.text(index)),
                    asked.length,
                    Map.of(
                            "keys",
                            Arrays.stream(asked).asDoubleStream().toArray(),
                            "columns",
                            positions,
                            "unknown",
                            new double[] {-1}),
                    null));
            columns += asked.length;
        }
    }

    /// Adds the columns of statistics.
    ///
    /// @param tables the table of each statistic
    /// @param counts the tables of counts
    void addStatistics(List<FlatbufferTable> tables, Map<CatBoostStatistic.Table, CatBoostCounts> counts)
            throws MalformedModelException {
        Map<CatBoostStatistic.Table, List<CatBoostStatistic>> statistics = new LinkedHashMap<>();
        Set<CatBoostStatistic> inOrder = new LinkedHashSet<>();
        for (FlatbufferTable table : tables) {
            CatBoostStatistic statistic = CatBoostStatistic.read(table.table(STATISTIC));
            if (!inOrder.add(statistic)) {
                throw new MalformedModelException(
                        "it has a statistic of " + statistic.table().called() + " twice");
            }
            statistics
                    .computeIfAbsent(statistic.table(), name -> new ArrayList<>())
                    .add(statistic);
        }
        Map<CatBoostStatistic, Integer> columnOf = new HashMap<>();
        for (Map.Entry<CatBoostStatistic.Table, List<CatBoostStatistic>> entry : statistics.entrySet()) {
            CatBoostCounts table = counts.get(entry.getKey());
            if (table == null) {
                throw new MalformedModelException(
                        "it has no table for " + entry.getKey().called());
            }
            for (CatBoostStatistic statistic : entry.getValue()) {
                columnOf.put(statistic, columns + columnOf.size());
            }
            steps.add(step(entry.getKey(), entry.getValue(), table));
        }
        columns += tables.size();
        int at = 0;
        for (CatBoostStatistic statistic : inOrder) {
            int column = Objects.requireNonNull(columnOf.get(statistic));
            float[] borders = tables.get(at++).floats(STATISTIC_BORDERS);
            for (float border : CatBoostFeatures.ascending(borders, "the borders of a statistic of categories")) {
                splits.add(column, border);
            }
        }
    }

    private PipelineStep step(CatBoostStatistic.Table table, List<CatBoostStatistic> statistics, CatBoostCounts counts)
            throws MalformedModelException {
        List<Integer> inputs = new ArrayList<>();
        for (int index : table.categories()) {
            inputs.add(features.text(index));
        }
        double[] missing = new double[table.above().size()];
        for (int i = 0; i < missing.length; i++) {
            Part part = table.above().get(i);
            NumberFeature feature = features.number(part.index());
            float border = part.border();
            if (Arrays.binarySearch(feature.borders(), border) < 0) {
                throw new MalformedModelException("%s has the border %s, which feature %d has not"
                        .formatted(table.called(), border, feature.position()));
            }
            inputs.add(feature.position());
            missing[i] = feature.isNanAbove(border) ? 1 : 0;
        }
        for (Part part : table.values()) {
            if (!values.contains(part)) {
                throw new MalformedModelException(
                        "%s has the value %d of the categorical feature %d, which no split asks for"
                                .formatted(table.called(), part.bits(), part.index()));
            }
            inputs.add(features.text(part.index()));
        }
        Map<String, double[]> numbers = new HashMap<>();
        numbers.put("categories", new double[] {table.categories().size()});
        numbers.put("borders", table.above().stream().mapToDouble(Part::border).toArray());
        numbers.put("missing", missing);
        numbers.put("values", table.values().stream().mapToDouble(Part::bits).toArray());
        numbers.put("form", new double[] {table.kind().form});
        numbers.put("hashes", counts.hashes());
        numbers.put("rows", counts.rows());
        numbers.put("counts", counts.counts());
        numbers.put("width", new double[] {counts.width()});
        numbers.put("denominator", new double[] {counts.denominator()});
        numbers.put("target", each(statistics, statistic -> table.kind().usesTarget() ? statistic.target() : 0));
        numbers.put("prior", each(statistics, CatBoostStatistic::prior));
        numbers.put("weight", each(statistics, CatBoostStatistic::weight));
        numbers.put("shift", each(statistics, CatBoostStatistic::shift));
        numbers.put("scale", each(statistics, CatBoostStatistic::scale));
        return new PipelineStep(
                "target-statistics", "statistics of " + table.called(), inputs, statistics.size(), numbers, null);
    }

    private static double[] each(List<CatBoostStatistic> statistics, ToDoubleFunction<CatBoostStatistic> number) {
        return statistics.stream().mapToDouble(number).toArray();
    }
}
