package io.nightshift.scoring.format.mojo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import hex.genmodel.ModelMojoReader;
import hex.genmodel.MojoModel;
import hex.genmodel.MojoReaderBackendFactory;
import hex.genmodel.MojoReaderBackendFactory.CachingStrategy;
import hex.genmodel.PredictContributionsFactory;
import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.Expectations;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Random models, and models that H2O trained, give the scores of H2O's own library to the last bit. Only the
/// probabilities of multinomial linear models may be rounded differently.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MojoLibraryTest {

    private static final int MODELS = 60 * Integer.getInteger("nightshift.tries.factor", 1);
    private static final int ROWS = 300;
    private static final int TRAINED_ROWS = 5000;
    private static final Path TRAINED = Path.of("src/test/resources/mojo/h2o");

    /// How much the softmax of a linear model may round differently, relative to the probability.
    private static final double ROUNDING = 1e-13;

    private int models;
    private long rows;
    private double largest;

    @AfterAll
    void printTheLargestDifference() {
        System.out.printf(
                "%d MOJOs with %d rows compared with H2O; the largest relative difference is %s%n",
                models, rows, largest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gaussian", "laplace", "quantile", "huber", "poisson", "gamma", "tweedie"})
    void boostedRegressionsAreThoseOfH2o(String distribution) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample = MojoSample.boosting(seed, distribution, 1, seed % 3 == 0 ? 0 : 40);
            assertSame(sample, distribution + " " + seed, 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"bernoulli, false", "bernoulli, true", "quasibinomial, false", "multinomial, false", "multinomial, true"
    })
    void boostedModelsOfTwoClassesAreThoseOfH2o(String distribution, boolean isBalanced) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample = MojoSample.boosting(seed, distribution, 2, 12).with("balance_classes", isBalanced);
            assertSame(sample, distribution + " " + seed, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void boostedModelsOfSeveralClassesAreThoseOfH2o(boolean isBalanced) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample =
                    MojoSample.boosting(seed, "multinomial", 3 + seed % 4, 12).with("balance_classes", isBalanced);
            assertSame(sample, "multinomial " + seed, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "1.10", "1.20", "1.30", "1.40"})
    void treesOfEachVersionAreThoseOfH2o(String version) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            assertSame(MojoSample.bagging(seed, version, 1, 1, 70), version + " " + seed, 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 1, false", "2, 1, true", "2, 2, false", "2, 2, true", "3, 3, false", "5, 5, true"})
    void forestsOfClassesAreThoseOfH2o(int classes, int treesPerGroup, boolean isBalanced) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample =
                    MojoSample.bagging(seed, "1.40", classes, treesPerGroup, 20).with("balance_classes", isBalanced);
            assertSame(sample, "forest " + seed, 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gaussian, identity, 1, 0",
        "binomial, logit, 2, 0",
        "quasibinomial, logit, 2, 0",
        "poisson, log, 1, 0",
        "gamma, inverse, 1, 0",
        "gamma, log, 1, 0",
        "negativebinomial, log, 1, 0",
        "tweedie, tweedie, 1, 0",
        "tweedie, tweedie, 1, -0.5",
        "tweedie, tweedie, 1, 1",
        "multinomial, multinomial, 4, 0",
        "multinomial, multinomial, 2, 0",
        "ordinal, ologit, 4, 0"
    })
    void linearModelsAreThoseOfH2o(String family, String link, int classes, double power) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample = MojoSample.linear(seed, family, link, classes).with("tweedie_link_power", power);
            assertSame(sample, family + " " + seed, family.equals("multinomial") ? ROUNDING : 0);
        }
    }

    /// The bias of H2O's contributions comes from the weights of the nodes.
    @ParameterizedTest
    @CsvSource({"gaussian, 1", "bernoulli, 2"})
    void theExpectationIsThatOfH2o(String distribution, int classes) throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            MojoSample sample = new MojoSample(seed, "Gradient Boosting Machine", "1.40", 6, 0, classes);
            // H2O can't explain such sets, and its bias lacks the trees without a split.
            sample.setsOfNumbers = false;
            sample.hasLoneLeaves = false;
            sample.with("distribution", distribution).with("init_f", 0.25).trees(1 + seed % 20, 6, 1);
            compareExpectation(distribution + " " + seed, sample.file());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gbm-wide", "gbm-binomial"})
    void theExpectationOfTrainedModelsIsThatOfH2o(String name) throws Exception {
        compareExpectation(name, Files.readAllBytes(TRAINED.resolve(name + ".zip")));
    }

    private static void compareExpectation(String name, byte[] file) throws Exception {
        Model model = Model.load(name, file);
        Forest forest = Forms.of(model) instanceof PipelineForm pipeline
                ? (Forest) pipeline.steps().getFirst().model()
                : (Forest) Forms.of(model);
        assertThat(model.description().facts()).as(name).containsEntry("covers", "of all nodes");
        MojoModel library = ModelMojoReader.readFrom(
                MojoReaderBackendFactory.createReaderBackend(new ByteArrayInputStream(file), CachingStrategy.MEMORY));
        float[] contributions = ((PredictContributionsFactory) library)
                .makeContributionsPredictor()
                .calculateContributions(
                        new double[model.description().features().size()]);
        float bias = contributions[contributions.length - 1];
        double expectation = Expectations.of(forest)[0];
        assertThat(Math.abs(expectation - bias))
                .as("%s: the expectation %s, and H2O's %s", name, expectation, bias)
                .isLessThanOrEqualTo(1e-5 * Math.max(1, Math.abs(bias)));
    }

    @Test
    void aModelWithoutTheFilesOfWeightsHasNoCovers() throws Exception {
        Model model = Model.load("drf", Files.readAllBytes(TRAINED.resolve("drf-regression.zip")));

        assertThat(model.description().facts()).containsEntry("covers", "none");
    }

    /// Models that H2O trained.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gbm-binomial", "gbm-multinomial", "gbm-regression", "gbm-wide", "drf-binomial", "drf-multinomial",
                "drf-regression", "drf-titanic", "glm-binomial", "glm-multinomial", "glm-regression", "glm-titanic"
            })
    void trainedModelsAreThoseOfH2o(String name) throws Exception {
        byte[] file = Files.readAllBytes(TRAINED.resolve(name + ".zip"));

        assertSame(file, columns(Model.load(name, file)), name, name.equals("glm-multinomial") ? ROUNDING : 0);
    }

    @Test
    void aTrainedModelWithCalibrationIsRefused() throws Exception {
        byte[] file = Files.readAllBytes(TRAINED.resolve("gbm-calibrated.zip"));

        assertThatThrownBy(() -> Model.load("calibrated", file))
                .hasMessageContaining("its probabilities are calibrated (calib_method = platt)");
    }

    /// Random levels, and numbers on and about the thresholds of each feature.
    private static double[][] columns(Model model) {
        List<ModelFeature> features = model.description().features();
        Random random = new Random(1);
        double[][] columns = new double[features.size()][TRAINED_ROWS];
        for (int feature = 0; feature < columns.length; feature++) {
            FeatureType type = features.get(feature).type();
            double[] thresholds = thresholds(Forms.of(model), feature);
            for (int row = 0; row < TRAINED_ROWS; row++) {
                columns[feature][row] = random.nextInt(10) == 0
                        ? Double.NaN
                        : type instanceof FeatureType.Nominal(List<String> levels, boolean open)
                                ? random.nextInt(levels.size())
                                : thresholds[random.nextInt(thresholds.length)]
                                        + (random.nextBoolean() ? 0 : random.nextGaussian());
            }
        }
        return columns;
    }

    private static double[] thresholds(ModelForm form, int feature) {
        Forest forest = switch (form) {
            case Forest found -> found;
            case PipelineForm pipeline when pipeline.steps().getFirst().model() instanceof Forest found -> found;
            default -> null;
        };
        if (forest == null) {
            return new double[1];
        }
        double[] found = IntStream.range(0, forest.nodes())
                .filter(node -> forest.kind(node).isNumeric() && forest.feature(node) == feature)
                .mapToDouble(forest::threshold)
                .filter(Double::isFinite)
                .toArray();
        return found.length == 0 ? new double[1] : found;
    }

    @Test
    void aTextThatIsNoLevelIsAMissingValue() {
        Model model =
                Model.load("levels", MojoSample.boosting(3, "gaussian", 1, 12).file());

        assertThat(model.description().features())
                .allSatisfy(feature -> assertThat(feature.missing()).isTrue());
    }

    private void assertSame(MojoSample sample, String name, double rounding) throws IOException {
        assertSame(sample.file(), sample.rows(ROWS), name, rounding);
    }

    private void assertSame(byte[] file, double[][] columns, String name, double rounding) throws IOException {
        double[][] expected = libraryScores(file, columns);
        Model model = Model.load(name, file);
        compare(name, model, columns, expected, rounding);
        compare(name, Model.load(name, ModelFile.encode(model)), columns, expected, rounding);
        models++;
        rows += columns[0].length;
    }

    private void compare(String name, Model model, double[][] columns, double[][] expected, double rounding) {
        double[][] found = outputs(model, columns);
        boolean isRegression = model.description().task() == Task.REGRESSION;
        boolean isBinary = model.description().task() == Task.BINARY;
        for (int row = 0; row < expected.length; row++) {
            String place = name + ", row " + row;
            if (isRegression) {
                close(place, found[0][row], expected[row][0], rounding);
                continue;
            }
            int classes = model.description().classes().size();
            for (int i = 0; i < classes; i++) {
                if (!isBinary || i == 1) {
                    close(place, found[isBinary ? 1 : 1 + i][row], expected[row][1 + i], rounding);
                }
            }
            double best = Arrays.stream(expected[row], 1, 1 + classes).max().orElseThrow();
            long ties = Arrays.stream(expected[row], 1, 1 + classes)
                    .filter(probability -> probability > best - ROUNDING)
                    .count();
            if (isBinary || ties == 1) {
                assertThat(found[0][row]).as(place).isEqualTo(expected[row][0]);
            }
        }
    }

    private void close(String place, double found, double expected, double rounding) {
        if (Double.compare(found, expected) == 0 || found == expected) {
            return;
        }
        double difference = Math.abs(found - expected) / Math.max(Math.abs(expected), 1e-300);
        assertThat(difference).as("%s: %s and %s", place, found, expected).isLessThanOrEqualTo(rounding);
        largest = Math.max(largest, difference);
    }

    /// The results of H2O's own library, one array for each row: the prediction, then the probabilities.
    static double[][] libraryScores(byte[] file, double[][] columns) throws IOException {
        MojoModel library = ModelMojoReader.readFrom(
                MojoReaderBackendFactory.createReaderBackend(new ByteArrayInputStream(file), CachingStrategy.MEMORY));
        double[][] scores = new double[columns[0].length][];
        for (int row = 0; row < scores.length; row++) {
            double[] values = new double[columns.length];
            for (int feature = 0; feature < values.length; feature++) {
                values[feature] = columns[feature][row];
            }
            scores[row] = library.score0(values, new double[library.getPredsSize()]);
        }
        return scores;
    }

    static double[][] outputs(Model model, double[][] columns) {
        int count = columns[0].length;
        double[][] outputs = new double[model.description().outputs()][count];
        model.scorer().score(columns, count, outputs);
        return outputs;
    }
}
