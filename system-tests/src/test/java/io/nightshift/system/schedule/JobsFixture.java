package io.nightshift.system.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A system that runs applied jobs, for tests of what users can rely on whoever runs them. The server on one
/// machine and a cluster of nodes have a subclass each, which starts its system once. Each test applies jobs of
/// its own, which are deleted after it.
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class JobsFixture {

    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    private Path folder;

    private HttpReceiver receiver;

    private ScoringGate gate;

    private SchedulingSystem system;

    /// Starts a system that runs applied jobs.
    ///
    /// @param empty a folder for its files, which its jobs may use
    /// @param configuration HOCON for all its nodes
    /// @param scoring holds its partitions while it is closed
    abstract SchedulingSystem start(Path empty, String configuration, ScoringGate scoring) throws IOException;

    @BeforeAll
    final void begin(@TempDir Path empty) throws IOException {
        folder = empty;
        receiver = new HttpReceiver();
        gate = ScoringGate.opened(empty.resolve("gate"));
        system = start(empty, channels() + """
                nightshift.batch.retention { every = 1s, grace = 0s }
                """, gate);
    }

    /// The configuration of the channel of alerts.
    final String channels() {
        return "nightshift.alerts.channels.ops { type = webhook, url = \"%s\" }%n".formatted(receiver.uri("/ops"));
    }

    /// A folder of the system's jobs.
    final Path folder() {
        return folder;
    }

    @AfterEach
    final void deleteJobs() throws IOException {
        gate.open();
        for (JsonNode applied : list(command("job", "list", "-o", "json"))) {
            command("job", "delete", applied.get("job").asText()).expect(0);
        }
    }

    @AfterAll
    final void end() throws IOException {
        system.close();
        receiver.close();
    }

    final SchedulingSystem system() {
        return system;
    }

    /// The gate of the system's partitions, which is open when a test begins.
    final ScoringGate gate() {
        return gate;
    }

    /// The receiver of the alerts of the channel `ops`.
    final HttpReceiver receiver() {
        return receiver;
    }

    /// A job on the flights of some days.
    ///
    /// @param keys of the job file, in addition to those of the example
    final FlightsJob job(String name, String where, String... keys) throws Exception {
        FlightsJob job = FlightsJob.on(
                folder.resolve(name),
                "SELECT * FROM flights WHERE date < TIMESTAMP '2001-01-06' AND distance % 10 = 0");
        job.edit("job: flights", "job: " + name);
        job.edit("source:\n", "source:\n  where: \"%s\"\n".formatted(where));
        Files.writeString(job.file(), Files.readString(job.file()) + "\n" + String.join("\n", keys) + "\n");
        return job;
    }

    final void apply(FlightsJob job) {
        command("job", "apply", job.file().toString()).expect(0);
    }

    final CommandResult command(String... words) {
        return system.command(words);
    }

    /// What a command prints that succeeds.
    final String out(String... words) {
        return command(words).expect(0).out();
    }

    static List<JsonNode> list(CommandResult result) throws IOException {
        result.expect(0);
        return StreamSupport.stream(JSON.readTree(result.out()).spliterator(), false)
                .toList();
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    final List<JsonNode> runs(String job, String... more) throws IOException {
        return list(
                command(Stream.concat(Stream.of("job", "runs", job, "-o", "json", "--limit", "500"), Stream.of(more))
                        .toArray(String[]::new)));
    }

    static long count(List<JsonNode> runs, String state) {
        return runs.stream()
                .filter(run -> run.get("state").asText().equals(state))
                .count();
    }

    /// Waits until so many runs of a job are published.
    final void awaitPublished(String job, int count) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<JsonNode> runs = runs(job);
            assertThat(count(runs, "published")).as("of %s", runs).isEqualTo(count);
        });
    }

    /// Waits until a run of a job has a batch in a state.
    ///
    /// @return the batch
    final String awaitBatch(String job, String state) {
        return await().atMost(PATIENCE)
                .until(
                        () -> runs(job).stream()
                                .filter(run -> run.has("batch"))
                                .map(run -> run.get("batch").asText())
                                .filter(batch -> state(batch).equals(state))
                                .findFirst()
                                .orElse(""),
                        batch -> !batch.isEmpty());
    }

    final String state(String batch) {
        return command("batch", "show", batch, "-o", "json")
                .expect(0)
                .json()
                .get("state")
                .asText();
    }
}
