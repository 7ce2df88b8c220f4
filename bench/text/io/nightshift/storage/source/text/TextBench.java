package io.nightshift.source.text;

import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.storage.duckdb.DuckDb;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Reads the same records by Nightshift's table function and by DuckDB's readers, and compares their sums. In
/// the package of what it measures, which is not public.
public final class TextBench {

    private static final int ROUNDS = 5;

    private static final List<String> COLUMNS = List.of(
            "id VARCHAR", "month INTEGER", "day INTEGER", "weekday INTEGER", "departure INTEGER", "arrival INTEGER",
            "delay INTEGER", "distance INTEGER", "air_time INTEGER", "temperature DOUBLE", "carrier VARCHAR");

    private static final String SUMS =
            "SELECT count(id) || ' ' || sum(month + day + weekday + departure + arrival + delay + distance + air_time) || ' ' || round(sum(temperature)) || ' ' || max(carrier) FROM ";

    private TextBench() {}

    private interface Work {
        String run() throws SQLException;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        long rows = Long.parseLong(arguments[1]);
        Path csv = folder.resolve("rows.csv");
        Path ndjson = folder.resolve("rows.ndjson");
        try (DuckDb duckDb = DuckDb.open(2L << 30, folder.resolve("spill"));
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            TextTableFunction.register(duckDb);
            statement.execute(
                    """
                    COPY (SELECT 'f' || i AS id, 1 + i %% 12 AS month, 1 + i %% 31 AS day, i %% 7 AS weekday,
                        (hash(i) %% 2400)::INTEGER AS departure, (hash(i + 1) %% 2400)::INTEGER AS arrival,
                        (hash(i + 2) %% 120)::INTEGER - 20 AS delay, (hash(i + 3) %% 3000)::INTEGER AS distance,
                        (hash(i + 4) %% 300)::INTEGER AS air_time, (hash(i + 5) %% 100000) / 1000 AS temperature,
                        ['AA', 'DL', 'UA', 'WN'][1 + i %% 4] AS carrier FROM range(%d) t(i)) TO '%s' (HEADER)
                    """.formatted(rows, csv));
            statement.execute("COPY (FROM read_csv('%s')) TO '%s' (FORMAT json)".formatted(csv, ndjson));
            String types = String.join(", ", COLUMNS).replaceAll("(\\w+) (\\w+)", "$1: '$2'");
            System.out.println("| file | MB | read by | thousand records/s | MB/s | to DuckDB |");
            System.out.println("|---|---|---|---|---|---|");
            compare(statement, csv, csv(csv), rows, "read_csv('%s', columns = {%s}, header = true, auto_detect = false, delim = ',', quote = '\"')".formatted(csv, types));
            compare(statement, ndjson, new NdjsonInput(List.of(ndjson.toString()), Map.of()), rows, "read_ndjson('%s', columns = {%s})".formatted(ndjson, types));
        }
    }

    private static CsvInput csv(Path file) {
        return new CsvInput(
                List.of(file.toString()), ",", "\"", null, true, "utf-8", List.of(""), true, ".", null, null, null, Map.of());
    }

    private static void compare(Statement statement, Path file, Input input, long rows, String duckDb) throws Exception {
        TextFormat format = TextFormat.of(input);
        FileScan scan = TextScanner.scan(file, file.toString(), format);
        List<TextSpec.Column> columns = new ArrayList<>();
        for (String column : COLUMNS) {
            columns.add(new TextSpec.Column(column.split(" ")[0], column.split(" ")[1], true, false));
        }
        FileScan.Interval first = scan.index().getFirst();
        TextSpec.Piece piece = new TextSpec.Piece(
                file.toString(), file.toString(), Compression.NONE, false, first.offset(), first.line(), 0, 0, rows,
                columns.size(), List.of());
        TextSpec spec = new TextSpec("utf-8", format.dialect(), columns, List.of(piece));
        String own = TextSql.from(spec, format) + " WHERE nightshift_fault IS NULL";
        double theirs = best(() -> text(statement, SUMS + duckDb));
        double ours = best(() -> text(statement, SUMS + own));
        if (!text(statement, SUMS + duckDb).equals(text(statement, SUMS + own))) {
            throw new AssertionError("the readers differ over " + file);
        }
        double planning = best(() -> "" + TextScanner.scan(file, file.toString(), format).rows());
        print(file, "DuckDB", rows, theirs, theirs);
        print(file, "Nightshift", rows, ours, theirs);
        print(file, "Nightshift, planning", rows, planning, theirs);
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /// The fewest seconds of processor time of this thread, on which all work is done.
    private static double best(Work work) throws SQLException {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            work.run();
            best = Math.min(best, (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1e9);
        }
        return best;
    }

    private static void print(Path file, String reader, long rows, double seconds, double duckDb) throws Exception {
        double megabytes = Files.size(file) / 1e6;
        System.out.println(String.format(
                Locale.ROOT,
                "| %s | %.0f | %s | %,.0f | %.0f | %.2f |",
                file.getFileName(),
                megabytes,
                reader,
                rows / seconds / 1e3,
                megabytes / seconds,
                duckDb / seconds));
    }
}
