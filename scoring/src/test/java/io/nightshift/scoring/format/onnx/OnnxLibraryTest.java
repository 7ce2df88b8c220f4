package io.nightshift.scoring.format.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.nightshift.scoring.Flights;
import io.nightshift.scoring.Model;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against ONNX Runtime, in the same process and on one thread: the sums equal to the bit, probabilities
/// behind an exponential within what its single precision leaves.
class OnnxLibraryTest {

    private static final int ROWS = 1000;

    @TempDir
    Path folder;

    @Test
    void probabilitiesOfRealFlightsAreTheRuntimesAndXgboostsOwn() throws Exception {
        Flights flights = Flights.load();
        byte[] content = Files.readAllBytes(Flights.resource("xgb100x6.onnx"));
        Model model = read(content);
        float[][] expected = (float[][]) run(content, flights.features(), 0);

        double[][] outputs = new double[3][ROWS];
        model.scorer().score(flights.features(), ROWS, outputs);

        for (int row = 0; row < ROWS; row++) {
            assertThat(Math.abs(outputs[1][row] - expected[row][0])).isLessThanOrEqualTo(1.2e-7);
            assertThat(Math.abs(outputs[1][row] - flights.probabilities()[row])).isLessThanOrEqualTo(1e-6);
        }
        assertThat(model.description().features()).hasSize(Flights.FEATURES);
    }

    @ParameterizedTest
    @CsvSource({
        "1, Regressor,  1, NONE,     BRANCH_LEQ, BRANCH_GT",
        "2, Regressor,  1, NONE,     BRANCH_LT,  BRANCH_GTE",
        "3, Classifier, 1, NONE,     BRANCH_LEQ, BRANCH_LEQ",
        "4, Classifier, 5, NONE,     BRANCH_LEQ, BRANCH_GT",
        "5, Classifier, 3, SOFTMAX,  BRANCH_LT,  BRANCH_LT",
        "6, Classifier, 3, LOGISTIC, BRANCH_LT,  BRANCH_GTE",
        "7, Classifier, 1, LOGISTIC, BRANCH_LEQ, BRANCH_GT"
    })
    void scoresOfRandomEnsemblesAreTheRuntimesOwn(
            int seed, String operator, int sums, String transform, String mode, String other) throws Exception {
        for (int i = 0; i < 20; i++) {
            Random random = new Random(seed * 100L + i);
            boolean base = random.nextBoolean();
            byte[] content = OnnxSample.random(random, operator, sums, transform, base, mode, other);
            double[][] features = OnnxSample.rows(random, ROWS);
            Model model = read(content);
            int outputs = model.description().outputs();
            double[][] found = new double[outputs + model.description().margins()][ROWS];
            model.scorer().score(features, ROWS, found);
            if (operator.equals("Regressor")) {
                float[][] expected = (float[][]) run(content, features, 0);
                for (int row = 0; row < ROWS; row++) {
                    assertThat(found[0][row]).isEqualTo(expected[row][0]);
                }
                continue;
            }
            long[] labels = (long[]) run(content, features, 0);
            float[][] scores = (float[][]) run(content, features, 1);
            for (int row = 0; row < ROWS; row++) {
                assertThat(Math.round(found[0][row])).isEqualTo(labels[row]);
                int classes = scores[row].length;
                for (int k = outputs == 2 ? 1 : 0; k < classes; k++) {
                    double own = found[outputs == 2 ? 1 : 1 + k][row];
                    double tolerance = transform.equals("NONE") ? 0 : 4e-7;
                    assertThat(Math.abs(own - scores[row][k]))
                            .as("ensemble %d, row %d, class %d: %s and %s", i, row, k, own, scores[row][k])
                            .isLessThanOrEqualTo(tolerance);
                }
            }
        }
    }

    private Model read(byte[] content) throws IOException {
        return Model.load(Files.write(folder.resolve("model.onnx"), content));
    }

    static Object run(byte[] content, double[][] features, int output) throws OrtException {
        int rows = features[0].length;
        float[] values = new float[rows * features.length];
        for (int row = 0; row < rows; row++) {
            for (int feature = 0; feature < features.length; feature++) {
                values[row * features.length + feature] = (float) features[feature][row];
            }
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            try (OrtSession session = environment.createSession(content, options);
                    OnnxTensor input = OnnxTensor.createTensor(
                            environment, FloatBuffer.wrap(values), new long[] {rows, features.length});
                    OrtSession.Result result = session.run(
                            Map.of(session.getInputNames().iterator().next(), input))) {
                return result.get(output).getValue();
            }
        }
    }
}
