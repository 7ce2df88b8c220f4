package io.nightshift.source.lookup;

import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetInput;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Measures both forms of a lookup with times, with one thread: milliseconds for the rows of a partition, by how
/// many rows a key has. Prints a table in Markdown.
final class AsOfBench {

    private static final int TIMES = 5;
    private static final Lookup LOOKUP = new Lookup(
            new ParquetInput(List.of("l")), Map.of("k", "k"), Map.of("name", "v"), false, Map.of("t", "t"), null);

    private AsOfBench() {}

    /// @param arguments the rows of the lookup and of a partition
    public static void main(String[] arguments) throws SQLException {
        long rows = Long.parseLong(arguments[0]);
        long partition = Long.parseLong(arguments[1]);
        System.out.printf("%,d rows of a lookup, %,d of a partition; medians of %d, in ms%n%n", rows, partition, TIMES);
        System.out.println("| rows for each key | hash join | ASOF JOIN | chosen |");
        System.out.println("|---|---|---|---|");
        for (long versions = 1; versions <= rows && versions <= 10_000; versions *= 10) {
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement()) {
                statement.execute("SET threads = 1");
                long keys = rows / versions;
                // A year of times, in another order than the keys.
                statement.execute(
                        "CREATE TABLE l AS SELECT *, lead(t) OVER (PARTITION BY k ORDER BY t) AS nightshift_next FROM (SELECT i %% %d AS k, TIMESTAMP '2025-01-01' + to_seconds((i // %d) * 31536000 // %d) AS t, i AS v FROM range(%d) x(i))"
                                .formatted(keys, keys, versions, rows));
                statement.execute(
                        "CREATE TABLE m AS SELECT (i * 7919) %% %d AS k, TIMESTAMP '2025-01-01' + to_seconds((i * 104729) %% 31536000) AS t FROM range(%d) x(i)"
                                .formatted(keys, partition));
                String hash = join(rows, 1, partition);
                String sorting = join(rows, Double.MAX_VALUE, partition);
                String chosen = join(rows, versions, partition);
                double[] medians = new double[2];
                long[] sums = new long[2];
                for (int form = 0; form < 2; form++) {
                    double[] times = new double[TIMES];
                    for (int i = 0; i < TIMES; i++) {
                        long start = System.nanoTime();
                        try (ResultSet sum = statement.executeQuery(
                                "SELECT sum(name) FROM " + (form == 0 ? hash : sorting))) {
                            sum.next();
                            sums[form] = sum.getLong(1);
                        }
                        times[i] = (System.nanoTime() - start) / 1e6;
                    }
                    Arrays.sort(times);
                    medians[form] = times[TIMES / 2];
                }
                if (sums[0] != sums[1]) {
                    throw new IllegalStateException("different results: %d and %d".formatted(sums[0], sums[1]));
                }
                System.out.printf(
                        Locale.ROOT,
                        "| %,d | %.0f | %.0f | %s |%n",
                        versions,
                        medians[0],
                        medians[1],
                        chosen.equals(hash) ? "hash join" : "ASOF JOIN");
            }
        }
    }

    private static String join(long rows, double versions, long partition) {
        return new LookupJoin(
                        LOOKUP,
                        new LookupTables.Loaded("l", Map.of(), new LookupTables.Versions(rows, versions)),
                        partition)
                .join("m", null);
    }
}
