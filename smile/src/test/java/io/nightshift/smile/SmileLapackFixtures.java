package io.nightshift.smile;

import io.nightshift.scoring.FlightsTable;
import java.io.IOException;
import java.io.Serializable;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.data.measure.NominalScale;
import smile.data.type.DataTypes;
import smile.data.type.StructField;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.data.vector.ValueVector;
import smile.io.Write;
import smile.math.MathEx;
import smile.regression.ElasticNet;
import smile.regression.GLM;
import smile.regression.LASSO;
import smile.regression.OLS;
import smile.regression.RidgeRegression;
import smile.regression.glm.Bernoulli;
import smile.regression.glm.Gaussian;
import smile.regression.glm.Poisson;

/// Smile's models whose training needs a native BLAS and LAPACK, trained once and kept as test resources.
/// Their `predict` for a row needs neither.
public final class SmileLapackFixtures {

    public static final List<String> REGRESSIONS =
            List.of("ols", "ridge", "lasso", "elastic-net", "glm-poisson", "glm-bernoulli", "glm-gaussian", "glm-log");

    private static final List<String> DAYS = List.of("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat");

    private SmileLapackFixtures() {}

    /// Makes them again: `SmileLapackFixtures FOLDER`, with OpenBLAS and LAPACKE on the library path.
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws Exception {
        MathEx.setSeed(1);
        FlightsTable flights = thinned(FlightsTable.of(100_000), 500);
        DataFrame numbers = frame(flights, "late");
        DataFrame yes = frame(flights, "delayed");
        Map<String, Serializable> models = new HashMap<>();
        models.put("ols", OLS.fit(Formula.lhs("late"), numbers));
        models.put("ridge", RidgeRegression.fit(Formula.lhs("late"), numbers, 0.5));
        models.put("lasso", LASSO.fit(Formula.lhs("late"), numbers, new LASSO.Options(2)));
        models.put("elastic-net", ElasticNet.fit(Formula.lhs("late"), numbers, 0.5, 0.5));
        models.put("glm-poisson", GLM.fit(Formula.lhs("late"), numbers, Poisson.log()));
        models.put("glm-gaussian", GLM.fit(Formula.lhs("late"), numbers, Gaussian.identity()));
        models.put("glm-log", GLM.fit(Formula.lhs("late"), numbers, Gaussian.log()));
        models.put("glm-bernoulli", GLM.fit(Formula.lhs("delayed"), yes, Bernoulli.logit()));
        for (Map.Entry<String, Serializable> model : models.entrySet()) {
            Write.object(model.getValue(), Path.of(arguments[0], model.getKey() + ".ser"));
        }
    }

    private static FlightsTable thinned(FlightsTable flights, int step) {
        int rows = flights.delayed().length / step;
        double[][] columns = new double[flights.columns().length][rows];
        float[] delayed = new float[rows];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns.length; column++) {
                columns[column][row] = flights.columns()[column][row * step];
            }
            delayed[row] = flights.delayed()[row * step];
        }
        return new FlightsTable(new double[0], columns, delayed);
    }

    public static byte[] content(String name) throws IOException {
        return Files.readAllBytes(file(name));
    }

    public static Path file(String name) {
        try {
            return Path.of(SmileLapackFixtures.class
                    .getResource("/smile/" + name + ".ser")
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Numbers of each kind and a nominal column, the weekday, and `late` or `delayed` to predict.
    public static DataFrame frame(FlightsTable flights, String target) {
        int rows = flights.delayed().length;
        int[] weekday = integers(flights.columns()[2]);
        double[] late = new double[rows];
        for (int row = 0; row < rows; row++) {
            late[row] = 1 + flights.delayed()[row] * flights.columns()[3][row];
        }
        ValueVector answer =
                target.equals("late") ? new DoubleVector("late", late) : new DoubleVector("delayed", delayed(flights));
        return new DataFrame(
                new IntVector("minute", integers(flights.columns()[4])),
                new DoubleVector("hour", flights.columns()[3]),
                new IntVector(new StructField("weekday", DataTypes.IntType, new NominalScale(DAYS)), weekday),
                new DoubleVector("distance", flights.columns()[5]),
                answer);
    }

    /// The columns of [#frame] as a scorer takes them.
    public static double[][] features(FlightsTable flights) {
        double[][] columns = flights.columns();
        return new double[][] {columns[4], columns[3], columns[2], columns[5]};
    }

    private static double[] delayed(FlightsTable flights) {
        double[] delayed = new double[flights.delayed().length];
        for (int row = 0; row < delayed.length; row++) {
            delayed[row] = flights.delayed()[row];
        }
        return delayed;
    }

    private static int[] integers(double[] column) {
        int[] integers = new int[column.length];
        for (int row = 0; row < column.length; row++) {
            integers[row] = (int) column[row];
        }
        return integers;
    }
}
