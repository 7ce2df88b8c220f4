package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.Task;
import io.nightshift.smile.format.SmileObjectReader;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import smile.classification.MLP;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;
import smile.util.IntSet;

/// Models that Smile computes with a native BLAS and Nightshift without: as near to Smile's as its library,
/// which adds in another order on each processor, is to itself.
class SmileBlasTest {

    /// Of double-precision probabilities, and relative to the magnitude of single-precision ones and values.
    private static final double NEAR = 1e-9;

    private static final double NEAR_SINGLE = 2e-5;

    private static double[][] columns;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws SQLException {
        columns = SmileBlasFixtures.columns(FlightsTable.of(SmileBlasFixtures.ROWS));
    }

    @SuppressWarnings("UnusedMethod") // by its name
    private static List<String> names() {
        return SmileBlasFixtures.NAMES;
    }

    @ParameterizedTest
    @MethodSource("names")
    void predictionsAreTheKeptOnesOfSmile(String name) throws IOException {
        double[][] rows = SmileBlasFixtures.kept(SmileModels.transposed(columns));
        assertNear(name, SmileModels.transposed(rows), SmileBlasFixtures.kept(name));
    }

    @ParameterizedTest
    @MethodSource("names")
    void predictionsAreThoseThatSmileComputesHere(String name) throws Exception {
        assumeTrue(hasNativeLibrary(), "needs libopenblas.so");
        Object smile = SmileObjectReader.read(Files.readAllBytes(SmileBlasFixtures.file(name + ".ser")));
        double[][] rows = SmileModels.transposed(columns);
        double[][] predicted = new double[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            predicted[row] = SmileBlasFixtures.predicted(smile, rows[row]);
        }
        assertNear(name, columns, predicted);
    }

    private void assertNear(String name, double[][] features, double[][] predicted) {
        Model model = throughOurFile(SmileModels.load(SmileBlasFixtures.file(name + ".ser")));
        double[][] scores = SmileModels.scores(model, features);
        List<String> labels = model.description().classes();
        double near = name.startsWith("mlp") ? NEAR_SINGLE : NEAR;
        int seen = 0;
        for (int row = 0; row < predicted.length; row++) {
            if (labels.isEmpty()) {
                double value = predicted[row][0];
                assertThat(scores[0][row]).isCloseTo(value, within(near * (1 + Math.abs(value))));
                assertThat(scores[1][row]).isEqualTo(scores[0][row]);
                continue;
            }
            int chosen = (int) scores[0][row];
            seen |= 1 << chosen;
            if (predicted[row].length == 1 || margin(predicted[row]) > near) {
                assertThat(Integer.parseInt(labels.get(chosen))).isEqualTo((int) predicted[row][0]);
            }
            for (int k = 0; k < labels.size(); k++) {
                double expected = predicted[row].length == 1 ? (k == chosen ? 1 : 0) : predicted[row][1 + k];
                assertThat(SmileModels.probability(scores, labels.size(), k, row))
                        .isCloseTo(expected, within(near));
            }
        }
        if (!labels.isEmpty()) {
            assertThat(seen).isEqualTo((1 << labels.size()) - 1);
        }
    }

    /// The difference between the best class and the second.
    private static double margin(double[] predicted) {
        double best = 0;
        double second = 0;
        for (int k = 1; k < predicted.length; k++) {
            second = Math.max(second, Math.min(best, predicted[k]));
            best = Math.max(best, predicted[k]);
        }
        return best - second;
    }

    @ParameterizedTest
    @CsvSource({
        "lda, LDA, MULTICLASS, discriminant functions",
        "qda, QDA, MULTICLASS, discriminant functions",
        "rda, RDA, BINARY, discriminant functions",
        "fld, FLD, BINARY, projection to the nearest mean",
        "rbf-network, RBFNetwork, MULTICLASS, basis functions",
        "mlp-two, MLP, BINARY, perceptron",
        "mlp-three, MLP, MULTICLASS, perceptron",
        "mlp-scaled, MLP, REGRESSION, perceptron"
    })
    void aModelDescribesItself(String name, String algorithm, Task task, String kernel) {
        Model model = throughOurFile(SmileModels.load(SmileBlasFixtures.file(name + ".ser")));

        assertThat(model.description().algorithm()).isEqualTo(algorithm);
        assertThat(model.description().task()).isEqualTo(task);
        assertThat(model.description().features())
                .hasSize(SmileBlasFixtures.FEATURES)
                .noneMatch(feature -> feature.missing());
        assertThat(model.kernel()).startsWith(kernel).endsWith("a row at a time");
    }

    @Test
    void classesOfAPerceptronHaveTheirLabels() throws Exception {
        MLP smile = (MLP) SmileObjectReader.read(Files.readAllBytes(SmileBlasFixtures.file("mlp-three.ser")));
        Field classes = MLP.class.getDeclaredField("classes");
        classes.setAccessible(true);
        classes.set(smile, new IntSet(new int[] {-2, 1, 4}));

        Model model = SmileModels.imported(smile, folder);
        Model before = SmileModels.load(SmileBlasFixtures.file("mlp-three.ser"));

        assertThat(before.description().classes()).containsExactly("0", "1", "2");
        assertThat(model.description().classes()).containsExactly("-2", "1", "4");
        assertThat(SmileModels.scores(model, columns)).isDeepEqualTo(SmileModels.scores(before, columns));
    }

    private Model throughOurFile(Model model) {
        Path flat = folder.resolve("model.bin");
        ModelFile.write(model, flat);
        Model read = SmileModels.load(flat);
        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(model));
        return read;
    }

    private static boolean hasNativeLibrary() {
        try {
            DenseMatrix one = DenseMatrix.eye(ScalarType.Float64, 1);
            return one.mv(new double[] {2}).get(0) == 2;
        } catch (LinkageError absent) {
            return false;
        }
    }
}
