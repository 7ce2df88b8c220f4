package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the program into a Delta table.
final class DeltaRunIT {

    private static final int ROWS = 5000;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private FlightsJob job() throws Exception {
        FlightsJob job =
                FlightsJob.on(folder.resolve("job"), "SELECT row_number() OVER () AS id, * FROM flights LIMIT " + ROWS);
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: id");
        job.edit("  parquet: predictions", "  delta: " + table());
        return job;
    }

    private Path table() {
        return folder.resolve("lake/delays");
    }

    private Path log() {
        return table().resolve("_delta_log");
    }

    private static CommandResult batch(FlightsJob job, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("batch", command, "latest"));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    /// The values of a kind of action in the log, in the order of the versions.
    private List<JsonNode> actions(String kind) throws IOException {
        List<JsonNode> found = new ArrayList<>();
        try (Stream<Path> versions = Files.list(log())) {
            for (Path version : versions.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList()) {
                for (String line : Files.readAllLines(version)) {
                    JsonNode action = JSON.readTree(line);
                    if (action.has(kind)) {
                        found.add(action.get(kind));
                    }
                }
            }
        }
        return found;
    }

    private long rows() throws IOException {
        long rows = 0;
        for (JsonNode add : actions("add")) {
            rows += JSON.readTree(add.get("stats").asText()).get("numRecords").asLong();
        }
        return rows;
    }

    /// The program is killed as soon as the version of the batch is there, mostly before it has recorded
    /// that.
    @Test
    void aProgramThatIsKilledAroundTheCommitLeavesOneVersion() throws Exception {
        FlightsJob job = job();
        Path version = log().resolve("00000000000000000001.json");
        try (ProgramProcess program = ProgramProcess.start(job.folder(), job.run("--set", "partitions.rows=1000"))) {
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
            while (!Files.exists(version)) {
                assertThat(System.nanoTime()).as(program.err()).isLessThan(end);
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
            }
        }
        assertThat(rows()).isEqualTo(ROWS);

        CommandResult end = InProcess.run(job, "--set", "partitions.rows=1000").expect(0);

        assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(rows()).isEqualTo(ROWS);
        assertThat(actions("txn"))
                .extracting(txn -> txn.get("appId").asText())
                .containsExactly("nightshift.batch=" + end.json().get("batch").asText());
        assertThat(batch(job, "verify").expect(0).out())
                .contains("each of the 5,000 rows read from it is in the output once");
    }

    @Test
    void batchesAreShownAndVerified() throws Exception {
        FlightsJob job = job();
        assertThat(InProcess.run(
                                "doctor",
                                "--job",
                                job.file().toString(),
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains(table().toString());
        InProcess.run(job).expect(0);

        CommandResult second =
                InProcess.run(job, "--new", "--set", "output.margin=true").expect(0);

        assertThat(second.out()).contains("Delta table " + table());
        assertThat(batch(job, "head").expect(0).out()).contains("record_id", "probability", "margin");
        assertThat(batch(job, "verify").expect(0).out())
                .contains("each of the 5,000 rows read from it is in the output once");
        assertThat(rows()).isEqualTo(2 * ROWS);
        assertThat(job.log()).content().doesNotContain("io.delta");
    }

    /// The table does not have parts without rows, so VACUUM deletes them.
    @Test
    void onlyPartsWithoutRowsMayBeGone() throws Exception {
        FlightsJob job = job();
        CommandResult end = InProcess.run(job, "--set", "partitions.rows=1000", "--set", "source.where=id > 2000")
                .expect(0);
        Path files =
                table().resolve("nightshift/batch=" + end.json().get("batch").asText());

        Files.delete(files.resolve("part-000000.parquet"));
        Files.delete(files.resolve("part-000001.parquet"));
        assertThat(batch(job, "verify").expect(0).out())
                .contains("2 files without rows", "are gone", "the files hold 3,000 predictions", "Verified: ");

        Files.delete(files.resolve("part-000002.parquet"));
        assertThat(batch(job, "verify").expect(1).out()).contains("part-000002.parquet is missing");
    }
}
