package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.HostileFiles;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.Classifier;
import smile.classification.LogisticRegression;
import smile.classification.OneVersusOne;
import smile.classification.OneVersusRest;
import smile.classification.SVM;
import smile.math.distance.EuclideanDistance;
import smile.math.kernel.GaussianKernel;
import smile.math.kernel.HyperbolicTangentKernel;
import smile.math.kernel.LaplacianKernel;
import smile.math.kernel.LinearKernel;
import smile.math.kernel.MaternKernel;
import smile.math.kernel.MercerKernel;
import smile.math.kernel.PearsonKernel;
import smile.math.kernel.PolynomialKernel;
import smile.math.rbf.GaussianRadialBasis;
import smile.model.rbf.RBF;
import smile.regression.GaussianProcessRegression;
import smile.regression.KernelMachine;
import smile.regression.RBFNetwork;
import smile.regression.Regression;
import smile.tensor.Vector;

/// Models of Smile's that Smile computes, taken apart and put together again: the same bits as those of the
/// object before.
class SmileDelegateModelTest {

    private static final int ROWS = 100_000;
    private static final int VECTORS = 12;

    private static double[][] columns;
    private static double[][] rows;

    @TempDir
    Path folder;

    /// Real flights, the numbers standardised roughly, with a hostile row now and then.
    @BeforeAll
    static void load() throws SQLException {
        FlightsTable flights = FlightsTable.of(ROWS);
        columns =
                new double[][] {flights.columns()[2].clone(), flights.columns()[3].clone(), flights.columns()[5].clone()
                };
        double[] hostile = {0, -0.0, Double.MIN_VALUE, 1e300, -1e300, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
        };
        rows = new double[ROWS][columns.length];
        for (int row = 0; row < ROWS; row++) {
            columns[0][row] /= 7;
            columns[1][row] /= 24;
            columns[2][row] /= 3000;
            if (row % 1000 == 0) {
                columns[row / 1000 % 3][row] = hostile[row / 1000 % hostile.length];
            }
            for (int column = 0; column < columns.length; column++) {
                rows[row][column] = columns[column][row];
            }
        }
    }

    private static double[][] vectors() {
        double[][] vectors = new double[VECTORS][];
        for (int i = 0; i < VECTORS; i++) {
            vectors[i] = rows[1 + 7919 * i % ROWS].clone();
        }
        return vectors;
    }

    private static double[] weights(long seed) {
        return new Random(seed).doubles(VECTORS, -1, 1).toArray();
    }

    private static MercerKernel<double[]> kernel(String name) {
        return switch (name) {
            case "linear" -> new LinearKernel();
            case "gaussian" -> new GaussianKernel(0.3);
            case "laplacian" -> new LaplacianKernel(0.7);
            case "polynomial" -> new PolynomialKernel(3, 0.5, 1.5);
            case "tangent" -> new HyperbolicTangentKernel(0.4, 0.1);
            case "matern" -> new MaternKernel(0.6, 1.5);
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "gaussian", "laplacian", "polynomial", "tangent", "matern"})
    void scoresOfKernelMachinesAreSmilesOwn(String name) {
        SVM<double[]> classifier = new SVM<>(kernel(name), vectors(), weights(1), 0.05);
        KernelMachine<double[]> regression = new KernelMachine<>(kernel(name), vectors(), weights(2), -0.5);
        GaussianProcessRegression<double[]> process =
                new GaussianProcessRegression<>(kernel(name), vectors(), Vector.column(weights(3)), 0.1, 12.5, 3);

        double[][] outputs = score(SmileModels.imported(classifier, folder));

        double[] scores = Arrays.stream(rows).mapToDouble(classifier::score).toArray();
        double[] classes = Arrays.stream(scores).map(score -> score > 0 ? 1 : 0).toArray();
        assertThat(outputs[2]).isEqualTo(scores);
        assertThat(outputs[0]).isEqualTo(classes).contains(1);
        assertRegression(regression);
        assertRegression(process);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    void scoresOfABasisNetworkAreSmilesOwn(boolean normalised) {
        RBF<double[]>[] bases = Arrays.stream(vectors())
                .map(centre -> new RBF<>(centre, new GaussianRadialBasis(0.4 + centre[0]), new EuclideanDistance()))
                .toArray(RBF[]::new);

        assertRegression(new RBFNetwork<>(bases, weights(4), normalised));
    }

    /// Its distance is a function in the stream.
    @Test
    void scoresOfABasisNetworkAsSmileFitsItAreSmilesOwn() {
        double[][] x = Arrays.copyOfRange(rows, 1, 400);

        assertRegression(new RBFNetwork<>(RBF.fit(x, VECTORS), weights(4), true));
    }

    private void assertRegression(Regression<double[]> smile) {
        double[][] outputs = score(SmileModels.imported(smile, folder));
        assertThat(outputs[0])
                .isEqualTo(Arrays.stream(rows).mapToDouble(smile::predict).toArray());
        assertThat(outputs[1]).isEqualTo(outputs[0]);
    }

    @Test
    void classesOfOneVersusOneAndOneVersusRestAreSmilesOwn() {
        double[][] x = new double[300][];
        int[] y = new int[x.length];
        for (int i = 0; i < y.length; i++) {
            x[i] = rows[1 + 300 * i];
            y[i] = x[i][1] < 0.4 ? 3 : x[i][2] < 0.2 ? 5 : 8;
        }
        assertClasses(OneVersusOne.fit(x, y, (xi, yi) -> LogisticRegression.fit(xi, yi)));
        assertClasses(OneVersusOne.fit(
                x, y, (xi, yi) -> SVM.fit(xi, yi, new GaussianKernel(0.5), new SVM.Options(1.0, 0.1, 1))));
        assertClasses(OneVersusRest.fit(x, y, (xi, yi) -> LogisticRegression.fit(xi, yi)));
    }

    private void assertClasses(Classifier<double[]> smile) {
        Model model = SmileModels.imported(smile, folder);
        double[][] outputs = score(model);
        int[] classes = smile.classes();

        assertThat(model.description().classes())
                .containsExactlyElementsOf(
                        Arrays.stream(classes).mapToObj(Integer::toString).toList());
        assertThat(model.kernel()).isEqualTo("Smile 6's own prediction, a row at a time");
        int count = 20_000;
        int[] predicted = new int[count];
        int[] expected = new int[count];
        double[][] posteriori = new double[count][classes.length];
        double[][] probabilities = new double[count][classes.length];
        for (int row = 0; row < count; row++) {
            predicted[row] = classes[(int) outputs[0][row]];
            expected[row] = smile.predict(rows[row]);
            if (smile.isSoft()) {
                smile.predict(rows[row], posteriori[row]);
                for (int k = 0; k < classes.length; k++) {
                    probabilities[row][k] = outputs[1 + k][row];
                }
            }
        }
        assertThat(predicted).isEqualTo(expected);
        assertThat(probabilities).isDeepEqualTo(posteriori);
    }

    @Test
    void anotherKernelIsRefusedByName() {
        assertThatThrownBy(() ->
                        SmileModels.imported(new SVM<>(new PearsonKernel(1, 1), vectors(), weights(1), 0), folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("PearsonKernel");
    }

    /// An attacker can compute a checksum too.
    @Test
    void aForgedFileOfPartsIsReadOrRefused() throws IOException {
        byte[] whole = ModelFile.encode(
                SmileModels.imported(new SVM<>(kernel("polynomial"), vectors(), weights(1), 0.05), folder));
        Random random = new Random(2);
        for (int i = 0; i < 1000; i++) {
            byte[] body = Arrays.copyOf(whole, whole.length - 32);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                body[12 + random.nextInt(body.length - 12)] = (byte) random.nextInt(256);
            }
            Path file = Files.write(folder.resolve("forged"), HostileFiles.sealed(body));
            try {
                Model model = SmileModels.load(file);
                int features = model.description().features().size();
                int outputs =
                        model.description().outputs() + model.description().margins();
                model.scorer().score(new double[features][3], 3, new double[outputs][3]);
            } catch (ModelException refused) {
                assertThat(refused).hasMessageContaining(file.toString());
            }
        }
    }

    private static double[][] score(Model model) {
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][ROWS];
        model.scorer().score(columns, ROWS, outputs);
        return outputs;
    }
}
