package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A `run` that is interrupted with Ctrl-C.
final class InterruptionIT {

    private static final Pattern COMMITTED = Pattern.compile(" committed");
    private static final Pattern SEEN = Pattern.compile("\\b3/\\d+ partitions");
    private static final int ROWS = 60_000;
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    @Test
    void anInterruptedRunStopsSaysWhatIsKeptAndCanBeResumed() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT " + ROWS);
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(3);
        List<String> arguments = job.run("--set", "partitions.rows=5000", "--threads", "1");
        try (ProgramProcess program = ProgramProcess.start(folder, gate, arguments)) {
            assertThat(program.awaitLog(job.log(), COMMITTED, 3)).isTrue();
            gate.awaitWaiting(1);
            // The message has the state that the program has seen last.
            await().atMost(SOON).until(() -> SEEN.matcher(program.err()).find());
            program.signal(isInterruptIgnored() ? "TERM" : "INT");
            CommandResult end = program.end();
            assertThat(ProgramProcess.matches(job.log(), COMMITTED)).isEqualTo(3);
            assertThat(end.status()).isEqualTo(130);
            assertThat(end.err())
                    .containsPattern("Interrupted\\. Batch flights-\\S+ keeps the 3 of its \\d+ partitions that are"
                            + " committed")
                    .contains("Resume with: nightshift run " + folder.resolve("job.yaml"));
        }
        CommandResult end = InProcess.run(arguments.toArray(String[]::new));
        assertThat(end.status()).as(end.err()).isZero();
        assertThat(end.json().get("resumed").asBoolean()).isTrue();
        assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(end.json().get("rows_this_run").asInt())
                .as("only the rows of the second process, of which the throughput is reported")
                .isLessThanOrEqualTo(ROWS - 3 * 4_000)
                .isPositive();
    }

    @Test
    void anEarlyInterruptionSaysWhatHappenedAndHowToResume() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT " + ROWS);
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        try (ProgramProcess program = ProgramProcess.start(folder, gate, job.run("--threads", "1"))) {
            gate.awaitWaiting(1);
            program.signal(isInterruptIgnored() ? "TERM" : "INT");
            CommandResult end = program.end();
            assertThat(end.status()).isEqualTo(130);
            assertThat(end.err())
                    .containsPattern("Interrupted\\. Batch flights-\\S+ is open\\. None of its partitions is committed")
                    .contains("Resume with: nightshift run " + folder.resolve("job.yaml"));
        }
    }

    /// The gate holds the first run until the second one waits for it.
    @Test
    void aRunThatWaitsStartsWhenTheOtherHasEnded() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT " + ROWS);
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(1);
        List<String> arguments = job.run("--set", "partitions.rows=5000", "--threads", "1");
        Pattern waiting =
                Pattern.compile("Waiting for process (\\d+) \\(nightshift run \\S+.*, since 20\\S+Z\\), which uses "
                        + Pattern.quote(job.home().toString()) + "\\.");
        try (ProgramProcess first = ProgramProcess.start(folder, gate, arguments)) {
            assertThat(first.awaitLog(job.log(), COMMITTED, 1)).isTrue();
            gate.awaitWaiting(1);
            try (ProgramProcess second =
                    ProgramProcess.start(folder, job.run("--set", "partitions.rows=5000", "--wait"))) {
                await().atMost(SOON).until(() -> waiting.matcher(second.err()).find());
                Matcher named = waiting.matcher(second.err());
                assertThat(named.find()).isTrue();
                assertThat(named.group(1)).isEqualTo(String.valueOf(first.id()));

                gate.open();
                first.end().expect(0);
                assertThat(second.end()
                                .expect(0)
                                .json()
                                .get("already_published")
                                .asBoolean())
                        .as("the second reads the ledger only after the first has published")
                        .isTrue();
            }
        }
    }

    /// Whether this process ignores SIGINT, as in a shell's background. Child processes inherit that.
    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String mask = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> line.substring("SigIgn:".length()).strip())
                .findFirst()
                .orElse("0");
        return (Long.parseUnsignedLong(mask, 16) & 2) != 0;
    }
}
