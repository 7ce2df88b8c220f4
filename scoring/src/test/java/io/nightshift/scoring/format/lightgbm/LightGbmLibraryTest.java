package io.nightshift.scoring.format.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMBooster.FeatureImportanceType;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.Expectations;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.model.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Against LightGBM itself, in the same process: random models, values missing, near zero and equal to
/// thresholds. Raw scores are equal to the bit; predictions within 2 ulps, since the C library's exponential
/// is not Java's.
class LightGbmLibraryTest {

    private static final int ROWS = 1500;
    private static final int FEATURES = 6;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "binary",
                "binary sigmoid=0.7",
                "binary boosting=rf bagging_freq=1 bagging_fraction=0.5",
                "binary boosting=dart drop_rate=0.4",
                "binary boosting=goss",
                "multiclass num_class=4",
                "multiclass num_class=2",
                "multiclass num_class=4 boosting=rf bagging_freq=1 bagging_fraction=0.5",
                "multiclassova num_class=4 sigmoid=1.3",
                "cross_entropy",
                "cross_entropy_lambda",
                "regression",
                "regression boosting=rf bagging_freq=1 bagging_fraction=0.5",
                "regression boosting=dart",
                "regression reg_sqrt=true",
                "regression_l1",
                "huber",
                "fair",
                "quantile alpha=0.3",
                "mape",
                "poisson",
                "gamma",
                "tweedie",
                "lambdarank",
                "rank_xendcg"
            })
    void scoresAreTheLibrarysOwn(String objective) throws Exception {
        Random random = new Random(objective.hashCode());
        double[] values = values(random, FEATURES);

        Model model = compare(train(values, FEATURES, labels(values, objective), objective, 12), values, FEATURES);

        compare(model, hostile(random, FEATURES, thresholds((Forest) Forms.of(model))), FEATURES);
    }

    @ParameterizedTest
    @CsvSource({
        "1,  ''",
        "2,  zero_as_missing=true",
        "3,  use_missing=false",
        "4,  categorical_feature=0#2",
        "5,  categorical_feature=0#2 zero_as_missing=true",
        "6,  categorical_feature=0#2#4 max_cat_to_onehot=1",
        "7,  categorical_feature=0#2 max_cat_to_onehot=100",
        "8,  zero_as_missing=true num_leaves=127",
        "9,  num_leaves=255 max_depth=4",
        "10, extra_trees=true zero_as_missing=true",
        "11, max_bin=4",
        "12, monotone_constraints=1#0#0#-1#0#0"
    })
    void rawScoresOfRandomModelsAreTheLibrarysToTheBit(int seed, String parameters) throws Exception {
        Random random = new Random(seed);
        double[] values = values(random, FEATURES);
        boolean tiny = seed % 2 == 0;
        for (int i = 0; i < values.length; i++) {
            if (tiny && random.nextInt(4) == 0) {
                values[i] = near(random, 0);
            }
        }
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            double first = values[row * FEATURES];
            double last = values[row * FEATURES + 5];
            labels[row] = (float) ((Double.isNaN(first) ? 3 : first * first % 3) + (Math.abs(last) < 0.1 ? 2 : 0));
        }

        Model model = compare(
                train(values, FEATURES, labels, "regression " + parameters.replace('#', ','), 20), values, FEATURES);

        compare(model, hostile(random, FEATURES, thresholds((Forest) Forms.of(model))), FEATURES);
    }

    @Test
    void theKindsOfNodesThatOnlyLightGbmHasAreThere() throws Exception {
        Random random = new Random(2);
        double[] values = values(random, FEATURES);
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            double distance = Math.abs(values[row * FEATURES + 1]);
            labels[row] = (float) (Double.isNaN(distance) ? 0 : distance) + (values[row * FEATURES] == 2 ? 3 : 0);
        }

        Model model = compare(
                train(values, FEATURES, labels, "regression zero_as_missing=true categorical_feature=0", 20),
                values,
                FEATURES);

        Forest forest = (Forest) Forms.of(model);
        assertThat(java.util.stream.IntStream.range(0, forest.nodes())
                        .mapToObj(node -> forest.kind(node).name())
                        .distinct())
                .anyMatch(kind -> kind.startsWith("ZERO_"))
                .contains("SET_MISSING_RIGHT");
        Path file = folder.resolve("model.nsm");
        ModelFile.write(model, file);
        assertThat(ModelFile.encode(Model.load(file))).isEqualTo(ModelFile.encode(model));
    }

    @Test
    void theDescriptionSaysWhatTheFileKnows() throws Exception {
        Random random = new Random(3);
        double[] values = values(random, 2);
        LGBMDataset data = LGBMDataset.createFromMat(values, ROWS, 2, true, "verbosity=-1", null);
        data.setFeatureNames(new String[] {"wind", "height"});
        data.setField("label", new float[ROWS]);
        LGBMBooster booster = LGBMBooster.create(data, "objective=binary verbosity=-1 num_threads=1");
        booster.updateOneIter();

        var description = read(booster).description();

        assertThat(description.format()).isEqualTo("lightgbm");
        assertThat(description.task()).isEqualTo(Task.BINARY);
        assertThat(description.features()).extracting(feature -> feature.name()).containsExactly("wind", "height");
        assertThat(description.facts()).containsEntry("objective", "binary").containsEntry("trees", "1");
    }

    private LGBMBooster train(double[] values, int features, float[] labels, String objective, int iterations)
            throws Exception {
        String parameters =
                "verbosity=-1 num_threads=1 deterministic=true seed=7 min_data_in_leaf=3 min_data_per_group=3"
                        + " min_data_in_bin=1 cat_smooth=1 objective=" + objective;
        LGBMDataset data = LGBMDataset.createFromMat(values, ROWS, features, true, parameters, null);
        data.setField("label", labels);
        if (objective.startsWith("lambdarank") || objective.startsWith("rank")) {
            int[] groups = new int[ROWS / 50];
            Arrays.fill(groups, 50);
            data.setField("group", groups);
        }
        LGBMBooster booster = LGBMBooster.create(data, parameters);
        for (int i = 0; i < iterations; i++) {
            booster.updateOneIter();
        }
        return booster;
    }

    private Model read(LGBMBooster booster) throws Exception {
        String text = booster.saveModelToString(0, 0, FeatureImportanceType.GAIN);
        return Model.load(Files.writeString(folder.resolve("model.txt"), text));
    }

    private Model compare(LGBMBooster booster, double[] values, int features) throws Exception {
        Model model = read(booster);
        compare(model, values, features);
        return model;
    }

    /// Against what LightGBM makes of the file that was imported.
    private void compare(Model model, double[] values, int features) throws Exception {
        LightGbmPredictor library = new LightGbmPredictor(folder.resolve("model.txt"));
        double[] raw = library.predict(values, ROWS, PredictionType.C_API_PREDICT_RAW_SCORE);
        double[] own = library.predict(values, ROWS, PredictionType.C_API_PREDICT_NORMAL);
        int outputs = model.description().outputs();
        int margins = model.description().margins();
        double[][] columns = new double[features][ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < features; feature++) {
                columns[feature][row] = values[row * features + feature];
            }
        }
        double[][] scores = new double[outputs + margins][ROWS];
        model.scorer().score(columns, ROWS, scores);

        compareExpectation(model, library, values, features);
        assertThat(raw).hasSize(margins * ROWS);
        for (int row = 0; row < ROWS; row++) {
            for (int k = 0; k < margins; k++) {
                assertThat(scores[outputs + k][row])
                        .as("raw score %d of row %d: %s", k, row, describe(columns, row))
                        .isEqualTo(raw[row * margins + k]);
            }
            for (int k = outputs == 2 && margins == 2 ? 1 : 0; k < margins; k++) {
                double expected = own[row * margins + k];
                double found = scores[outputs == 1 ? 0 : outputs == 2 ? 1 : 1 + k][row];
                assertThat(Math.abs(found - expected))
                        .as("output %d of row %d: %s and the library's %s", k, row, found, expected)
                        .isLessThanOrEqualTo(2 * Math.ulp(expected));
            }
        }
    }

    /// The last column of LightGBM's contributions is the expectation of each sum, from the counts of the nodes.
    private static void compareExpectation(Model model, LightGbmPredictor library, double[] values, int features) {
        double[] contributions =
                library.predict(Arrays.copyOf(values, features), 1, PredictionType.C_API_PREDICT_CONTRIB);
        double[] expectations = Expectations.of((Forest) Forms.of(model));
        assertThat(model.description().facts()).containsEntry("covers", "of all nodes");
        for (int sum = 0; sum < expectations.length; sum++) {
            double bias = contributions[(sum + 1) * (features + 1) - 1];
            assertThat(Math.abs(expectations[sum] - bias))
                    .as("the expectation %s of sum %d, and LightGBM's %s", expectations[sum], sum, bias)
                    .isLessThanOrEqualTo(1e-10 * Math.max(1, Math.abs(bias)));
        }
    }

    private static String describe(double[][] columns, int row) {
        return Arrays.toString(
                Arrays.stream(columns).mapToDouble(column -> column[row]).toArray());
    }

    private static double[] values(Random random, int features) {
        double[] values = new double[ROWS * features];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(8) == 0
                    ? Double.NaN
                    : i % features % 2 == 0 ? random.nextInt(i % features == 4 ? 80 : 7) : random.nextInt(40) / 8.0 - 2;
        }
        return values;
    }

    /// A number close to zero or to another point.
    private static double near(Random random, double point) {
        double[] tiny = {
            0, -0.0, Double.MIN_VALUE, -Double.MIN_VALUE, 1e-36, -1e-36, 1e-35f, -1e-35f, 1e-35, 2e-35, -2e-35, 1e-30
        };
        return point + tiny[random.nextInt(tiny.length)];
    }

    private static double[] hostile(Random random, int features, double[] points) {
        double[] corners = {
            Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MAX_VALUE, -1, -0.5, 1e9, 3e9, 6.5
        };
        double[] values = new double[ROWS * features];
        for (int i = 0; i < values.length; i++) {
            double point = points[random.nextInt(points.length)];
            values[i] = switch (random.nextInt(7)) {
                case 0 -> corners[random.nextInt(corners.length)];
                case 1 -> random.nextGaussian();
                case 2 -> Math.nextUp(point);
                case 3 -> Math.nextDown(point);
                case 4 -> near(random, 0);
                default -> point;
            };
        }
        return values;
    }

    private static double[] thresholds(Forest forest) {
        double[] thresholds = new double[forest.nodes()];
        for (int node = 0; node < thresholds.length; node++) {
            thresholds[node] = forest.threshold(node);
        }
        return thresholds;
    }

    private static float[] labels(double[] values, String objective) {
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            double a = values[row * FEATURES];
            double b = values[row * FEATURES + 1];
            double score = (Double.isNaN(a) ? 1 : a / 2) + (Double.isNaN(b) ? 0.5 : b * b / 2);
            labels[row] = switch (objective.split(" ", 2)[0]) {
                case "binary", "cross_entropy", "cross_entropy_lambda" -> score > 2 ? 1 : 0;
                case "multiclass", "multiclassova", "lambdarank", "rank_xendcg" ->
                    objective.contains("num_class=2") ? Math.clamp((int) score, 0, 1) : Math.clamp((int) score, 0, 3);
                case "gamma", "tweedie", "poisson" -> Math.max(1, (int) Math.rint(Math.abs(score)));
                default -> (float) score;
            };
        }
        return labels;
    }
}
