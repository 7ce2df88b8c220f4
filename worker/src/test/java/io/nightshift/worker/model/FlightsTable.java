package io.nightshift.worker.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;

/// Features of the example's real flights, row by row as the libraries take them, and as columns.
///
/// @param delayed whether a flight was more than 15 minutes late, 1 or 0
@SuppressWarnings("ArrayRecordComponent") // never compared
record FlightsTable(double[] rows, double[][] columns, float[] delayed) {

    /// An airport's letters as a number.
    private static final String AIRPORT = "(ascii(%1$s) - 65) * 676 + (ascii(%1$s[2]) - 65) * 26 + ascii(%1$s[3]) - 65";

    /// In the order of the features of the example's model.
    static final List<String> FEATURES = List.of(
            "month(date)",
            "day(date)",
            "dayofweek(date)",
            "hour(date)",
            "minute(date)",
            "distance",
            AIRPORT.formatted("origin"),
            AIRPORT.formatted("destination"));

    static Path example(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("examples/flights").resolve(name))) {
            folder = Objects.requireNonNull(folder.getParent(), "examples/flights is above the tests");
        }
        return folder.resolve("examples/flights").resolve(name);
    }

    /// The first flights of the file.
    static FlightsTable of(int count) throws SQLException {
        double[] rows = new double[count * FEATURES.size()];
        double[][] columns = new double[FEATURES.size()][count];
        float[] delayed = new float[count];
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT %s, (delay > 15)::INT FROM '%s' LIMIT %d"
                        .formatted(String.join(", ", FEATURES), example("flights.parquet"), count))) {
            for (int row = 0; result.next(); row++) {
                for (int feature = 0; feature < columns.length; feature++) {
                    columns[feature][row] = result.getDouble(feature + 1);
                    rows[row * columns.length + feature] = columns[feature][row];
                }
                delayed[row] = result.getFloat(columns.length + 1);
            }
        }
        return new FlightsTable(rows, columns, delayed);
    }
}
