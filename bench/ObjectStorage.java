import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// The program of `object-storage.sh`.
class ObjectStorage {

    private static final Duration LATENCY = Duration.ofMillis(20);
    private static final long BYTES_PER_SECOND = 200_000_000;

    public static void main(String... arguments) throws Exception {
        String flights = arguments[0];
        int files = Integer.parseInt(arguments[1]);
        int runs = Integer.parseInt(arguments[2]);
        Path work = Files.createTempDirectory("object-storage");
        try (S3Server server = S3Server.start();
                FaultProxy proxy = FaultProxy.start(server.endpoint());
                Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
            Path input = Files.createDirectory(work.resolve("input"));
            cut(connection, flights, files, input);
            server.createBucket("bench");
            try (Stream<Path> parts = Files.list(input)) {
                for (Path part : parts.sorted().toList()) {
                    server.put("bench", "flights/" + part.getFileName(), part);
                }
            }
            proxy.latency(LATENCY).throughput(BYTES_PER_SECOND);
            Map<String, String> environment = Map.of(
                    "AWS_ACCESS_KEY_ID", "an-id",
                    "AWS_SECRET_ACCESS_KEY", "a-secret",
                    "AWS_REGION", "eu-central-1",
                    "AWS_ENDPOINT_URL_S3", proxy.endpoint().toString());
            String local = input.toString();
            String objects = "s3://bench/flights";
            run(work, local, environment);
            run(work, objects, environment);
            List<Double> localSeconds = new ArrayList<>();
            List<Double> objectSeconds = new ArrayList<>();
            long before = proxy.bytes();
            int requests = proxy.requests();
            for (int i = 0; i < runs; i++) {
                localSeconds.add(run(work, local, environment));
                objectSeconds.add(run(work, objects, environment));
            }
            long fetched = (proxy.bytes() - before) / runs;
            long needed = needed(connection, input);
            double ofLocal = median(localSeconds);
            double ofObjects = median(objectSeconds);
            System.out.println("| source | seconds, median of " + runs + " (min–max) | of local | MB needed | MB fetched | of needed | requests |");
            System.out.println("|---|---|---|---|---|---|---|");
            System.out.printf(Locale.ROOT, "| %d local files | %s | 1 | | | | |%n", files, times(localSeconds));
            System.out.printf(
                    Locale.ROOT,
                    "| %d objects, 20 ms, 200 MB/s | %s | %.2f | %.2f | %.2f | %.3f | %d |%n",
                    files,
                    times(objectSeconds),
                    ofObjects / ofLocal,
                    needed / 1e6,
                    fetched / 1e6,
                    (double) fetched / needed,
                    (proxy.requests() - requests) / runs);
        } finally {
            delete(work);
        }
    }

    private static void cut(Connection connection, String flights, int files, Path input) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE flights AS FROM '%s'".formatted(flights));
            long rows;
            try (ResultSet count = statement.executeQuery("SELECT count(*) FROM flights")) {
                count.next();
                rows = count.getLong(1);
            }
            long each = (rows + files - 1) / files;
            for (int i = 0; i < files; i++) {
                statement.execute("COPY (FROM flights LIMIT %d OFFSET %d) TO '%s' (FORMAT parquet)"
                        .formatted(each, i * each, input.resolve("flights-%02d.parquet".formatted(i))));
            }
        }
    }

    /// The compressed bytes of the columns that the job reads, and of the footers.
    private static long needed(Connection connection, Path input) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT (SELECT sum(total_compressed_size) FROM parquet_metadata('%1$s/*.parquet')
                          WHERE path_in_schema IN ('date', 'distance', 'origin', 'destination'))
                        """.formatted(input))) {
            row.next();
            return row.getLong(1);
        }
    }

    private static double run(Path work, String source, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path out = work.resolve("out");
        delete(out);
        ProcessBuilder builder = new ProcessBuilder(
                        "./nightshift",
                        "run",
                        "examples/flights/job.yaml",
                        "--new",
                        "--home",
                        work.resolve("home").toString(),
                        "-o",
                        "json",
                        "--set",
                        "source.parquet=" + source,
                        "--set",
                        "destination.parquet=" + out,
                        "--set",
                        "partitions.rows=250000",
                        "--set",
                        "errors.max-rows=3000")
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("log").toFile());
        builder.environment().putAll(environment);
        long begin = System.nanoTime();
        int status = builder.start().waitFor();
        double seconds = (System.nanoTime() - begin) / 1e9;
        if (status != 0) {
            throw new IOException("the run failed: " + Files.readString(work.resolve("log")));
        }
        return seconds;
    }

    private static String times(List<Double> seconds) {
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f–%.2f)",
                median(seconds),
                seconds.stream().min(Comparator.naturalOrder()).orElseThrow(),
                seconds.stream().max(Comparator.naturalOrder()).orElseThrow());
    }

    private static double median(List<Double> seconds) {
        return seconds.stream().sorted().toList().get(seconds.size() / 2);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
