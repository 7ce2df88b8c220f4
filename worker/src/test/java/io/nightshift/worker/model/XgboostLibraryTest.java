package io.nightshift.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against XGBoost itself, in the same process: random models, values missing and equal to thresholds.
class XgboostLibraryTest {

    private static final int FEATURES = 6;
    private static final int ROWS = 1500;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "binary:logistic,    gbtree, 1, json",
        "binary:logistic,    gbtree, 1, ubj",
        "binary:logitraw,    gbtree, 1, ubj",
        "binary:logistic,    gbtree, 8, ubj",
        "binary:logistic,    dart,   1, ubj",
        "reg:squarederror,   gbtree, 1, json",
        "reg:squarederror,   dart,   1, json",
        "reg:logistic,       gbtree, 1, ubj",
        "reg:pseudohubererror, gbtree, 1, ubj",
        "reg:absoluteerror,  gbtree, 1, ubj",
        "reg:gamma,          gbtree, 1, ubj",
        "reg:tweedie,        gbtree, 1, ubj",
        "count:poisson,      gbtree, 1, json",
        "multi:softprob,     gbtree, 1, ubj",
        "multi:softprob,     gbtree, 3, json",
        "multi:softmax,      gbtree, 1, ubj"
    })
    void scoresAreTheLibrarysOwn(String objective, String booster, int parallelTrees, String format) throws Exception {
        float[] values = values(new Random(objective.hashCode() + parallelTrees));
        DMatrix data = new DMatrix(values, ROWS, FEATURES, Float.NaN);
        data.setLabel(labels(values, objective));
        Map<String, Object> parameters = new HashMap<>(Map.of(
                "objective",
                objective,
                "booster",
                booster,
                "num_parallel_tree",
                parallelTrees,
                "subsample",
                0.8,
                "max_depth",
                5,
                "nthread",
                1,
                "seed",
                3,
                "verbosity",
                0));
        if (booster.equals("dart")) {
            parameters.put("rate_drop", 0.3);
        }
        if (objective.startsWith("multi:")) {
            parameters.put("num_class", 4);
        }
        Booster trained = XGBoost.train(data, parameters, 12, Map.of(), null, null);
        Path file = folder.resolve("model." + format);
        trained.saveModel(file.toString());

        Model model = ModelImport.read(file);
        float[][] expected = trained.predict(data);
        double[][] outputs = new double[model.description().outputs()][ROWS];
        model.scorer().score(columns(values), ROWS, outputs);

        for (int row = 0; row < ROWS; row++) {
            float[] own = expected[row];
            int first = own.length == 1 && !objective.startsWith("binary:logistic") ? 0 : 1;
            for (int i = 0; i < own.length; i++) {
                assertThat(Math.abs(outputs[first + i][row] - own[i]))
                        .as("output %d of row %d: %s and the library's %s", i, row, outputs[first + i][row], own[i])
                        .isLessThanOrEqualTo(Math.ulp(own[i]));
            }
        }
    }

    @Test
    void namesAndTypesOfTheFeaturesAreKept() throws Exception {
        float[] values = values(new Random(5));
        DMatrix data = new DMatrix(values, ROWS, FEATURES, Float.NaN);
        data.setLabel(labels(values, "reg:squarederror"));
        data.setFeatureNames(new String[] {"a", "b", "c", "d", "e", "f"});
        Booster trained = XGBoost.train(data, Map.of("verbosity", 0, "nthread", 1), 2, Map.of(), null, null);
        Path file = folder.resolve("named.json");
        trained.saveModel(file.toString());

        assertThat(ModelImport.read(file).description().features())
                .extracting(feature -> feature.name())
                .containsExactly("a", "b", "c", "d", "e", "f");
    }

    private static float[] values(Random random) {
        float[] values = new float[ROWS * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(8) == 0 ? Float.NaN : random.nextInt(40) / 8f - 2;
        }
        return values;
    }

    private static float[] labels(float[] values, String objective) {
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            float a = values[row * FEATURES];
            float b = values[row * FEATURES + 1];
            float score = (Float.isNaN(a) ? 1 : a) + (Float.isNaN(b) ? 0.5f : b * b / 2);
            labels[row] = switch (objective) {
                case "binary:logistic", "binary:logitraw", "reg:logistic" -> score > 1 ? 1 : 0;
                case "multi:softprob", "multi:softmax" -> Math.clamp((int) score, 0, 3);
                case "reg:gamma", "reg:tweedie", "count:poisson" -> Math.max(1, Math.round(Math.abs(score)));
                default -> score;
            };
        }
        return labels;
    }

    private static double[][] columns(float[] values) {
        double[][] columns = new double[FEATURES][ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < FEATURES; feature++) {
                columns[feature][row] = values[row * FEATURES + feature];
            }
        }
        return columns;
    }
}
