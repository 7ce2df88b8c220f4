package io.nightshift.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A filter of flights that lets every row through and takes its time: the same on a slow machine as on a fast
/// one.
public final class ExpensiveFilter {

    /// More would be refused, because the text of a row would be too large.
    private static final long MOST_REPEATS = 1_000;

    /// How often the program evaluates a condition for each row.
    private static final int EVALUATIONS = 2;

    /// The time of one repeat on one thread of this machine; 0 until it is measured.
    private static double secondsPerRepeat;

    private ExpensiveFilter() {}

    /// The filter, for `source.where`.
    ///
    /// @param time how long one thread takes for the rows if nothing else runs
    /// @param rows how many rows, at least 1
    public static String taking(Duration time, long rows) throws SQLException {
        double seconds = time.toMillis() / 1e3;
        long repeats = Math.round(seconds / rows / EVALUATIONS / secondsPerRepeat());
        List<String> conditions = new ArrayList<>();
        for (long left = Math.max(1, repeats); left > 0; ) {
            long some = Math.min(left, MOST_REPEATS);
            // Each condition has a text of its own, or DuckDB would compute one for all.
            conditions.add("length(sha256(repeat(origin, %d) || '%d')) = 64".formatted(some, conditions.size()));
            left -= some;
        }
        return String.join(" AND ", conditions);
    }

    private static synchronized double secondsPerRepeat() throws SQLException {
        if (secondsPerRepeat == 0) {
            secondsPerRepeat = measured();
        }
        return secondsPerRepeat;
    }

    private static double measured() throws SQLException {
        int rows = 2_000;
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            double seconds = Double.POSITIVE_INFINITY;
            // The fastest: something else may slow one of them down, and then the filter would take too little
            // time.
            for (int i = 0; i < 10; i++) {
                long begin = System.nanoTime();
                try (ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM range(%d) AS t(i) WHERE length(sha256(repeat('ABC', %d + i %% 2))) = 64"
                                .formatted(rows, MOST_REPEATS))) {
                    row.next();
                }
                seconds = Math.min(seconds, (System.nanoTime() - begin) / 1e9);
            }
            return seconds / rows / MOST_REPEATS;
        }
    }
}
