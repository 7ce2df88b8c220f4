package io.nightshift.source;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Descriptions of models for tests: regressions with the features that a test needs.
public final class TestModels {

    private TestModels() {}

    public static ModelDescription of(ModelFeature... features) {
        return new ModelDescription("test", "sum", Task.REGRESSION, List.of(features), List.of(), Map.of());
    }

    /// Features `f0`, `f1`, … that may be missing.
    public static ModelDescription ofNumbers(int features) {
        List<ModelFeature> all = new ArrayList<>();
        for (int i = 0; i < features; i++) {
            all.add(number("f" + i));
        }
        return of(all.toArray(ModelFeature[]::new));
    }

    /// A feature that may be missing.
    public static ModelFeature number(String name) {
        return new ModelFeature(name, new FeatureType.Numeric(Precision.FLOAT64), true);
    }

    /// A feature that must be there.
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
}
