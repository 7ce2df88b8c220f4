package io.nightshift.examples.flights;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/// Makes the example's two files from the full three million flights: `flights.parquet`, every tenth row, and
/// `flights.ubj`, a model trained on two other tenths. So the AUC on the example's rows, printed at the end,
/// is that of rows the model has never seen.
public final class FlightsExample {

    /// A flight is late when it is more than this many minutes behind.
    private static final int LATE_MINUTES = 15;

    private static final String AIRPORT = "(ascii(%1$s) - 65) * 676 + (ascii(%1$s[2]) - 65) * 26 + ascii(%1$s[3]) - 65";

    /// The model's features in its order; the same expressions stand in `job.yaml`.
    private static final Map<String, String> FEATURES = features();

    private FlightsExample() {}

    public static void main(String[] arguments) throws SQLException, XGBoostError {
        Path full = Path.of(arguments[0]);
        Path folder = Path.of(arguments[1]);
        Path sample = folder.resolve("flights.parquet");
        Path model = folder.resolve("flights.ubj");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("""
                    COPY (SELECT date, delay, distance, origin, destination
                          FROM read_parquet('%s', file_row_number = true)
                          WHERE file_row_number %% 10 = 0 ORDER BY file_row_number)
                    TO '%s' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 51200)
                    """.formatted(full, sample));
            DMatrix training = rows(statement, full, "file_row_number % 10 IN (3, 7)");
            DMatrix unseen = rows(statement, full, "file_row_number % 10 = 0");
            Booster booster = train(training, unseen);
            booster.saveModel(model.toString());
        }
    }

    private static Booster train(DMatrix training, DMatrix unseen) throws XGBoostError {
        Map<String, Object> parameters = Map.of(
                "objective",
                "binary:logistic",
                "tree_method",
                "hist",
                "max_bin",
                256,
                "max_depth",
                6,
                "eta",
                0.2,
                "min_child_weight",
                20,
                "eval_metric",
                "auc",
                "seed",
                2001);
        Map<String, DMatrix> watches = new LinkedHashMap<>();
        watches.put("training", training);
        watches.put("unseen", unseen);
        int trees = 100;
        float[][] metrics = new float[watches.size()][trees];
        Booster booster = XGBoost.train(training, parameters, trees, watches, metrics, null, null, 0);
        booster.setFeatureNames(FEATURES.keySet().toArray(String[]::new));
        System.out.printf(
                "%d trees; AUC %.4f on the %d training rows, %.4f on %d unseen rows%n",
                trees, metrics[0][trees - 1], training.rowNum(), metrics[1][trees - 1], unseen.rowNum());
        return booster;
    }

    private static DMatrix rows(Statement statement, Path full, String condition) throws SQLException, XGBoostError {
        StringBuilder columns = new StringBuilder();
        FEATURES.forEach((name, expression) ->
                columns.append(expression).append(" AS ").append(name).append(", "));
        String from = " FROM read_parquet('%s', file_row_number = true) WHERE %s ORDER BY file_row_number"
                .formatted(full, condition);
        int rows;
        try (ResultSet count =
                statement.executeQuery("SELECT count(*) FROM read_parquet('%s', file_row_number = true) WHERE %s"
                        .formatted(full, condition))) {
            count.next();
            rows = count.getInt(1);
        }
        int width = FEATURES.size();
        float[] values = new float[rows * width];
        float[] labels = new float[rows];
        try (ResultSet row = statement.executeQuery(
                "SELECT " + columns + "(delay > " + LATE_MINUTES + ")::INTEGER AS late" + from)) {
            for (int r = 0; row.next(); r++) {
                for (int f = 0; f < width; f++) {
                    values[r * width + f] = row.getFloat(f + 1);
                }
                labels[r] = row.getFloat(width + 1);
            }
        }
        DMatrix matrix = new DMatrix(values, rows, width, Float.NaN);
        matrix.setLabel(labels);
        return matrix;
    }

    private static Map<String, String> features() {
        Map<String, String> features = new LinkedHashMap<>();
        features.put("month", "month(date)");
        features.put("day", "day(date)");
        features.put("weekday", "dayofweek(date)");
        features.put("hour", "hour(date)");
        features.put("minute", "minute(date)");
        features.put("distance", "distance");
        features.put("origin_code", AIRPORT.formatted("origin"));
        features.put("destination_code", AIRPORT.formatted("destination"));
        return features;
    }
}
