package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The job of docs/how-to/incremental.md over a folder to which files are added between runs.
final class IncrementalIT {

    @TempDir
    private Path folder;

    private FlightsJob job;

    /// Adds a file of flights with one time.
    private void add(String name, int rows, String time) throws Exception {
        Path lake = Files.createDirectories(folder.resolve("lake"));
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("COPY (SELECT *, %s AS updated_at FROM '%s' LIMIT %d) TO '%s' (FORMAT parquet)"
                    .formatted(time, FlightsJob.example().resolve("flights.parquet"), rows, lake.resolve(name)));
        }
    }

    /// The section of the page.
    ///
    /// @param key of the section
    private static String section(String key) throws Exception {
        Matcher section = Pattern.compile("(?s)```yaml\n[^`]*?\n(incremental:\n  %s:.*?)\n```".formatted(key))
                .matcher(Files.readString(Checkout.path("docs/how-to/incremental.md")));
        assertThat(section.find()).isTrue();
        return section.group(1);
    }

    private static String at(Instant time) {
        return "TIMESTAMPTZ '" + time + "'";
    }

    private CommandResult batch(String... arguments) {
        String[] all = new String[arguments.length + 3];
        all[0] = "batch";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--home";
        all[arguments.length + 2] = job.home().toString();
        return CommandResult.of(Main.commandLine(all), all);
    }

    @Test
    void eachRunScoresWhatIsNewAndAFailedOneLeavesItToNobodyElse() throws Exception {
        job = FlightsJob.in(folder);
        job.edit("parquet: " + FlightsJob.example().resolve("flights.parquet"), "parquet: " + folder.resolve("lake"));
        // Files are seen as soon as they are written.
        Files.writeString(
                job.file(),
                Files.readString(job.file()) + "\n" + section("column").replaceAll("lateness: \\w+", "lateness: 0s"));
        add("a.parquet", 500, at(Instant.now()));

        JsonNode first = InProcess.run(job).expect(0).json();
        assertThat(first.get("predictions").asInt()).isEqualTo(500);

        // A row without a time is quarantined, so this batch fails. It keeps its times while the next run is
        // refused.
        add("b.parquet", 30, at(Instant.now()));
        add("null.parquet", 1, "NULL::TIMESTAMPTZ");
        JsonNode failed = InProcess.run(job).expect(1).json();
        Files.delete(folder.resolve("lake/null.parquet"));
        add("future.parquet", 5, at(Instant.now().plusSeconds(86_400)));
        add("c.parquet", 7, at(Instant.now()));
        JsonNode next = InProcess.run(job, "--new").expect(0).json();
        assertThat(next.get("batch")).isNotEqualTo(failed.get("batch"));
        assertThat(next.get("predictions").asInt())
                .as("those of the cancelled batch, and the new ones; none from tomorrow")
                .isEqualTo(37);

        JsonNode nothing = InProcess.run(job).expect(0).json();
        assertThat(nothing.get("predictions").asInt()).isZero();
        assertThat(batch("verify", next.get("batch").asText()).expect(0).out())
                .contains("3 published batches of this source have read updated_at up to ")
                .contains(": each time in one batch, or again with --full");

        JsonNode full = InProcess.run(job, "--full").expect(0).json();
        assertThat(full.get("predictions").asInt()).isEqualTo(537);
        assertThat(batch("verify", full.get("batch").asText()).expect(0).out())
                .contains("4 published batches of this source");

        job.edit("column: updated_at", "column: origin");
        assertThat(InProcess.run(job).expect(2).err())
                .contains("incremental.column: origin is VARCHAR in ")
                .contains("; give a column with timestamps or dates");
    }

    private int predictions(String... options) throws Exception {
        return InProcess.run(job, options).expect(0).json().get("predictions").asInt();
    }

    @Test
    void eachRunScoresTheNewFilesAndACancelledOneLeavesThem() throws Exception {
        job = FlightsJob.in(folder);
        job.edit("parquet: " + FlightsJob.example().resolve("flights.parquet"), "parquet: " + folder.resolve("lake"));
        Files.writeString(job.file(), Files.readString(job.file()) + "\n" + section("files"));
        add("a.parquet", 300, "1");
        assertThat(predictions()).isEqualTo(300);

        add("b.parquet", 20, "1");
        Files.writeString(folder.resolve("lake/c.parquet"), "not Parquet");
        InProcess.run(job).expect(2, "c.parquet");
        add("c.parquet", 4, "1");
        // A file that is not Parquet any more when the batch is planned is a mistake of the batch.
        JsonNode second = InProcess.run(job).expect(0).json();
        assertThat(second.get("predictions").asInt()).isEqualTo(24);
        assertThat(predictions()).as("nothing is new").isZero();

        Path gone = folder.resolve("a.parquet");
        Files.move(folder.resolve("lake/a.parquet"), gone);
        add("b.parquet", 30, "1");
        assertThat(predictions()).as("a replaced file is a new one").isEqualTo(30);
        Files.move(gone, folder.resolve("lake/a.parquet"));
        assertThat(predictions()).as("a file that has come back").isZero();
        assertThat(batch("verify", second.get("batch").asText()).expect(0).out())
                .contains("5 published batches of this source have read 4 files: each in one batch");

        assertThat(predictions("--full")).isEqualTo(334);
        assertThat(batch("verify", "latest").expect(0).out())
                .contains("6 published batches of this source have read 7 files");
        assertThat(predictions()).isZero();
    }

    /// Writes the only file of the source again.
    ///
    /// @param rows the first of the example
    /// @param distance the new value of the column, where `n` is the row's number
    private void write(int rows, String distance) throws Exception {
        job.write(
                "SELECT * EXCLUDE (distance, n), %s AS distance, n AS flight FROM (SELECT *, row_number() OVER () AS n FROM flights LIMIT %d)"
                        .formatted(distance, rows));
    }

    @Test
    void eachRunScoresTheRowsThatHaveChanged() throws Exception {
        job = FlightsJob.on(folder, "SELECT *, row_number() OVER () AS flight FROM flights LIMIT 500");
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: flight");
        Files.writeString(
                job.file(),
                Files.readString(job.file()) + "\n" + section("changed").replaceAll("\\[.*]", "[distance, date]"));
        assertThat(predictions()).isEqualTo(500);
        assertThat(predictions()).as("nothing has changed").isZero();

        write(510, "distance + (n <= 20)::INT");
        JsonNode second = InProcess.run(job).expect(0).json();
        assertThat(second.get("predictions").asInt())
                .as("20 changed rows and 10 new ones")
                .isEqualTo(30);

        // Rows without an id are quarantined, so this batch fails. What it would have scored is left to the next.
        job.write("SELECT *, NULL::BIGINT AS flight FROM flights LIMIT 500");
        InProcess.run(job).expect(1);
        write(510, "distance");
        JsonNode third = InProcess.run(job, "--new").expect(0).json();
        assertThat(third.get("predictions").asInt())
                .as("the rows that changed back")
                .isEqualTo(20);
        assertThat(batch("verify", third.get("batch").asText()).expect(0).out())
                .contains(
                        "4 published batches of this source have scored 550 rows; this one scores 20 that had changed")
                .contains("every other row of the source is as it was scored before");
        assertThat(batch("verify", second.get("batch").asText()).expect(0).out())
                .contains("were not compared, because the input has changed since");
        assertThat(batch("replay", third.get("batch").asText()).expect(0).out()).contains("20");

        assertThat(predictions("--full")).isEqualTo(510);
        assertThat(predictions()).isZero();
        job.edit("[distance, date]", "[distanc]");
        assertThat(InProcess.run(job).expect(2).err())
                .contains("incremental.changed: ")
                .contains("has no column \"distanc\"; did you mean \"distance\"?");
    }
}
