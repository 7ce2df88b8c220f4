package io.nightshift.system.integrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `batch submit --wait`, as an orchestrator runs it: the exit statuses of `docs/how-to/orchestrators.md`,
/// with a server that is killed and a command that is run again.
@Timeout(600)
final class WaitingCommandIT {

    private static final Duration SOON = Duration.ofMinutes(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path folder = Path.of("");

    private static @Nullable HomeServer running;
    private static @Nullable ScoringGate scoring;
    private static String[] options = {};

    @BeforeAll
    static void start() throws IOException {
        ScoringGate gate = ScoringGate.opened(folder.resolve("gate"));
        scoring = gate;
        options = new String[] {"--http-port", String.valueOf(FreePort.any())};
        running = new HomeServer(folder, gate, options);
    }

    @AfterAll
    static void stop() {
        if (running != null) {
            running.close();
        }
    }

    private static HomeServer server() {
        return Objects.requireNonNull(running);
    }

    /// The server has one scoring thread, which waits at this gate while it is closed.
    private static ScoringGate gate() {
        return Objects.requireNonNull(scoring);
    }

    @AfterEach
    void openTheGate() throws IOException {
        gate().open();
    }

    /// Lets two partitions of a job through, and holds the others. What is left of an earlier test's batch passes.
    private static void holdAfterTwo(String job) throws IOException {
        gate().close(job);
        gate().admit(2);
    }

    /// The arguments of a command that submits the example under another name and waits.
    private static List<String> submit(String name, String... more) throws IOException {
        FlightsJob job = FlightsJob.in(folder.resolve(name));
        List<String> arguments = new ArrayList<>(List.of(
                "batch",
                "submit",
                job.file().toString(),
                "--set",
                "job=" + name,
                "--set",
                "partitions.rows=10000",
                "--wait",
                "-o",
                "json",
                "--server",
                server().address().toString(),
                "--token-file",
                LocalToken.file(server().home()).toString()));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static CommandResult run(List<String> arguments) {
        String[] all = arguments.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }

    /// The arguments of another command of `batch`.
    private static List<String> batch(String... command) {
        List<String> arguments = new ArrayList<>(List.of("batch"));
        arguments.addAll(List.of(command));
        arguments.addAll(List.of(
                "-o",
                "json",
                "--server",
                server().address().toString(),
                "--token-file",
                LocalToken.file(server().home()).toString()));
        return arguments;
    }

    /// The latest batch of a job, once it has committed two partitions and the third one waits at the gate.
    private static JsonNode awaitTwoCommits(String name) throws IOException {
        List<String> list = batch("list", "--job", name);
        JsonNode held = await().atMost(SOON)
                .ignoreExceptions()
                .until(
                        () -> JSON.readTree(run(list).out()).get(0),
                        batch -> batch.get("committed").asInt() == 2);
        gate().awaitWaiting(1);
        return held;
    }

    @Test
    @Nightly(shortForm = "PythonIntegrationsIT.theClientWorksWithANodeThatIsKilledMidway")
    void theWaitContinuesWhenTheNodeIsKilledAndStartedAgain() throws Exception {
        holdAfterTwo("killed");
        try (ProgramProcess command = ProgramProcess.start(folder, submit("killed"))) {
            awaitTwoCommits("killed");
            server().kill();
            await().atMost(SOON).until(() -> command.err().contains("Waiting: cannot reach"));
            gate().open();
            server().restart(options);
            CommandResult end = command.end();
            assertThat(end.status()).as(end.err()).isZero();
            assertThat(end.json().get("state").asText()).isEqualTo("published");
            assertThat(end.json().get("rows").asInt()).isEqualTo(FlightsJob.ROWS);
        }
        run(submit("killed")).expect(0);
    }

    @Test
    void aTransientFailureEndsWith75AndTheCommandCanBeRepeated() throws Exception {
        String[] options = {"--set", "retry.storage=1s", "--key", "the-night"};
        Path predictions = folder.resolve("outage/predictions");
        Path aside = folder.resolve("outage/aside");
        String batch;
        holdAfterTwo("outage");
        try (ProgramProcess command = ProgramProcess.start(folder, submit("outage", options))) {
            batch = awaitTwoCommits("outage").get("batch").asText();
            // Nothing can be written any more.
            Files.move(predictions, aside);
            Files.writeString(predictions, "not a folder");
            gate().open();
            CommandResult end = command.end();
            assertThat(end.status()).as(end.out() + end.err()).isEqualTo(75);
            assertThat(end.json().get("state").asText()).isEqualTo("failed");
        }
        Files.delete(predictions);
        Files.move(aside, predictions);

        CommandResult again = run(submit("outage", options));
        assertThat(again.status()).as(again.out() + again.err()).isZero();
        assertThat(again.json().get("batch").asText()).isEqualTo(batch);
        assertThat(again.json().get("state").asText()).isEqualTo("published");
    }

    @Test
    void aFailureForGoodEndsWith1() throws Exception {
        String wrong = "source.select.distance=if(distance = 733, 'inf'::DOUBLE, distance)";
        CommandResult end = run(submit("failing", "--set", wrong, "--set", "errors.max-rows=1"));
        assertThat(end.status()).as(end.out() + end.err()).isEqualTo(1);
        assertThat(end.json().get("reason").asText()).contains("quarantined");
        run(submit("failing", "--set", "partitions.row=1")).expect(2, "partitions.row");
    }

    @Test
    void anInterruptedWaitEndsWith130AndTheBatchContinues() throws Exception {
        String batch;
        holdAfterTwo("interrupted");
        try (ProgramProcess command = ProgramProcess.start(folder, submit("interrupted"))) {
            batch = awaitTwoCommits("interrupted").get("batch").asText();
            command.signal("TERM");
            CommandResult end = command.end();
            assertThat(end.status()).as(end.err()).isEqualTo(130);
            assertThat(end.err())
                    .contains("Stopped waiting. The batch continues. Watch it: nightshift batch watch " + batch);
        }
        List<String> again = submit("interrupted");
        again.remove("--wait");
        CommandResult resumed = run(again).expect(0);
        assertThat(resumed.json().get("batch").asText()).isEqualTo(batch);
        assertThat(resumed.json().get("resumed").asBoolean()).isTrue();
        run(batch("cancel", batch)).expect(0);
    }

    @Test
    void aCommandThatReachesNoNodeEndsWith75IfItWaits() throws Exception {
        List<String> arguments = submit("nobody");
        arguments.set(arguments.indexOf("--server") + 1, "http://127.0.0.1:" + FreePort.any());
        run(arguments).expect(75, "nothing listens there");
        arguments.remove("--wait");
        run(arguments).expect(2, "nothing listens there");
    }
}
