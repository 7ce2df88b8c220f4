package io.nightshift.smile;

import io.nightshift.scoring.FlightsTable;
import java.io.IOException;
import java.io.Serializable;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import smile.classification.Classifier;
import smile.classification.FLD;
import smile.classification.LDA;
import smile.classification.MLP;
import smile.classification.QDA;
import smile.classification.RBFNetwork;
import smile.classification.RDA;
import smile.io.Write;
import smile.math.MathEx;
import smile.math.Scaler;
import smile.model.mlp.Layer;
import smile.model.mlp.OutputFunction;
import smile.model.rbf.RBF;
import smile.regression.Regression;
import smile.util.function.TimeFunction;

/// Smile's models whose prediction needs a native BLAS, trained once and kept as test resources together with
/// Smile's predictions of [#kept]: a line a row, the predicted label or value and then the probabilities.
public final class SmileBlasFixtures {

    public static final List<String> NAMES = List.of(
            "lda",
            "qda",
            "rda",
            "fld",
            "fld-wide",
            "rbf-network",
            "rbf-network-normalized",
            "mlp-two",
            "mlp-three",
            "mlp-value",
            "mlp-scaled");

    public static final int FEATURES = 4;

    /// The first rows of the flights, of which predictions are kept.
    public static final int ROWS = 6_000;

    private static final int KEPT = 120;
    private static final int FITTED = 400;

    private SmileBlasFixtures() {}

    /// Makes them again: `SmileBlasFixtures FOLDER`, with `libopenblas.so` and `liblapacke.so` on the library
    /// path.
    public static void main(String[] arguments) throws Exception {
        MathEx.setSeed(1);
        FlightsTable flights = FlightsTable.of(FlightsTable.BLOCK);
        double[][] all = rows(flights);
        double[][] x = new double[FITTED][];
        int[] y = new int[FITTED];
        double[] late = new double[FITTED];
        for (int i = 0; i < FITTED; i++) {
            int row = 1 + i * (FlightsTable.BLOCK / FITTED);
            x[i] = all[row];
            late[i] = 3 * all[row][1] + all[row][3] + 0.4 * flights.delayed()[row];
            y[i] = late[i] < 1.6 ? 0 : late[i] < 2.4 ? 1 : 2;
        }
        for (Map.Entry<String, Serializable> model : models(x, y, late).entrySet()) {
            Path folder = Path.of(arguments[0]);
            Write.object(model.getValue(), folder.resolve(model.getKey() + ".ser"));
            Files.write(folder.resolve(model.getKey() + ".txt"), predictions(model.getValue(), kept(all)));
        }
    }

    private static Map<String, Serializable> models(double[][] x, int[] y, double[] late) {
        int[] labels = Arrays.stream(y).map(k -> 3 * k - 2).toArray();
        int[] two = Arrays.stream(y).map(k -> k / 2).toArray();
        double[] hundreds = Arrays.stream(late).map(value -> 500 - 100 * value).toArray();
        Map<String, Serializable> models = new LinkedHashMap<>();
        models.put("lda", LDA.fit(x, labels));
        models.put("qda", QDA.fit(x, y));
        models.put("rda", RDA.fit(x, two, 0.7));
        models.put("fld", FLD.fit(x, two));
        models.put("fld-wide", FLD.fit(x, labels));
        models.put("rbf-network", RBFNetwork.fit(x, labels, RBF.fit(x, 12)));
        models.put("rbf-network-normalized", RBFNetwork.fit(x, two, RBF.fit(x, 9, 2), true));
        models.put(
                "mlp-two",
                trained(
                        new MLP(
                                Layer.input(FEATURES),
                                Layer.leaky(6, 0.0, 0.03),
                                Layer.tanh(5),
                                Layer.mle(1, OutputFunction.SIGMOID)),
                        x,
                        two));
        models.put(
                "mlp-three",
                trained(
                        new MLP(
                                Layer.input(FEATURES, 0.1),
                                Layer.rectifier(8, 0.2),
                                Layer.sigmoid(5),
                                Layer.mle(3, OutputFunction.SOFTMAX)),
                        x,
                        y));
        models.put(
                "mlp-value",
                trained(new smile.regression.MLP(Layer.input(FEATURES), Layer.linear(3), Layer.tanh(4)), x, late));
        models.put(
                "mlp-scaled",
                trained(
                        new smile.regression.MLP(
                                Scaler.standardizer(hundreds), Layer.input(FEATURES), Layer.sigmoid(7)),
                        x,
                        hundreds));
        return models;
    }

    private static MLP trained(MLP perceptron, double[][] x, int[] y) {
        perceptron.setLearningRate(TimeFunction.piecewise(new int[] {2000, 4000}, new double[] {0.1, 0.05, 0.02}));
        perceptron.setMomentum(TimeFunction.linear(0.1, 5000, 0.05));
        for (int epoch = 0; epoch < 20; epoch++) {
            for (int i = 0; i < x.length; i++) {
                perceptron.update(x[i], y[i]);
            }
        }
        return perceptron;
    }

    private static smile.regression.MLP trained(smile.regression.MLP perceptron, double[][] x, double[] y) {
        perceptron.setLearningRate(TimeFunction.exp(0.001, 3000, 0.5));
        for (int epoch = 0; epoch < 20; epoch++) {
            for (int i = 0; i < x.length; i++) {
                perceptron.update(x[i], y[i]);
            }
        }
        return perceptron;
    }

    private static List<String> predictions(Object model, double[][] rows) {
        List<String> lines = new ArrayList<>();
        for (double[] row : rows) {
            List<String> line = new ArrayList<>();
            for (double number : predicted(model, row)) {
                line.add(Double.toString(number));
            }
            lines.add(String.join(" ", line));
        }
        return lines;
    }

    /// The prediction of Smile, computed by the native BLAS: the label or value, and the probabilities if
    /// there are any.
    @SuppressWarnings("unchecked") // these take numbers
    public static double[] predicted(Object model, double[] row) {
        if (model instanceof Regression<?> regression) {
            return new double[] {((Regression<double[]>) regression).predict(row)};
        }
        Classifier<double[]> classifier = (Classifier<double[]>) model;
        double[] predicted = new double[1 + (classifier.isSoft() ? classifier.numClasses() : 0)];
        if (classifier.isSoft()) {
            double[] probabilities = new double[classifier.numClasses()];
            classifier.predict(row, probabilities);
            System.arraycopy(probabilities, 0, predicted, 1, probabilities.length);
        }
        predicted[0] = classifier.predict(row);
        return predicted;
    }

    /// Real flights: weekday, hour, minute and distance, each about 0 to 1.
    public static double[][] rows(FlightsTable flights) {
        return SmileModels.transposed(columns(flights));
    }

    public static double[][] columns(FlightsTable flights) {
        double[][] columns = new double[FEATURES][flights.count()];
        double[] scale = {7, 24, 60, 3000};
        for (int column = 0; column < FEATURES; column++) {
            for (int row = 0; row < flights.count(); row++) {
                columns[column][row] = flights.columns()[2 + column][row] / scale[column];
            }
        }
        return columns;
    }

    /// Those of the rows whose predictions are kept.
    public static <T> T[] kept(T[] rows) {
        T[] kept = Arrays.copyOf(rows, KEPT);
        for (int i = 0; i < KEPT; i++) {
            kept[i] = rows[i * (ROWS / KEPT)];
        }
        return kept;
    }

    public static double[][] kept(String name) throws IOException {
        return Files.readAllLines(file(name + ".txt")).stream()
                .map(line -> Arrays.stream(line.split(" "))
                        .mapToDouble(Double::parseDouble)
                        .toArray())
                .toArray(double[][]::new);
    }

    public static Path file(String name) {
        try {
            return Path.of(SmileBlasFixtures.class.getResource("/smile/" + name).toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
