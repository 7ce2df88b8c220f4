package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The example job over the sources of the page on CSV and NDJSON files, as the page has them.
final class TextSourceIT {

    private static final int ROWS = 3_000;

    @TempDir
    private Path folder;

    /// The sections of the page, without their first line.
    private static List<String> sources() throws Exception {
        Matcher blocks = Pattern.compile("(?s)```yaml\nsource:\n(.*?)```")
                .matcher(Files.readString(Checkout.path("docs/how-to/text-source.md")));
        return blocks.results().map(block -> block.group(1)).toList();
    }

    /// A copy of the job with one of the page's sources.
    private FlightsJob job(String name, String source) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve(name), "FROM flights LIMIT " + ROWS);
        if (!source.isEmpty()) {
            job.edit("  parquet: " + job.input() + "\n", source);
        }
        assertThat(JobFile.parse(Files.readAllBytes(job.file()), job.file(), List.of())
                        .name())
                .isEqualTo("flights");
        return job;
    }

    private static void run(FlightsJob job) throws Exception {
        CommandResult result = InProcess.run("run", job.file().toString(), "--home", home(job));
        assertThat(result.status()).as(result.toString()).isZero();
        assertThat(result.out()).containsPattern(" [0-9.]+ [KM]iB read,");
    }

    private static String home(FlightsJob job) {
        return job.folder().resolve("home").toString();
    }

    private static CommandResult command(FlightsJob job, String... arguments) {
        return CommandResult.of(
                Main.commandLine(),
                Stream.concat(Stream.of(arguments), Stream.of("--home", home(job)))
                        .toArray(String[]::new));
    }

    private static void execute(String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(String query) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? String.valueOf(row.getObject(1)) : "";
        }
    }

    private static String predictions(FlightsJob job) throws Exception {
        return query(
                "SELECT count(*) || ' ' || md5(string_agg(concat_ws('|', record_row, prediction, probability, origin, destination, date), ',' ORDER BY record_row)) FROM read_parquet('%s/predictions/batch=*/part-*.parquet')"
                        .formatted(job.folder()));
    }

    @Test
    void theJobOverCsvAndNdjsonPredictsWhatItPredictsOverParquet() throws Exception {
        List<String> sources = sources();
        assertThat(sources).hasSize(2);
        FlightsJob parquet = job("parquet", "");
        FlightsJob csv = job("csv", sources.get(0));
        FlightsJob ndjson = job("ndjson", sources.get(1));
        Path exports = Files.createDirectories(csv.folder().resolve("exports"));
        Path file = exports.resolve("flights-1.csv");
        execute("COPY (FROM '%s') TO '%s' (FORMAT csv, HEADER, DELIM ';')".formatted(csv.input(), file));
        Files.writeString(file, "short;line\n\"never closed\n", StandardOpenOption.APPEND);
        Files.createDirectories(ndjson.folder().resolve("exports"));
        execute("COPY (FROM '%s') TO '%s' (FORMAT json)"
                .formatted(ndjson.input(), ndjson.folder().resolve("exports/flights.ndjson")));

        CommandResult plan = command(csv, "plan", csv.file().toString());
        assertThat(plan.status()).as(plan.toString()).isZero();
        assertThat(plan.out())
                .contains("processing 3,002 rows")
                .containsPattern("columns +.*date TIMESTAMP \\(declared\\)")
                .contains("origin VARCHAR");
        for (FlightsJob job : List.of(parquet, csv, ndjson)) {
            run(job);
        }

        assertThat(predictions(csv)).startsWith("3000 ").isEqualTo(predictions(parquet));
        assertThat(predictions(ndjson)).isEqualTo(predictions(parquet));
        CommandResult verified = command(csv, "batch", "verify", "latest");
        assertThat(verified.status()).as(verified.toString()).isZero();
        assertThat(query(
                        "SELECT string_agg(concat_ws('|', record_row, reason, \"value\", message), chr(10) ORDER BY record_row) FROM read_parquet('%s/predictions/batch=*/_quarantine-*.parquet')"
                                .formatted(csv.folder())))
                .matches("""
                        3000\\|malformed record: it has 2 values, and the file has \\d+ columns\\|short;line\\|line 3002, byte \\d+
                        3001\\|malformed record: a quote is not closed\\|"never closed\\|line 3003, byte \\d+""");
    }
}
