package io.nightshift.scoring.format.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.Expectations;
import io.nightshift.scoring.form.Forest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Against XGBoost itself, in the same process: random models, values missing and equal to thresholds.
/// Margins are equal to the bit; predictions within 1 ulp, since the C library's exponential is not Java's.
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
        "binary:hinge,       gbtree, 1, json",
        "binary:logistic,    gbtree, 8, ubj",
        "binary:logistic,    dart,   1, ubj",
        "binary:logistic,    gblinear, 1, ubj",
        "reg:squarederror,   gbtree, 1, json",
        "reg:squarederror,   dart,   1, json",
        "reg:squarederror,   gblinear, 1, json",
        "reg:squaredlogerror, gbtree, 1, ubj",
        "reg:logistic,       gbtree, 1, ubj",
        "reg:pseudohubererror, gbtree, 1, ubj",
        "reg:absoluteerror,  gbtree, 1, ubj",
        "reg:quantileerror,  gbtree, 1, json",
        "reg:gamma,          gbtree, 1, ubj",
        "reg:tweedie,        gbtree, 1, ubj",
        "count:poisson,      gbtree, 1, json",
        "count:poisson,      gblinear, 1, ubj",
        "survival:cox,       gbtree, 1, ubj",
        "rank:ndcg,          gbtree, 1, ubj",
        "rank:map,           gbtree, 1, json",
        "rank:pairwise,      gbtree, 1, ubj",
        "multi:softprob,     gbtree, 1, ubj",
        "multi:softprob,     gbtree, 3, json",
        "multi:softprob,     dart,   1, ubj",
        "multi:softprob,     gblinear, 1, json",
        "multi:softmax,      gbtree, 1, ubj"
    })
    void scoresAreTheLibrarysOwn(String objective, String booster, int parallelTrees, String format) throws Exception {
        float[] values = values(new Random(objective.hashCode() + parallelTrees));
        DMatrix data = data(values, objective);
        Map<String, Object> parameters = parameters(objective);
        parameters.put("booster", booster);
        if (!booster.equals("gblinear")) {
            parameters.put("num_parallel_tree", parallelTrees);
            parameters.put("subsample", 0.8);
            parameters.put("max_depth", 5);
        }
        if (booster.equals("dart")) {
            parameters.put("rate_drop", 0.3);
        }
        Booster trained = XGBoost.train(data, parameters, 12, Map.of(), null, null);

        compare(trained, format, values, FEATURES);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void marginsOfRandomModelsAreTheLibrarysToTheBit(int seed) throws Exception {
        Random random = new Random(seed);
        int features = 1 + random.nextInt(12);
        float[] values = hostile(random, features, new float[] {0, 1, 2.5f});
        String[] objectives = {"binary:logistic", "reg:squarederror", "multi:softprob", "count:poisson"};
        String objective = objectives[random.nextInt(objectives.length)];
        Map<String, Object> parameters = parameters(objective);
        parameters.put("max_depth", random.nextInt(2) == 0 ? 0 : 1 + random.nextInt(9));
        parameters.put("grow_policy", random.nextBoolean() ? "lossguide" : "depthwise");
        parameters.put("max_leaves", 60);
        parameters.put("min_child_weight", 0);
        parameters.put("tree_method", "hist");
        DMatrix data = matrix(values, features);
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            labels[row] = objective.equals("reg:squarederror") ? (float) random.nextGaussian() : random.nextInt(2);
        }
        data.setLabel(labels);
        Booster trained = XGBoost.train(data, parameters, 1 + random.nextInt(20), Map.of(), null, null);

        Model model = compare(trained, random.nextBoolean() ? "json" : "ubj", values, features);
        compare(trained, "ubj", hostile(random, features, thresholds((Forest) Forms.of(model))), features);
    }

    @ParameterizedTest
    @CsvSource({"1, 4", "2, 100", "3, 4", "4, 1"})
    void categoricalSplitsAreTheLibrarysOwn(int seed, int oneHot) throws Exception {
        Random random = new Random(seed);
        float[] values = new float[ROWS * FEATURES];
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < FEATURES; feature++) {
                values[row * FEATURES + feature] = random.nextInt(9) == 0
                        ? Float.NaN
                        : feature % 2 == 0 ? random.nextInt(feature == 4 ? 70 : 6) : (float) random.nextGaussian();
            }
            int first = (int) values[row * FEATURES];
            int third = (int) values[row * FEATURES + 4];
            labels[row] = (7 * first + 3 * third) % 5;
        }
        DMatrix data = matrix(values, FEATURES);
        data.setFeatureTypes(new String[] {"c", "q", "c", "q", "c", "q"});
        data.setLabel(labels);
        Map<String, Object> parameters = parameters("reg:squarederror");
        parameters.put("tree_method", "hist");
        parameters.put("max_cat_to_onehot", oneHot);
        Booster trained = XGBoost.train(data, parameters, 15, Map.of(), null, null);

        Model model = compare(trained, seed % 2 == 0 ? "json" : "ubj", values, FEATURES);
        assertThat(((Forest) Forms.of(model)).sets()).isGreaterThan(1);
        float[] odd = {-1, -0.5f, -0.0f, 0.5f, 2.99999f, 69, 70, 71, 1e6f, 16777215, 16777216, 1e30f};
        compare(trained, "ubj", hostile(random, FEATURES, odd), FEATURES);
    }

    /// Its training needs labels that this binding can't set; its predictions don't.
    @Test
    void acceleratedFailureTimesAreTheLibrarysOwn() throws Exception {
        float[] values = values(new Random(8));
        Booster cox = XGBoost.train(data(values, "survival:cox"), parameters("survival:cox"), 5, Map.of(), null, null);
        Path file = folder.resolve("cox.json");
        cox.saveModel(file.toString());
        String objective = "\"objective\":{\"name\":\"survival:cox\"}";
        String text = Files.readString(file);
        assertThat(text).contains(objective);
        Files.writeString(
                file,
                text.replace(
                        objective,
                        "\"objective\":{\"aft_loss_param\":{\"aft_loss_distribution\":\"normal\","
                                + "\"aft_loss_distribution_scale\":\"1\"},\"name\":\"survival:aft\"}"));

        Model model = compare(XGBoost.loadModel(file.toString()), "json", values, FEATURES);

        assertThat(model.description().facts()).containsEntry("objective", "survival:aft");
    }

    /// As XGBoost 1.3 and before had it.
    @Test
    void theBaseOfARawMarginWasAProbabilityOnce() throws Exception {
        float[] values = values(new Random(9));
        Map<String, Object> parameters = parameters("binary:logitraw");
        parameters.put("base_score", 0.25);
        Booster trained = XGBoost.train(data(values, "binary:logitraw"), parameters, 1, Map.of(), null, null);
        Model now = compare(trained, "json", values, FEATURES);
        Path file = folder.resolve("model.json");
        String text = Files.readString(file);
        assertThat(text).contains("\"version\":[3,4,0]");
        Files.writeString(file, text.replace("\"version\":[3,4,0]", "\"version\":[1,3,0]"));

        Model before = Model.load(file);

        double shift = Math.log(0.25 / 0.75) - 0.25;
        double difference = margins(before, values, FEATURES)[0][0] - margins(now, values, FEATURES)[0][0];
        assertThat(Math.abs(difference - shift)).isLessThan(1e-5);
    }

    @Test
    void aCategoricalModelReadBackIsTheSame() throws Exception {
        Random random = new Random(1);
        float[] values = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            values[row] = random.nextInt(8);
        }
        DMatrix data = matrix(values, 1);
        data.setFeatureTypes(new String[] {"c"});
        data.setLabel(values);
        Map<String, Object> parameters = parameters("reg:squarederror");
        parameters.put("tree_method", "hist");
        Booster trained = XGBoost.train(data, parameters, 3, Map.of(), null, null);
        Model written = compare(trained, "json", values, 1);

        Path file = folder.resolve("model.nsm");
        ModelFile.write(written, file);
        Model read = Model.load(file);

        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(written));
        assertThat(margins(read, values, 1)).isDeepEqualTo(margins(written, values, 1));
    }

    @Test
    void namesAndTypesOfTheFeaturesAreKept() throws Exception {
        float[] values = values(new Random(5));
        DMatrix data = data(values, "reg:squarederror");
        data.setFeatureNames(new String[] {"a", "b", "c", "d", "e", "f"});
        Booster trained = XGBoost.train(data, Map.of("verbosity", 0, "nthread", 1), 2, Map.of(), null, null);
        Path file = folder.resolve("named.json");
        trained.saveModel(file.toString());

        assertThat(Model.load(file).description().features())
                .extracting(feature -> feature.name())
                .containsExactly("a", "b", "c", "d", "e", "f");
    }

    private Model compare(Booster trained, String format, float[] values, int features) throws Exception {
        Path file = folder.resolve("model." + format);
        trained.saveModel(file.toString());
        Model model = Model.load(file);
        DMatrix data = matrix(values, features);
        Booster loaded = XGBoost.loadModel(file.toString());
        float[][] margins = loaded.predict(data, true);
        float[][] predictions = loaded.predict(data);
        double[][] outputs = margins(model, values, features);
        int first = model.description().outputs();
        for (int row = 0; row < ROWS; row++) {
            assertThat(margins[row]).hasSize(model.description().margins());
            for (int i = 0; i < margins[row].length; i++) {
                assertThat(outputs[first + i][row])
                        .as("margin %d of row %d", i, row)
                        .isEqualTo(margins[row][i]);
            }
            float[] own = predictions[row];
            int at = own.length == 1 && first == 2 ? 1 : own.length == 1 ? 0 : 1;
            for (int i = 0; i < own.length; i++) {
                assertThat(Math.abs(outputs[at + i][row] - own[i]))
                        .as("output %d of row %d: %s and the library's %s", i, row, outputs[at + i][row], own[i])
                        .isLessThanOrEqualTo(Math.ulp(own[i]));
            }
        }
        compareExpectation(model, loaded, values, features);
        return model;
    }

    /// The last column of XGBoost's contributions is the expectation of each sum, from the covers of the nodes.
    private static void compareExpectation(Model model, Booster loaded, float[] values, int features)
            throws XGBoostError {
        if (!(Forms.of(model) instanceof Forest forest)) {
            return;
        }
        float[] row = Arrays.copyOf(values, features);
        float[] contributions = loaded.predictContrib(new DMatrix(row, 1, features, Float.NaN), 0)[0];
        double[] expectations = Expectations.of(forest);
        assertThat(model.description().facts()).containsEntry("covers", "of all nodes");
        assertThat(contributions).hasSize(expectations.length * (features + 1));
        for (int sum = 0; sum < expectations.length; sum++) {
            float bias = contributions[(sum + 1) * (features + 1) - 1];
            assertThat(Math.abs(expectations[sum] - bias))
                    .as("the expectation %s of sum %d, and XGBoost's %s", expectations[sum], sum, bias)
                    .isLessThanOrEqualTo(1e-5 * Math.max(1, Math.abs(bias)));
        }
    }

    private static double[][] margins(Model model, float[] values, int features) {
        double[][] columns = new double[features][ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < features; feature++) {
                columns[feature][row] = values[row * features + feature];
            }
        }
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][ROWS];
        model.scorer().score(columns, ROWS, outputs);
        return outputs;
    }

    private static Map<String, Object> parameters(String objective) {
        Map<String, Object> parameters =
                new HashMap<>(Map.of("objective", objective, "nthread", 1, "seed", 3, "verbosity", 0));
        if (objective.startsWith("multi:")) {
            parameters.put("num_class", 4);
        }
        if (objective.equals("reg:quantileerror")) {
            parameters.put("quantile_alpha", 0.3);
        }
        return parameters;
    }

    private static DMatrix matrix(float[] values, int features) throws XGBoostError {
        return new DMatrix(values, ROWS, features, Float.NaN);
    }

    private static DMatrix data(float[] values, String objective) throws XGBoostError {
        DMatrix data = matrix(values, FEATURES);
        data.setLabel(labels(values, objective));
        if (objective.startsWith("rank:")) {
            int[] groups = new int[ROWS / 50];
            Arrays.fill(groups, 50);
            data.setGroup(groups);
        }
        return data;
    }

    private static float[] values(Random random) {
        float[] values = new float[ROWS * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(8) == 0 ? Float.NaN : random.nextInt(40) / 8f - 2;
        }
        return values;
    }

    /// Missing values, zeros of both signs, subnormal, tiny and huge ones, and the given points and their
    /// neighbours. XGBoost itself takes no infinities in its matrices.
    private static float[] hostile(Random random, int features, float[] points) {
        float[] corners = {
            Float.NaN, 0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE
        };
        float[] values = new float[ROWS * features];
        for (int i = 0; i < values.length; i++) {
            float point = points[random.nextInt(points.length)];
            float value = switch (random.nextInt(6)) {
                case 0 -> corners[random.nextInt(corners.length)];
                case 1 -> (float) random.nextGaussian();
                case 2 -> Math.nextUp(point);
                case 3 -> Math.nextDown(point);
                default -> point;
            };
            values[i] = Float.isInfinite(value) ? Math.copySign(Float.MAX_VALUE, value) : value;
        }
        return values;
    }

    private static float[] thresholds(Forest forest) {
        float[] thresholds = new float[forest.nodes()];
        for (int node = 0; node < thresholds.length; node++) {
            thresholds[node] = (float) forest.threshold(node);
        }
        return thresholds;
    }

    private static float[] labels(float[] values, String objective) {
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            float a = values[row * FEATURES];
            float b = values[row * FEATURES + 1];
            float score = (Float.isNaN(a) ? 1 : a) + (Float.isNaN(b) ? 0.5f : b * b / 2);
            labels[row] = switch (objective) {
                case "binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic", "rank:map" ->
                    score > 1 ? 1 : 0;
                case "multi:softprob", "multi:softmax", "rank:ndcg", "rank:pairwise" -> Math.clamp((int) score, 0, 3);
                case "reg:gamma", "reg:tweedie", "count:poisson", "survival:cox" ->
                    Math.max(1, Math.round(Math.abs(score)));
                case "reg:squaredlogerror" -> Math.abs(score);
                default -> score;
            };
        }
        return labels;
    }
}
