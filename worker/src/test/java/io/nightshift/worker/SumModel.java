package io.nightshift.worker;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A model small enough to work out by hand: a regression that predicts the sum of its features, each
/// missing one counting as -1000.
public record SumModel(ModelDescription description) implements Model {

    public static final double MISSING = -1000;

    public static SumModel of(ModelFeature... features) {
        return new SumModel(
                new ModelDescription("test", "sum", Task.REGRESSION, List.of(features), List.of(), Map.of()));
    }

    /// Features `f0`, `f1`, … that know missing values.
    public static SumModel ofNumbers(int features) {
        List<ModelFeature> all = new ArrayList<>();
        for (int i = 0; i < features; i++) {
            all.add(number("f" + i));
        }
        return of(all.toArray(ModelFeature[]::new));
    }

    public static ModelFeature number(String name) {
        return new ModelFeature(name, new FeatureType.Numeric(Precision.FLOAT64), true);
    }

    /// One that doesn't know missing values.
    public static ModelFeature required(String name, Precision precision) {
        return new ModelFeature(name, new FeatureType.Numeric(precision), false);
    }

    /// A feature of named categories that may be missing.
    public static ModelFeature category(String name, String... names) {
        return new ModelFeature(name, FeatureType.Categorical.named(Precision.FLOAT64, List.of(names)), true);
    }

    /// A feature of categories of which the codes are known, or nothing.
    public static ModelFeature codes(String name, Integer... codes) {
        return new ModelFeature(name, new FeatureType.Categorical(Precision.FLOAT64, List.of(codes), List.of()), true);
    }

    public static ModelFeature level(String name, boolean missing, String... levels) {
        return new ModelFeature(name, new FeatureType.Nominal(List.of(levels)), missing);
    }

    /// A text that the model knows by its hash.
    public static ModelFeature hashed(String name, boolean missing) {
        return new ModelFeature(name, new FeatureType.Hashed(TextHash.CITY), missing);
    }

    /// A text that may also be another than the levels.
    public static ModelFeature openLevel(String name, String... levels) {
        return new ModelFeature(name, new FeatureType.Nominal(List.of(levels), true), true);
    }

    @Override
    public Scorer scorer() {
        return (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                for (double[] feature : features) {
                    sum += Double.isNaN(feature[row]) ? MISSING : feature[row];
                }
                outputs[0][row] = sum;
            }
        };
    }

    @Override
    public String kernel() {
        return "arithmetic of the test";
    }

    @Override
    public long heapBytes() {
        return 0;
    }
}
