package io.nightshift.scoring.format.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Graphs that ONNX Runtime computes, against ONNX Runtime asked for all rows at once.
class OnnxRuntimeTest {

    private static final int ROWS = 100_000;
    private static final int FEATURES = FlightsTable.Features.EXAMPLE.count();

    private static FlightsTable flights;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws SQLException {
        flights = FlightsTable.of(ROWS);
    }

    @ParameterizedTest
    @CsvSource({"2, false", "3, false", "2, true", "3, true"})
    void aScaledRegressionGivesTheRuntimesProbabilities(int classes, boolean maps) throws Exception {
        Model model = read(OnnxGraphs.pipeline(FEATURES, classes, maps).content());
        byte[] plain = OnnxGraphs.pipeline(FEATURES, classes, false).content();
        long[] labels = (long[]) run(plain, 0);
        float[][] probabilities = (float[][]) run(plain, 1);

        double[][] outputs = score(model, flights.columns(), ROWS);

        assertThat(model.description().task()).isEqualTo(classes == 2 ? Task.BINARY : Task.MULTICLASS);
        assertThat(model.description().classes()).startsWith("10", "20").hasSize(classes);
        assertThat(model.kernel()).contains("ONNX Runtime 1.", "256 rows");
        for (int row = 0; row < ROWS; row++) {
            assertThat(Math.round(10 * outputs[0][row] + 10)).isEqualTo(labels[row]);
            for (int k = classes == 2 ? 1 : 0; k < classes; k++) {
                assertThat(Math.abs(outputs[classes == 2 ? 1 : 1 + k][row] - probabilities[row][k]))
                        .isLessThanOrEqualTo(1e-6);
            }
        }
        assertThat(Arrays.stream(outputs[0]).distinct().count()).isGreaterThan(1);
    }

    @ParameterizedTest
    @CsvSource({"1, '', REGRESSION, 0", "1, Sigmoid, BINARY, 0", "2, Softmax, BINARY, 0", "4, '', MULTICLASS, 4"})
    void aPerceptronGivesTheRuntimesNumbers(int outputs, String last, Task task, int margins) throws Exception {
        byte[] content = OnnxGraphs.perceptron(FEATURES, 32, outputs, last).content();
        float[][] expected = (float[][]) run(content, 0);
        Model model = read(content);

        double[][] found = score(model, flights.columns(), ROWS);

        assertThat(model.description().task()).isEqualTo(task);
        assertThat(model.description().margins()).isEqualTo(margins);
        for (int row = 0; row < ROWS; row++) {
            switch (task) {
                case REGRESSION -> assertClose(found[0][row], expected[row][0]);
                case BINARY -> {
                    assertClose(found[1][row], expected[row][outputs - 1]);
                    assertThat(found[0][row]).isEqualTo(found[1][row] > 0.5 ? 1 : 0);
                }
                case MULTICLASS -> {
                    for (int k = 0; k < outputs; k++) {
                        assertClose(found[1 + outputs + k][row], expected[row][k]);
                    }
                    assertSoftmax(found, row, outputs);
                }
            }
        }
    }

    private static void assertClose(double found, float expected) {
        assertThat(Math.abs(found - expected)).isLessThanOrEqualTo(1e-5 * Math.max(1, Math.abs(expected)));
    }

    private static void assertSoftmax(double[][] found, int row, int classes) {
        double total = 0;
        int best = 0;
        for (int k = 0; k < classes; k++) {
            total += Math.exp(found[1 + classes + k][row] - found[1 + classes][row]);
            best = found[1 + k][row] > found[1 + best][row] ? k : best;
        }
        assertThat(Math.abs(found[1][row] - 1 / total)).isLessThanOrEqualTo(1e-12);
        assertThat(found[0][row]).isEqualTo(best);
    }

    @Test
    void scoresAreTheSameBitsHoweverRowsAreCutAndOnWhicheverThread() throws Exception {
        int rows = 5000;
        Model model = read(OnnxGraphs.perceptron(FEATURES, 61, 4, "").content());
        double[][] whole = score(model, flights.columns(), rows);

        Random random = new Random(1);
        double[][] again = new double[whole.length][rows];
        List<Thread> threads = new ArrayList<>();
        for (int from = 0; from < rows; ) {
            int first = from;
            int count = Math.min(rows - from, 1 + random.nextInt(random.nextBoolean() ? 3 : 900));
            threads.add(Thread.ofPlatform().start(() -> {
                double[][] part = score(model, slice(flights.columns(), first, count), count);
                for (int k = 0; k < part.length; k++) {
                    System.arraycopy(part[k], 0, again[k], first, count);
                }
            }));
            from += count;
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(again).isDeepEqualTo(whole);
    }

    @Test
    void severalInputsAreFeaturesByName() throws Exception {
        OnnxGraphs graph = new OnnxGraphs()
                .input("hour", OnnxGraphs.LONG, 1)
                .input("distance", OnnxGraphs.FLOAT, 1)
                .operator("Cast", "", List.of("hour"), List.of("h"), OnnxGraphs.number("to", 1))
                .operator("Concat", "", List.of("h", "distance"), List.of("x"), OnnxGraphs.number("axis", 1))
                .operator(
                        "LinearRegressor",
                        "ai.onnx.ml",
                        List.of("x"),
                        List.of("y"),
                        OnnxGraphs.floats("coefficients", 2, 0.5f),
                        OnnxGraphs.floats("intercepts", 1))
                .output("y", OnnxGraphs.FLOAT);
        Model model = read(graph.content());

        double[][] outputs = score(model, new double[][] {{7.9, 3}, {100, 0.25}}, 2);

        assertThat(model.description().features())
                .extracting(ModelFeature::name)
                .containsExactly("hour", "distance");
        assertThat(outputs[0]).containsExactly(65, 7.125);
        assertThat(model.description().features()).noneMatch(ModelFeature::missing);
    }

    @Test
    void aMissingValueIsTakenWhereTheGraphDoes() throws Exception {
        OnnxGraphs graph = new OnnxGraphs()
                .input("x", OnnxGraphs.FLOAT, 2)
                .operator(
                        "Imputer",
                        "ai.onnx.ml",
                        List.of("x"),
                        List.of("full"),
                        OnnxGraphs.floats("imputed_value_floats", 3, 4),
                        node -> OnnxSample.attribute(
                                node, "replaced_value_float", 1, out -> OnnxGraphs.single(out, Float.NaN)))
                .operator(
                        "LinearRegressor",
                        "ai.onnx.ml",
                        List.of("full"),
                        List.of("y"),
                        OnnxGraphs.floats("coefficients", 1, 1),
                        OnnxGraphs.floats("intercepts", 0))
                .output("y", OnnxGraphs.FLOAT);
        Model model = read(graph.content());

        assertThat(model.description().features()).allMatch(ModelFeature::missing);
        assertThat(score(model, new double[][] {{Double.NaN}, {Double.NaN}}, 1)[0])
                .containsExactly(7);
    }

    /// `FailingModelIT` uses the file of this graph.
    @Test
    void aGraphThatFailsForARowSaysWhy() throws Exception {
        float[] delays = new float[24];
        for (int hour = 0; hour < delays.length; hour++) {
            delays[hour] = hour / 4f;
        }
        byte[] content = new OnnxGraphs()
                .input("hour", OnnxGraphs.LONG, 1)
                .constant("delays", delays, delays.length)
                .operator("Gather", "", List.of("delays", "hour"), List.of("delay"))
                .output("delay", OnnxGraphs.FLOAT)
                .content();
        Model model = read(content);

        assertThat(score(model, new double[][] {{1, 23}}, 2)[0]).containsExactly(0.25, 5.75);
        assertThatThrownBy(() -> score(model, new double[][] {{1, 24}}, 2))
                .hasMessageStartingWith(
                        "ONNX Runtime failed in Gather: indices element out of data bounds, idx=24 must");
        assertThat(content)
                .isEqualTo(Files.readAllBytes(
                        FlightsTable.example("../../system-tests/src/test/resources/models/delay-by-hour.onnx")));
    }

    @ParameterizedTest
    @CsvSource({"Classifier, 2, NONE", "Classifier, 1, SOFTMAX", "Classifier, 3, PROBIT", "Regressor, 1, LOGISTIC"})
    void aForestThatIsNoneOfOursIsComputedByTheRuntime(String operator, int sums, String transform) throws Exception {
        byte[] content = OnnxSample.random(new Random(3), operator, sums, transform, true, "BRANCH_LEQ", "BRANCH_LEQ");
        double[][] features = OnnxSample.rows(new Random(5), ROWS / 100);
        Object expected = OnnxLibraryTest.run(content, features, 0);

        Model model = read(content);
        double[][] outputs = score(model, features, ROWS / 100);

        assertThat(model.kernel()).contains("ONNX Runtime");
        for (int row = 0; row < ROWS / 100; row++) {
            if (expected instanceof long[] labels) {
                assertThat(Math.round(outputs[0][row])).isEqualTo(labels[row]);
            } else {
                assertThat(outputs[0][row]).isEqualTo(((float[][]) expected)[row][0]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "domain   | the operator com.example.Secret; supported are the operators of ONNX itself",
                "external | numbers in another file",
                "branch   | operator If with graphs inside",
                "chance   | operator RandomNormalLike, whose results are left to chance",
                "unknown  | ONNX Runtime refuses it",
                "text     | input x is of the type STRING",
                "width    | input x has the shape",
                "batch    | depends on other rows",
                "labels   | no output of numbers",
                "classes  | LinearClassifier with 9 coefficients, 3 intercepts and 2 labels, which don't go together"
            })
    void graphsThatCannotRunAreRefusedByName(String what, String found) throws Exception {
        OnnxGraphs graph = new OnnxGraphs();
        switch (what) {
            case "domain" -> graph.operator("Secret", "com.example", List.of("x"), List.of("y"));
            case "external" ->
                graph.external("w", "/etc/passwd", 3, 3).operator("MatMul", "", List.of("x", "w"), List.of("y"));
            case "branch" -> graph.operator("If", "", List.of("x"), List.of("y"), OnnxGraphs.graph("then_branch"));
            case "chance" -> graph.operator("RandomNormalLike", "", List.of("x"), List.of("y"));
            case "unknown" -> graph.operator("Sequoia", "", List.of("x"), List.of("y"));
            case "batch" -> graph.operator("Softmax", "", List.of("x"), List.of("y"), OnnxGraphs.number("axis", 0));
            case "classes" ->
                graph.operator(
                        "LinearClassifier",
                        "ai.onnx.ml",
                        List.of("x"),
                        List.of("label", "y"),
                        OnnxGraphs.floats("coefficients", new float[9]),
                        OnnxGraphs.floats("intercepts", new float[3]),
                        OnnxGraphs.longs("classlabels_ints", 10, 20));
            case "labels" ->
                graph.operator("Cast", "", List.of("x"), List.of("y"), OnnxGraphs.number("to", OnnxGraphs.LONG));
            default -> graph.operator("Neg", "", List.of("x"), List.of("y"));
        }
        if (what.equals("text")) {
            graph = new OnnxGraphs()
                    .operator("Identity", "", List.of("x"), List.of("t"))
                    .constant("y", new float[] {1}, 1);
        }
        graph.input("x", what.equals("text") ? OnnxGraphs.TEXT : OnnxGraphs.FLOAT, what.equals("width") ? -1 : 3);
        graph.output("y", what.equals("labels") ? OnnxGraphs.LONG : OnnxGraphs.FLOAT);
        byte[] content = what.equals("domain") ? graph.content("com.example") : graph.content();

        assertThatThrownBy(() -> read(content))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(found);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAlteredOrTruncatedGraphIsReadOrRefused(boolean truncated) throws Exception {
        byte[] whole = OnnxGraphs.perceptron(4, 5, 2, "Softmax").content();
        Random random = new Random(1);
        for (int i = 0; i < 400; i++) {
            byte[] altered = truncated ? Arrays.copyOf(whole, 3 + random.nextInt(whole.length - 60)) : whole.clone();
            if (!truncated) {
                altered[2 + random.nextInt(whole.length - 2)] = (byte) random.nextInt(256);
            }
            try {
                Model model = read(altered);
                score(model, new double[model.description().features().size()][20], 20);
                assertThat(truncated).isFalse();
            } catch (ModelException refused) {
                assertThat(refused).hasMessageContaining("model.onnx");
            }
        }
    }

    @Test
    void theScriptInstallsTheVersionThatIsTested() throws IOException {
        Path script = FlightsTable.example("../../tools/get-onnxruntime.sh");

        assertThat(Files.readString(script))
                .contains("version=" + OrtEnvironment.getEnvironment().getVersion() + "\n");
    }

    /// Through our own file.
    private Model read(byte[] content) throws IOException {
        Path flat = folder.resolve("model.bin");
        ModelFile.write(Model.load(Files.write(folder.resolve("model.onnx"), content)), flat);
        return Model.load(flat);
    }

    private static double[][] score(Model model, double[][] features, int rows) {
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][rows];
        model.scorer().score(features, rows, outputs);
        return outputs;
    }

    private static double[][] slice(double[][] columns, int from, int count) {
        double[][] part = new double[columns.length][];
        for (int column = 0; column < columns.length; column++) {
            part[column] = Arrays.copyOfRange(columns[column], from, from + count);
        }
        return part;
    }

    private static Object run(byte[] content, int output) throws OrtException {
        float[] values = new float[ROWS * FEATURES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) flights.rows()[i];
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(content);
                OnnxTensor input =
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), new long[] {ROWS, FEATURES});
                OrtSession.Result result =
                        session.run(Map.of(session.getInputNames().iterator().next(), input))) {
            return result.get(output).getValue();
        }
    }
}
