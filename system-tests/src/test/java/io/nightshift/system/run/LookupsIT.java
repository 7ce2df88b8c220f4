package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The example job with the lookups of the page on lookups: distances, by both airports, and states of airports.
final class LookupsIT {

    private static final int ROWS = 3_000;

    @TempDir
    private Path folder;

    /// The lookups of the page, as YAML.
    private static String lookups() throws Exception {
        Matcher block = Pattern.compile("(?s)```yaml\nsource:\n  parquet: flights.parquet\n(.*?)```")
                .matcher(Files.readString(Checkout.path("docs/how-to/lookups.md")));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    /// A job over flights without their distances, which are a file by themselves for each day of a parameter.
    private FlightsJob job(String name) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve(name), "SELECT * EXCLUDE (distance) FROM flights LIMIT " + ROWS);
        job.edit("source:\n", "parameters: {day: {type: date, default: 2026-11-25}}\nsource:\n");
        job.edit(
                "  parquet: " + job.input() + "\n",
                "  parquet: " + job.input() + "\n" + lookups().replace("distances.csv", "distances-{day}.csv"));
        job.edit("columns: [origin,", "columns: [destination_state, origin,");
        execute("COPY (SELECT DISTINCT origin, destination, distance FROM '%s' ORDER BY ALL) TO '%s'"
                .formatted(FlightsJob.example().resolve("flights.parquet"), distances(job)));
        execute(
                "COPY (SELECT DISTINCT destination AS code, 'S' || destination AS state FROM '%s' WHERE destination < 'L') TO '%s'"
                        .formatted(
                                FlightsJob.example().resolve("flights.parquet"),
                                job.folder().resolve("airports.parquet")));
        return job;
    }

    private static Path distances(FlightsJob job) {
        return job.folder().resolve("distances-2026-11-25.csv");
    }

    private static CommandResult command(FlightsJob job, String... arguments) {
        return CommandResult.of(
                Main.commandLine(),
                Stream.concat(
                                Stream.of(arguments),
                                Stream.of("--home", job.home().toString()))
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
                "SELECT count(*) || ' ' || md5(string_agg(concat_ws('|', record_row, prediction, probability, origin, destination, date), ',' ORDER BY record_row)) FROM read_parquet('%s/batch=*/part-*.parquet') WHERE destination < 'L'"
                        .formatted(job.predictions()));
    }

    @Test
    void aJobWithLookupsPredictsWhatItPredictsOverTheJoinedRows() throws Exception {
        FlightsJob joined = FlightsJob.on(folder.resolve("joined"), "FROM flights LIMIT " + ROWS);
        InProcess.run(joined).expect(0);
        FlightsJob job = job("lookups");

        CommandResult plan = command(job, "plan", job.file().toString()).expect(0);
        assertThat(plan.out())
                .contains("processing 3,000 rows from " + job.input())
                .containsPattern(
                        "lookup +.*/distances-2026-11-25\\.csv: 1 file, [0-9,]+ rows, [0-9,]+ bytes; left join on origin, destination, adds distance")
                .containsPattern(
                        "lookup +.*/airports\\.parquet: 1 file, [0-9,]+ rows, [0-9,]+ bytes; inner join on destination = code, adds destination_state from state")
                .containsPattern("memory .* [0-9]+ MB lookups");
        JsonNode result = InProcess.run(job).expect(0).json();

        assertThat(predictions(job)).doesNotStartWith("0 ").isEqualTo(predictions(joined));
        assertThat(query(
                        "SELECT count(*) FROM read_parquet('%s/batch=*/part-*.parquet') WHERE destination_state IS DISTINCT FROM 'S' || destination"
                                .formatted(job.predictions())))
                .isEqualTo("0");
        JsonNode manifest = new ObjectMapper()
                .readTree(Files.readString(
                        Path.of(result.get("destination").asText()).resolve("_manifest.json")));
        long read = manifest.at("/rows/read").asLong();
        assertThat(manifest.at("/rows/input").asLong()).isEqualTo(ROWS);
        assertThat(read).isBetween(1L, ROWS - 1L);
        assertThat(manifest.at("/rows/predictions").asLong()).isEqualTo(read);
        assertThat(manifest.at("/rows/quarantined").asLong()).isZero();
        assertThat(manifest.at("/inputs/0/lookup").isMissingNode()).isTrue();
        assertThat(manifest.at("/inputs/1/lookup").asInt(-1)).isZero();
        assertThat(manifest.at("/inputs/2/lookup").asInt(-1)).isEqualTo(1);
        assertThat(command(job, "batch", "verify", "latest").expect(0).out())
                .contains("each of the %,d rows read from it is in the output once".formatted(read));

        Files.writeString(distances(job), Files.readString(distances(job)) + "ZZZ,ZZZ,1\n");
        assertThat(command(job, "batch", "verify", "latest").out())
                .contains("not compared with the input, which has changed: ")
                .contains("distances-2026-11-25.csv: ");
    }

    @Test
    void aLookupOfATimeAddsWhatWasValidThen() throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve("as-of"), "FROM flights LIMIT " + ROWS);
        Path gates = job.folder().resolve("gates.parquet");
        execute("""
                COPY (SELECT origin, date + to_hours(6 * i) AS since, i AS gates
                    FROM (SELECT DISTINCT ON (origin) origin, date FROM '%s' ORDER BY origin, date), range(4) x(i))
                TO '%s'""".formatted(job.input(), gates));
        String source = "  parquet: " + job.input() + "\n";
        String lookup = "{parquet: gates.parquet, on: origin, as-of: {date: since}, tolerance: 4h, columns: [gates]}";
        job.edit(source, source + "  join:\n    - " + lookup + "\n");
        job.edit("columns: [origin,", "columns: [gates, origin,");

        assertThat(command(job, "plan", job.file().toString()).expect(0).out())
                .contains("left join on origin, as of date from since for at most 4h, adds gates");
        InProcess.run(job).expect(0);

        assertThat(query("""
                SELECT count(*) || ' rows, ' || count(p.gates) || ' with gates, ' || count(*) FILTER (p.gates IS DISTINCT FROM (
                    SELECT max_by(g.gates, g.since) FROM '%s' g
                    WHERE g.origin = f.origin AND g.since <= f.date AND g.since + INTERVAL 4 HOUR >= f.date)) || ' wrong'
                FROM read_parquet('%s/batch=*/part-*.parquet') p
                JOIN (SELECT *, file_row_number FROM read_parquet('%s', file_row_number = true)) f ON p.record_row = f.file_row_number
                """.formatted(gates, job.predictions(), job.input())))
                .matches(ROWS + " rows, [1-9][0-9]{2,3} with gates, 0 wrong");
        assertThat(command(job, "batch", "verify", "latest").expect(0).out()).contains("Verified: ");
    }

    /// Each partition names the files of both lookups, and the input is read again a number of slices at a time.
    @Test
    void aBatchOfManyPartitionsIsVerified() throws Exception {
        FlightsJob job = job("partitions");

        for (int partitions : new int[] {17, 34}) {
            InProcess.run(job, "--new", "--set", "partitions.rows=" + (ROWS + partitions - 1) / partitions)
                    .expect(0);

            assertThat(command(job, "batch", "verify", "latest").expect(0).out())
                    .contains("%d, each committed once".formatted(partitions), "Verified: ");
        }
    }

    @Test
    void aRepeatedKeyFailsTheBatch() throws Exception {
        FlightsJob job = job("repeated");
        String first = Files.readAllLines(distances(job)).get(1);
        Files.writeString(distances(job), Files.readString(distances(job)) + first + "\n");

        CommandResult refused = InProcess.run(job);

        assertThat(refused.status()).as(refused.toString()).isEqualTo(1);
        assertThat(refused.out() + refused.err())
                .contains("source.join[0]: ")
                .contains("has a key more than once")
                .contains("row 0 of " + distances(job));
        assertThat(job.published()).isEmpty();
    }
}
