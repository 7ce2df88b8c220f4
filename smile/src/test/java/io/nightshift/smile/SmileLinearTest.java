package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.smile.format.SmileObjectReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.Classifier;
import smile.classification.DataFrameClassifier;
import smile.classification.LinearSVM;
import smile.classification.LogisticRegression;
import smile.classification.SparseLogisticRegression;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.math.kernel.LinearKernel;
import smile.model.ClassificationModel;
import smile.model.svm.KernelMachine;
import smile.regression.DataFrameRegression;
import smile.util.IntSet;
import smile.util.SparseArray;

/// Smile's linear models, each value equal to Smile's own `predict` for the row to the bit.
class SmileLinearTest {

    private static final int ROWS = 100_000;
    private static final double[] HOSTILE = {
        0, -0.0, Double.MIN_VALUE, -1e-310, 1e308, -1e308, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Math.PI
    };

    private static FlightsTable flights;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws SQLException {
        flights = FlightsTable.of(ROWS);
    }

    @SuppressWarnings("UnusedMethod") // by its name
    private static Iterable<String> regressions() {
        return SmileLapackFixtures.REGRESSIONS;
    }

    @ParameterizedTest
    @MethodSource("regressions")
    void valuesOfARegressionAreSmilesOwn(String name) throws Exception {
        DataFrameRegression smile = (DataFrameRegression) SmileObjectReader.read(SmileLapackFixtures.content(name));
        Model model = throughOurFile(SmileModels.load(SmileLapackFixtures.file(name)));
        double[][] outputs = new double[2][ROWS];

        model.scorer().score(SmileLapackFixtures.features(flights), ROWS, outputs);

        DataFrame frame = SmileLapackFixtures.frame(flights, "late");
        int different = 0;
        for (int row = 0; row < ROWS; row++) {
            different += outputs[0][row] == smile.predict(frame.get(row)) ? 0 : 1;
        }
        assertThat(different).isZero();
        boolean isLinear = !name.startsWith("glm") || name.equals("glm-gaussian");
        assertThat(outputs[1]).satisfies(margins -> {
            if (isLinear) {
                assertThat(margins).isEqualTo(outputs[0]);
            }
        });
        assertThat(model.description().features())
                .containsExactly(
                        new ModelFeature("minute", new FeatureType.Numeric(Precision.FLOAT64), false),
                        new ModelFeature("hour", new FeatureType.Numeric(Precision.FLOAT64), false),
                        new ModelFeature(
                                "weekday",
                                new FeatureType.Nominal(List.of("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")),
                                false),
                        new ModelFeature("distance", new FeatureType.Numeric(Precision.FLOAT64), false));
    }

    @Test
    void decisionsOfALinearMachineAreSmilesOwn() {
        double[][] rows = rows(2000);
        double[] weights = new double[50];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.sin(i) / 100;
        }
        var kernel = new KernelMachine<>(new LinearKernel(), Arrays.copyOf(rows, weights.length), weights, 0.1);
        LinearSVM classifier = new LinearSVM(kernel);
        var regression = new smile.regression.LinearSVM(kernel);

        double[][] outputs = score(SmileModels.imported(classifier, folder), hostile(rows.length));
        double[][] estimates = score(SmileModels.imported(regression, folder), hostile(rows.length));

        double[][] real = score(SmileModels.imported(regression, folder), flights.columns());
        double[][] all = rows(ROWS);
        for (int row = 0; row < ROWS; row++) {
            assertThat(real[0][row]).isEqualTo(regression.predict(all[row]));
        }
        double[][] unseen = SmileModels.transposed(hostile(rows.length));
        for (int row = 0; row < rows.length; row++) {
            assertThat(outputs[2][row]).isEqualTo(Double.valueOf(classifier.score(unseen[row])));
            assertThat(outputs[0][row]).isEqualTo(classifier.predict(unseen[row]) > 0 ? 1 : 0);
            assertThat(outputs[1][row]).isEqualTo(outputs[0][row]);
            assertThat(estimates[0][row]).isEqualTo(Double.valueOf(regression.predict(unseen[row])));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void probabilitiesOfASparseLogisticRegressionAreSmilesOwn(int classes) {
        double[][] weights = new double[classes - 1][];
        for (int k = 0; k < weights.length; k++) {
            weights[k] = new double[] {0.3 - k, 0.01, -0.2, 0.04 * k, 0, 0.0003, 1e-5, -1e-5, 0.7};
        }
        SparseLogisticRegression smile = classes == 2
                ? new SparseLogisticRegression.Binomial(weights[0], 0, 0, IntSet.of(2))
                : new SparseLogisticRegression.Multinomial(weights, 0, 0, IntSet.of(classes));

        double[][] outputs = score(SmileModels.imported(smile, folder), flights.columns());

        double[][] rows = rows(ROWS);
        for (int row = 0; row < ROWS; row++) {
            SparseArray sparse = new SparseArray();
            for (int column = 0; column < rows[row].length; column++) {
                sparse.append(column, rows[row][column]);
            }
            double[] posteriori = new double[classes];
            assertThat(outputs[0][row]).isEqualTo(smile.predict(sparse, posteriori));
            for (int k = classes == 2 ? 1 : 0; k < classes; k++) {
                assertThat(outputs[classes == 2 ? 1 : 1 + k][row]).isEqualTo(posteriori[k]);
            }
        }
    }

    @Test
    void aModelOnADataFrameKeepsItsColumns() throws IOException {
        double[][] columns = flights.columns();
        int[] delayed = new int[ROWS];
        for (int row = 0; row < ROWS; row++) {
            delayed[row] = (int) flights.delayed()[row];
        }
        DataFrame frame = new DataFrame(
                new DoubleVector("hour", columns[3]),
                new DoubleVector("distance", columns[5]),
                new IntVector("delayed", delayed));
        Classifier.Trainer<double[], LogisticRegression> trainer = LogisticRegression::fit;
        DataFrameClassifier smile =
                DataFrameClassifier.of(Formula.lhs("delayed"), frame.slice(0, 1000), new Properties(), trainer);
        Properties tags = new Properties();
        tags.setProperty("author", "somebody");
        ClassificationModel record =
                new ClassificationModel("logit", smile.schema(), smile.formula(), smile, null, null, null, tags);

        Model model = SmileModels.imported(record, folder);
        double[][] outputs = score(model, new double[][] {columns[3], columns[5]});

        assertThat(model.description().features())
                .extracting(ModelFeature::name)
                .containsExactly("hour", "distance");
        for (int row = 0; row < 10_000; row++) {
            double[] posteriori = new double[2];
            assertThat(outputs[0][row]).isEqualTo(smile.predict(frame.get(row), posteriori));
            assertThat(outputs[1][row]).isEqualTo(posteriori[1]);
        }
    }

    private Model throughOurFile(Model model) {
        Path flat = folder.resolve("model.bin");
        ModelFile.write(model, flat);
        return SmileModels.load(flat);
    }

    private static double[][] score(Model model, double[][] features) {
        int rows = features[0].length;
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][rows];
        model.scorer().score(features, rows, outputs);
        return outputs;
    }

    private static double[][] rows(int count) {
        double[][] rows = new double[count][flights.columns().length];
        for (int row = 0; row < count; row++) {
            System.arraycopy(flights.rows(), row * rows[row].length, rows[row], 0, rows[row].length);
        }
        return rows;
    }

    private static double[][] hostile(int rows) {
        double[][] features = new double[flights.columns().length][rows];
        for (int column = 0; column < features.length; column++) {
            for (int row = 0; row < rows; row++) {
                int pick = (row * 31 + column * 7) % (2 * HOSTILE.length);
                features[column][row] = pick < HOSTILE.length ? HOSTILE[pick] : flights.columns()[column][row];
            }
        }
        return features;
    }

    @Test
    void aGeneralizedModelOfAnotherLinkIsRefusedByName() throws Exception {
        Object inverse = smile.regression.glm.Gaussian.inverse();
        assertThat(inverse).hasToString("Gaussian(inverse)");
        var bernoulli = (smile.regression.GLM) SmileObjectReader.read(SmileLapackFixtures.content("glm-bernoulli"));
        var other = new smile.regression.GLM(
                bernoulli.formula(),
                bernoulli.schema(),
                (smile.regression.glm.Model) inverse,
                bernoulli.coefficients(),
                0,
                0,
                0,
                bernoulli.fittedValues(),
                bernoulli.devianceResiduals(),
                new double[0][]);

        assertThatThrownBy(() -> SmileModels.imported(other, folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("Gaussian(inverse)")
                .hasMessageContaining("supported are Gaussian(identity)");
    }
}
