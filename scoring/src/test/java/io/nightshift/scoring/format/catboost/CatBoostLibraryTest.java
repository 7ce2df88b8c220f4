package io.nightshift.scoring.format.catboost;

import static org.assertj.core.api.Assertions.assertThat;

import ai.catboost.CatBoostModel;
import ai.catboost.CatBoostPredictions;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextHash;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Random models give the raw values of CatBoost's own library for the JVM, to the last bit.
class CatBoostLibraryTest {

    private static final int MODELS = 120 * Integer.getInteger("nightshift.tries.factor", 1);
    private static final int ROWS = 300;

    @Test
    void symmetricTreesGiveTheRawValuesOfCatBoost() throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 1 + seed % 9, seed % 10 == 0 ? 300 : 12, 1);
            sample.symmetric(1 + seed % 40, seed % 20 == 0 ? 11 : 6).loss("RMSE");
            sample.bias = seed % 3 == 0 ? 0 : sample.random.nextGaussian();
            sample.isOld = seed % 3 == 0;
            assertSameRawValues(sample, "symmetric " + seed);
        }
    }

    @Test
    void treesOfNodesGiveTheRawValuesOfCatBoost() throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 1 + seed % 9, seed % 10 == 0 ? 300 : 12, 1 + seed % 3);
            sample.nodes(1 + seed % 25, 1 + seed % 9).loss(sample.dimensions == 1 ? "RMSE" : "MultiClass");
            sample.biases = biases(sample);
            assertSameRawValues(sample, "nodes " + seed);
        }
    }

    @Test
    void severalRawValuesAreThoseOfCatBoost() throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 1 + seed % 9, 12, 2 + seed % 4);
            sample.symmetric(1 + seed % 20, 6).loss(seed % 2 == 0 ? "MultiClassOneVsAll" : "MultiLogloss");
            sample.biases = biases(sample);
            assertSameRawValues(sample, "dimensions " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void statisticsOfCategoriesGiveTheRawValuesOfCatBoost(int kind) throws Exception {
        for (int seed = 0; seed < MODELS / 3; seed++) {
            CatBoostSample sample =
                    new CatBoostSample(seed, 1 + seed % 5, seed % 10 == 0 ? 300 : 12, 1 + seed % 3, 1 + seed % 4);
            sample.categories.mixed().withValues(3).withStatistics(1 + seed % 6, kind);
            trees(sample, seed).loss(sample.dimensions == 1 ? "RMSE" : "MultiClass");
            sample.biases = biases(sample);
            assertSameRawValues(sample, "statistics " + kind + ", " + seed);
        }
    }

    @Test
    void allKindsOfStatisticsInOneModelGiveTheRawValuesOfCatBoost() throws Exception {
        for (int seed = 0; seed < MODELS / 3; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 4, 12, 1, 6);
            sample.categories.withValues(4);
            for (int kind = 0; kind < 6; kind++) {
                sample.categories.withStatistics(3, kind);
            }
            trees(sample, seed).loss("RMSE");
            assertSameRawValues(sample, "all " + seed);
        }
    }

    @Test
    void valuesOfCategoriesGiveTheRawValuesOfCatBoost() throws Exception {
        for (int seed = 0; seed < MODELS; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 1 + seed % 3, 4, 1, 1 + seed % 5);
            sample.categories.mixed().withValues(12);
            trees(sample, seed).loss("Logloss");
            assertSameRawValues(sample, "values " + seed);
        }
    }

    private static CatBoostSample trees(CatBoostSample sample, int seed) {
        return seed % 2 == 0 ? sample.symmetric(1 + seed % 20, 6) : sample.nodes(1 + seed % 20, 1 + seed % 7);
    }

    /// Each split asks for one text. So a raw value shows whether CatBoost has the same hash of it.
    @Test
    void theHashOfATextIsCatBoosts() throws Exception {
        String[] texts = new String[250];
        CatBoostSample sample = new CatBoostSample(1, 1, 0, 1, 1);
        sample.borders[0] = new float[0];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = sample.random
                    .ints(i, 32, i % 3 == 0 ? 0xd7ff : 127)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
        }
        sample.categories.withValues(texts);
        for (int i = 0; i < texts.length; i++) {
            sample.symmetricTree(1);
            sample.splits.set(i, i);
        }

        assertSameRawValues(sample, sample.columns(texts.length), new String[][] {texts}, "hashes");
        assertThat(TextHash.CITY.of("foo")).isEqualTo(-553946371);
        assertThat(TextHash.CITY.of("😡")).isEqualTo(11426516);
    }

    private static double[] biases(CatBoostSample sample) {
        double[] biases = new double[sample.dimensions];
        Arrays.setAll(biases, i -> sample.random.nextGaussian());
        return biases;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.3, -1.7, 4, 0})
    void aScaleGivesTheRawValuesOfCatBoost(double scale) throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 5, 12, 1).symmetric(1 + seed, 6);
            sample.scale = scale;
            sample.bias = sample.random.nextGaussian();
            assertSameRawValues(sample, "scale " + scale + ", " + seed);
        }
    }

    @Test
    void aScaleOfSeveralRawValuesAndOfCategoriesGivesTheRawValuesOfCatBoost() throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            CatBoostSample sample = new CatBoostSample(seed, 4, 12, 1 + seed % 4, 2);
            sample.categories.withValues(3).withStatistics(2, seed % 6);
            trees(sample, seed).loss(sample.dimensions == 1 ? "Logloss" : "MultiClass");
            sample.scale = sample.random.nextGaussian();
            sample.biases = biases(sample);
            assertSameRawValues(sample, "scale " + seed);
        }
    }

    /// The links of a model with a scale are steps of a pipeline, and not those of a forest.
    @ParameterizedTest
    @CsvSource({
        "RMSE, 1",
        "Poisson, 1",
        "CrossEntropy, 1",
        "Logloss, 1",
        "RMSEWithUncertainty, 2",
        "MultiClass, 2",
        "MultiClass, 3",
        "MultiLogloss, 2",
        "MultiLogloss, 4"
    })
    void aScaleChangesTheOutputsAsItChangesTheLeaves(String loss, int dimensions) throws Exception {
        CatBoostSample sample =
                new CatBoostSample(2, 4, 12, dimensions).symmetric(12, 6).loss(loss);
        sample.biases = biases(sample);
        double[][] columns = sample.columns(ROWS);
        sample.scale = 0.25;
        double[][] scaled = outputs(Model.load(loss, sample.file()), columns);
        sample.scale = 1;
        sample.leaves.replaceAll(leaf -> leaf / 4);

        double[][] outputs = outputs(Model.load(loss, sample.file()), columns);

        assertThat(scaled).isDeepEqualTo(outputs);
    }

    @Test
    void theUncertaintyIsTheSecondRawValue() throws Exception {
        CatBoostSample sample = new CatBoostSample(2, 4, 12, 2).symmetric(12, 6).loss("RMSEWithUncertainty");
        double[][] columns = sample.columns(ROWS);
        Model model = Model.load("uncertainty", sample.file());
        double[][] raw = libraryScores(sample.file(), columns, 2);

        double[][] outputs = outputs(model, columns);

        assertThat(model.description().task()).isEqualTo(Task.REGRESSION);
        assertThat(outputs).isDeepEqualTo(new double[][] {raw[0], raw[0], raw[1]});
    }

    @Test
    void aModelOfABiasAloneGivesTheBias() throws Exception {
        CatBoostSample sample = new CatBoostSample(1, 3, 12, 1);
        sample.symmetric(1, 0);
        sample.bias = 0.75;

        assertSameRawValues(sample, "bias");
    }

    private static void assertSameRawValues(CatBoostSample sample, String name) throws Exception {
        assertSameRawValues(sample, sample.columns(ROWS), sample.categories.texts(ROWS), name);
    }

    private static void assertSameRawValues(CatBoostSample sample, double[][] columns, String[][] texts, String name)
            throws Exception {
        byte[] file = sample.file();

        double[][] expected = libraryScores(file, columns, texts, sample.dimensions);
        double[][] margins = margins(Model.load(name, file), inOrder(sample, columns, texts));

        for (int i = 0; i < sample.dimensions; i++) {
            assertThat(margins[i]).as(name).containsExactly(expected[i]);
        }
    }

    /// The columns in the order of the model's features, with the hashes of texts.
    private static double[][] inOrder(CatBoostSample sample, double[][] numbers, String[][] texts) {
        int count = 1
                + Stream.of(sample.flat, sample.categories.flat)
                        .flatMapToInt(Arrays::stream)
                        .max()
                        .orElseThrow();
        double[][] columns = new double[count][numbers[0].length];
        for (int i = 0; i < numbers.length; i++) {
            columns[sample.flat[i]] = numbers[i];
        }
        for (int i = 0; i < texts.length; i++) {
            String[] column = texts[i];
            Arrays.setAll(columns[sample.categories.flat[i]], row -> TextHash.CITY.of(column[row]));
        }
        return columns;
    }

    private static double[][] libraryScores(byte[] file, double[][] columns, int dimensions) throws Exception {
        return libraryScores(file, columns, new String[0][], dimensions);
    }

    /// The raw values of CatBoost's own library, one array for each dimension.
    private static double[][] libraryScores(byte[] file, double[][] columns, String[][] texts, int dimensions)
            throws Exception {
        int rows = columns[0].length;
        float[][] numbers = new float[rows][columns.length];
        for (int row = 0; row < rows; row++) {
            for (int feature = 0; feature < columns.length; feature++) {
                numbers[row][feature] = (float) columns[feature][row];
            }
        }
        String[][] categories = new String[rows][texts.length];
        for (int row = 0; row < rows; row++) {
            for (int feature = 0; feature < texts.length; feature++) {
                categories[row][feature] = texts[feature][row];
            }
        }
        try (CatBoostModel library = CatBoostModel.loadModel(file)) {
            CatBoostPredictions predictions = library.predict(numbers, texts.length == 0 ? null : categories);
            double[][] scores = new double[dimensions][rows];
            for (int i = 0; i < dimensions; i++) {
                for (int row = 0; row < rows; row++) {
                    scores[i][row] = predictions.get(row, i);
                }
            }
            return scores;
        }
    }

    private static double[][] margins(Model model, double[][] columns) {
        double[][] outputs = outputs(model, columns);
        return Arrays.copyOfRange(outputs, model.description().outputs(), outputs.length);
    }

    private static double[][] outputs(Model model, double[][] columns) {
        int rows = columns[0].length;
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][rows];
        model.scorer().score(columns, rows, outputs);
        return outputs;
    }

    @ParameterizedTest
    @CsvSource({
        "RMSE, identity",
        "MAE, identity",
        "Quantile, identity",
        "Poisson, exp",
        "Tweedie, exp",
        "CrossEntropy, sigmoid"
    })
    void aRegressionIsTheLinkOfTheRawValue(String loss, String link) throws Exception {
        CatBoostSample sample = new CatBoostSample(2, 4, 12, 1).symmetric(12, 6).loss(loss);
        double[][] columns = sample.columns(ROWS);
        Model model = Model.load(loss, sample.file());
        double[] raw = libraryScores(sample.file(), columns, 1)[0];

        double[] predictions = outputs(model, columns)[0];

        assertThat(model.description().task()).isEqualTo(Task.REGRESSION);
        for (int row = 0; row < ROWS; row++) {
            double expected = switch (link) {
                case "exp" -> Math.exp(raw[row]);
                case "sigmoid" -> 1 / (1 + Math.exp(-raw[row]));
                default -> raw[row];
            };
            assertThat(predictions[row]).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Logloss", "MultiLogloss"})
    void thePositiveClassIsPredictedAboveARawValueOfZero(String loss) throws Exception {
        CatBoostSample sample = new CatBoostSample(2, 4, 12, 1).symmetric(12, 6).loss(loss);
        sample.info.put("class_params", "{\"class_names\":[\"no\",\"yes\"],\"class_to_label\":[0,1]}");
        double[][] columns = sample.columns(ROWS);
        Model model = Model.load(loss, sample.file());
        double[] raw = libraryScores(sample.file(), columns, 1)[0];

        double[][] outputs = outputs(model, columns);

        assertThat(model.description().task()).isEqualTo(Task.BINARY);
        assertThat(model.description().classes()).containsExactly("no", "yes");
        for (int row = 0; row < ROWS; row++) {
            assertThat(outputs[0][row]).isEqualTo(raw[row] > 0 ? 1 : 0);
            assertThat(outputs[1][row]).isEqualTo(1 / (1 + Math.exp(-raw[row])));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy"})
    void theClassWithTheHighestRawValueIsPredicted(String loss) throws Exception {
        CatBoostSample sample = new CatBoostSample(2, 4, 12, 3).symmetric(12, 6).loss(loss);
        double[][] columns = sample.columns(ROWS);
        Model model = Model.load(loss, sample.file());
        double[][] raw = libraryScores(sample.file(), columns, 3);

        double[][] outputs = outputs(model, columns);

        assertThat(model.description().classes()).containsExactly("0", "1", "2");
        for (int row = 0; row < ROWS; row++) {
            int at = row;
            double[] exps =
                    Arrays.stream(raw).mapToDouble(sum -> Math.exp(sum[at])).toArray();
            double total = Arrays.stream(exps).sum();
            for (int i = 0; i < 3; i++) {
                double expected = loss.equals("MultiClass") ? exps[i] / total : 1 / (1 + Math.exp(-raw[i][row]));
                assertThat(outputs[1 + i][row]).isCloseTo(expected, Offset.offset(1e-12));
                assertThat(raw[(int) outputs[0][row]][row]).isGreaterThanOrEqualTo(raw[i][row]);
            }
        }
    }

    /// `drop_unused_features` removes features from the file, but the others keep their positions.
    @Test
    void aFeatureKeepsItsPositionInTheRow() throws Exception {
        CatBoostSample sample = new CatBoostSample(3, 3, 12, 1).symmetric(10, 5);
        double[][] columns = sample.columns(ROWS);
        double[] expected = libraryScores(sample.file(), columns, 1)[0];
        sample.flat[1] = 4;
        sample.flat[2] = 2;
        Model model = Model.load("gaps", sample.file());

        double[][] margins =
                margins(model, new double[][] {columns[0], new double[ROWS], columns[2], new double[ROWS], columns[1]});

        assertThat(margins[0]).containsExactly(expected);
        assertThat(model.description().features())
                .extracting(ModelFeature::name)
                .isEqualTo(List.of("x0", "1", "x2", "3", "x1"));
    }

    @Test
    void featuresThatCatBoostNumberedItselfHaveNoNames() {
        CatBoostSample sample = new CatBoostSample(3, 3, 12, 1).symmetric(10, 5);
        sample.names[0] = "0";
        sample.names[1] = "";
        sample.names[2] = "2";

        assertThat(Model.load("numbered", sample.file()).description().namesFeatures())
                .isFalse();
    }
}
