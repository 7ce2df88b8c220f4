package io.nightshift.bench.peers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/// Rows in memory, in the layouts that libraries want.
///
/// @param columns by feature
/// @param matrix row by row
/// @param labels 0 or 1
record Rows(double[][] columns, float[] matrix, float[] labels) {

    private static final String FEATURES =
            """
            month(date), day(date), dayofweek(date), hour(date), minute(date), distance,
            (ascii(origin) - 65) * 676 + (ascii(origin[2]) - 65) * 26 + ascii(origin[3]) - 65,
            (ascii(destination) - 65) * 676 + (ascii(destination[2]) - 65) * 26 + ascii(destination[3]) - 65,
            count(*) over (partition by origin), count(*) over (partition by destination)
            """;

    int count() {
        return labels.length;
    }

    int features() {
        return columns.length;
    }

    /// Ten features of each flight; late is a delay of more than a quarter of an hour.
    static Rows flights(String parquet) throws SQLException {
        String file = "'" + parquet.replace("'", "''") + "'";
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            int count;
            try (ResultSet result = statement.executeQuery("select count(*) from " + file)) {
                result.next();
                count = result.getInt(1);
            }
            float[][] columns = new float[10][count];
            float[] labels = new float[count];
            String query = "select " + FEATURES + ", (delay > 15)::int from " + file;
            try (ResultSet result = statement.executeQuery(query)) {
                for (int row = 0; result.next(); row++) {
                    for (int feature = 0; feature < columns.length; feature++) {
                        columns[feature][row] = result.getFloat(feature + 1);
                    }
                    labels[row] = result.getFloat(columns.length + 1);
                }
            }
            return of(columns, labels);
        }
    }

    /// Many features, of which each tree finds a few useful.
    static Rows wide(int count, int features) {
        Random random = new Random(1);
        float[][] columns = new float[features][count];
        float[] labels = new float[count];
        for (int row = 0; row < count; row++) {
            double sum = 0;
            for (int feature = 0; feature < features; feature++) {
                columns[feature][row] = (float) random.nextGaussian();
                sum += columns[feature][row] * ((feature % 7) - 3);
            }
            labels[row] = sum + 20 * random.nextGaussian() > 0 ? 1 : 0;
        }
        return of(columns, labels);
    }

    /// The first rows.
    Rows head(int count) {
        float[][] head = new float[features()][count];
        float[] late = new float[count];
        for (int row = 0; row < count; row++) {
            for (int feature = 0; feature < head.length; feature++) {
                head[feature][row] = matrix[row * head.length + feature];
            }
            late[row] = labels[row];
        }
        return of(head, late);
    }

    private static Rows of(float[][] columns, float[] labels) {
        int features = columns.length;
        double[][] wide = new double[features][labels.length];
        float[] matrix = new float[features * labels.length];
        for (int feature = 0; feature < features; feature++) {
            for (int row = 0; row < labels.length; row++) {
                wide[feature][row] = columns[feature][row];
                matrix[row * features + feature] = columns[feature][row];
            }
        }
        return new Rows(wide, matrix, labels);
    }
}
