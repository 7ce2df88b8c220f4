package io.nightshift.scoring;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A block of real flights, its features row by row as the libraries take them, and as columns.
///
/// @param delayed whether a flight was more than 15 minutes late, 1 or 0
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FlightsTable(double[] rows, double[][] columns, float[] delayed) {

    /// At most so many rows are a block; the example is read no further.
    public static final int BLOCK = 100_000;

    /// An airport's letters as a number.
    private static final String AIRPORT = "(ascii(%1$s) - 65) * 676 + (ascii(%1$s[2]) - 65) * 26 + ascii(%1$s[3]) - 65";

    /// The features of a model.
    ///
    /// @param source behind FROM, with `%1$s` in place of the file
    public record Features(List<String> expressions, String source) {

        /// In the order of the features of the example's model.
        public static final Features EXAMPLE = new Features(
                List.of(
                        "month(date)",
                        "day(date)",
                        "dayofweek(date)",
                        "hour(date)",
                        "minute(date)",
                        "distance",
                        AIRPORT.formatted("origin"),
                        AIRPORT.formatted("destination")),
                "'%1$s'");

        /// Those of the models in `peers`, which know airports by number, and how many flights they have.
        public static final Features PEERS = new Features(
                Stream.concat(
                                EXAMPLE.expressions().subList(0, 6).stream(),
                                Stream.of("o.number", "d.number", "o.flights", "d.flights"))
                        .toList(),
                "'%1$s'" + join("origin", "o") + join("destination", "d"));

        private static String join(String airport, String table) {
            return """
                     JOIN (SELECT %1$s AS code, count(*) AS flights, row_number() OVER (ORDER BY %1$s) - 1 AS number
                           FROM '%%1$s' GROUP BY 1) %2$s ON %2$s.code = %1$s\
                    """.formatted(airport, table);
        }

        public int count() {
            return expressions.size();
        }
    }

    public interface BlockTest {
        void accept(FlightsTable block) throws Exception;
    }

    public static Path example(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("examples/flights").resolve(name))) {
            folder = Objects.requireNonNull(folder.getParent(), "examples/flights is above the tests");
        }
        return folder.resolve("examples/flights").resolve(name);
    }

    /// Gives the example's first flights to a test or, in the long form, all those of the file that the
    /// system property `nightshift.flights` names, block by block; and says so.
    public static void forEachBlock(String what, Features features, BlockTest test) throws Exception {
        @Nullable String file = System.getProperty("nightshift.flights");
        String source = features.source().formatted(file == null ? example("flights.parquet") : file);
        Properties streaming = new Properties();
        streaming.put("jdbc_stream_results", "true");
        long rows = 0;
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:", streaming);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT %s, (delay > 15)::INT FROM %s %s"
                        .formatted(
                                String.join(", ", features.expressions()),
                                source,
                                file == null ? "LIMIT " + BLOCK : ""))) {
            FlightsTable block = read(result, features.count());
            while (block.count() > 0) {
                test.accept(block);
                rows += block.count();
                block = read(result, features.count());
            }
        }
        System.out.printf("%s: %,d flights%n", what, rows);
    }

    /// The example's first flights.
    ///
    /// @param count at most [#BLOCK]
    public static FlightsTable of(int count) throws SQLException {
        Features features = Features.EXAMPLE;
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT %s, (delay > 15)::INT FROM %s LIMIT %d"
                        .formatted(
                                String.join(", ", features.expressions()),
                                features.source().formatted(example("flights.parquet")),
                                count))) {
            return read(result, features.count());
        }
    }

    private static FlightsTable read(ResultSet result, int features) throws SQLException {
        double[] rows = new double[BLOCK * features];
        double[][] columns = new double[features][BLOCK];
        float[] delayed = new float[BLOCK];
        int row = 0;
        while (row < BLOCK && result.next()) {
            for (int feature = 0; feature < features; feature++) {
                columns[feature][row] = result.getDouble(feature + 1);
                rows[row * features + feature] = columns[feature][row];
            }
            delayed[row] = result.getFloat(features + 1);
            row++;
        }
        return new FlightsTable(rows, columns, delayed).first(row);
    }

    public int count() {
        return delayed.length;
    }

    /// The first rows.
    public FlightsTable first(int count) {
        return count == count()
                ? this
                : new FlightsTable(
                        Arrays.copyOf(rows, count * columns.length),
                        Arrays.stream(columns)
                                .map(column -> Arrays.copyOf(column, count))
                                .toArray(double[][]::new),
                        Arrays.copyOf(delayed, count));
    }

    /// The features row by row in single precision.
    public float[] singles() {
        float[] singles = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            singles[i] = (float) rows[i];
        }
        return singles;
    }

    /// The output of a model of two classes for the block: predictions, probabilities and, where it has
    /// them, margins.
    public double[][] scores(Model model) {
        double[][] scores = new double[2 + model.description().margins()][count()];
        model.scorer().score(columns, count(), scores);
        return scores;
    }
}
