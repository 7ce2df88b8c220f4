package io.nightshift.examples.storms;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMBooster.FeatureImportanceType;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.github.metarank.lightgbm4j.LGBMException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Makes the example's files from the table `storms` of the R package dplyr: `storms.parquet`, the
/// observations since 2013; `storms.lightgbm`, a model trained on the observations before 2013; and
/// `expected.parquet`, the probabilities that LightGBM itself computes for the observations since 2013.
public final class StormsExample {

    private static final int FIRST_YEAR_TO_SCORE = 2013;
    private static final int TREES = 60;

    private static final String PARAMETERS = "objective=binary metric=auc num_threads=1 deterministic=true seed=1"
            + " verbosity=-1 learning_rate=0.05 num_leaves=15 min_data_in_leaf=60 max_cat_to_onehot=4";

    /// The categories of `status`; a category's code is its position.
    private static final List<String> STATUSES = List.of(
            "disturbance",
            "extratropical",
            "hurricane",
            "other low",
            "subtropical depression",
            "subtropical storm",
            "tropical depression",
            "tropical storm",
            "tropical wave");

    /// The model's features in its order. The same names and expressions are in `job.yaml`, where `status` is
    /// the text.
    private static final Map<String, String> FEATURES = features();

    private StormsExample() {}

    public static void main(String[] arguments) throws SQLException, IOException, LGBMException {
        Path folder = Path.of(arguments[1]);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute(observations(arguments[0]));
            write(statement, """
                    SELECT * EXCLUDE (season, wind_in_24h) FROM observations
                    WHERE season >= %d ORDER BY observed_at, storm""".formatted(FIRST_YEAR_TO_SCORE), folder, "storms");

            Rows training = rows(statement, "season < %d AND wind_in_24h IS NOT NULL".formatted(FIRST_YEAR_TO_SCORE));
            String model = train(training);
            Files.writeString(folder.resolve("storms.lightgbm"), model);

            Rows toScore = rows(statement, "season >= %d".formatted(FIRST_YEAR_TO_SCORE));
            double[] probabilities = predict(model, toScore);
            statement.execute("CREATE TABLE expected (observation VARCHAR, probability DOUBLE)");
            try (var insert = connection.prepareStatement("INSERT INTO expected VALUES (?, ?)")) {
                for (int row = 0; row < probabilities.length; row++) {
                    insert.setString(1, toScore.observations[row]);
                    insert.setDouble(2, probabilities[row]);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            write(statement, "SELECT * FROM expected", folder, "expected");
            System.out.printf(
                    "%d training rows, AUC %.3f; %d rows to score, AUC %.3f on those whose wind 24 hours later is known%n",
                    training.labels.length,
                    areaUnderCurve(training, predict(model, training)),
                    probabilities.length,
                    areaUnderCurve(toScore, probabilities));
        }
    }

    /// The observations with what is known six hours before and, to train, 24 hours later.
    private static String observations(String csv) {
        return """
            CREATE TABLE observations AS
            WITH read AS (
                SELECT name, year || '-' || upper(name) AS storm,
                       make_timestamp(year, month, day, hour, 0, 0) AS observed_at,
                       status, lat AS latitude, long AS longitude, wind, pressure,
                       tropicalstorm_force_diameter AS storm_diameter, year
                FROM read_csv('%s', nullstr = 'NA')
            ), once AS (
                SELECT DISTINCT ON (storm, observed_at) * FROM read ORDER BY storm, observed_at
            )
            SELECT now.storm || strftime(now.observed_at, '-%%m%%dT%%H') AS observation, now.* EXCLUDE (year),
                   before.wind AS wind_6h_ago, before.pressure AS pressure_6h_ago,
                   now.year AS season, later.wind AS wind_in_24h
            FROM once AS now
            LEFT JOIN once AS before
                ON before.storm = now.storm AND before.observed_at = now.observed_at - INTERVAL 6 HOUR
            LEFT JOIN once AS later
                ON later.storm = now.storm AND later.observed_at = now.observed_at + INTERVAL 24 HOUR
            ORDER BY now.observed_at, now.storm
            """.formatted(csv);
    }

    /// The observations' identities, their features row by row, and whether the wind grew by 15 knots or more
    /// within 24 hours: 1, 0, or NaN where that is not known.
    private static final class Rows {
        final String[] observations;
        final double[] values;
        final float[] labels;

        Rows(int rows) {
            observations = new String[rows];
            values = new double[rows * FEATURES.size()];
            labels = new float[rows];
        }
    }

    private static void write(Statement statement, String query, Path folder, String name) throws SQLException {
        statement.execute("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19)"
                .formatted(query, folder.resolve(name + ".parquet")));
    }

    private static Rows rows(Statement statement, String condition) throws SQLException {
        int rows;
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM observations WHERE " + condition)) {
            count.next();
            rows = count.getInt(1);
        }
        int width = FEATURES.size();
        Rows read = new Rows(rows);
        String columns = FEATURES.values().stream()
                .map(expression -> "(" + expression + ")::DOUBLE")
                .collect(Collectors.joining(", "));
        try (ResultSet row = statement.executeQuery("SELECT observation, " + columns
                + ", (wind_in_24h >= wind + 15)::INTEGER FROM observations WHERE " + condition
                + " ORDER BY observed_at, storm")) {
            for (int r = 0; row.next(); r++) {
                read.observations[r] = row.getString(1);
                for (int f = 0; f < width; f++) {
                    double value = row.getDouble(f + 2);
                    read.values[r * width + f] = row.wasNull() ? Double.NaN : value;
                }
                float label = row.getFloat(width + 2);
                read.labels[r] = row.wasNull() ? Float.NaN : label;
            }
        }
        return read;
    }

    private static String train(Rows rows) throws LGBMException {
        String parameters = PARAMETERS + " categorical_feature=0";
        LGBMDataset data =
                LGBMDataset.createFromMat(rows.values, rows.labels.length, FEATURES.size(), true, parameters, null);
        data.setFeatureNames(FEATURES.keySet().toArray(String[]::new));
        data.setField("label", rows.labels);
        LGBMBooster booster = LGBMBooster.create(data, parameters);
        for (int tree = 0; tree < TREES; tree++) {
            booster.updateOneIter();
        }
        String model = booster.saveModelToString(0, 0, FeatureImportanceType.GAIN);
        booster.close();
        data.close();
        // LightGBM's Python package ends a model's file with the categories of its data frame, in the order of their
        // codes.
        String categories = STATUSES.stream().collect(Collectors.joining("\", \"", "[[\"", "\"]]"));
        return model + "\npandas_categorical:" + categories + "\n";
    }

    private static double[] predict(String model, Rows rows) throws LGBMException {
        LGBMBooster booster = LGBMBooster.loadModelFromString(model);
        double[] probabilities = booster.predictForMat(
                rows.values,
                rows.labels.length,
                FEATURES.size(),
                true,
                PredictionType.C_API_PREDICT_NORMAL,
                "num_threads=1");
        booster.close();
        return probabilities;
    }

    /// The share of pairs of a positive and a negative row in which the positive row has the higher probability.
    private static double areaUnderCurve(Rows rows, double[] probabilities) {
        int[] ranked = IntStream.range(0, probabilities.length)
                .filter(row -> !Float.isNaN(rows.labels[row]))
                .boxed()
                .sorted(Comparator.comparingDouble(row -> probabilities[row]))
                .mapToInt(Integer::intValue)
                .toArray();
        double positives =
                Arrays.stream(ranked).filter(row -> rows.labels[row] == 1).count();
        double ranks = 0;
        for (int rank = 0; rank < ranked.length; rank++) {
            if (rows.labels[ranked[rank]] == 1) {
                ranks += rank + 1;
            }
        }
        return (ranks - positives * (positives + 1) / 2) / (positives * (ranked.length - positives));
    }

    private static Map<String, String> features() {
        Map<String, String> features = new LinkedHashMap<>();
        features.put(
                "status",
                "list_position(["
                        + STATUSES.stream().map(status -> "'" + status + "'").collect(Collectors.joining(", "))
                        + "], status) - 1");
        features.put("has_name", "(name NOT LIKE 'AL%')::INTEGER");
        features.put("day_of_year", "dayofyear(observed_at)");
        features.put("hour", "hour(observed_at)");
        features.put("latitude", "latitude");
        features.put("longitude", "longitude");
        features.put("wind", "wind");
        features.put("pressure", "pressure");
        features.put("wind_change", "wind - wind_6h_ago");
        features.put("pressure_change", "pressure - pressure_6h_ago");
        features.put("storm_diameter", "storm_diameter");
        return features;
    }
}
