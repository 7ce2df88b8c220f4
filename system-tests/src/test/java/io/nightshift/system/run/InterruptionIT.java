package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A `run` that is interrupted with Ctrl-C.
final class InterruptionIT {

    private static final Pattern COMMITTED = Pattern.compile(" committed");

    @TempDir
    private Path folder;

    @Test
    void anInterruptedRunStopsSaysWhatIsKeptAndCanBeResumed() throws Exception {
        // Long enough to be still running when the signal arrives.
        FlightsJob job = FlightsJob.on(folder, "SELECT flights.* FROM flights, range(5)");
        List<String> arguments = job.run("--set", "partitions.rows=5000", "--threads", "1");
        try (ProgramProcess program = ProgramProcess.start(folder, arguments)) {
            program.awaitLog(job.log(), COMMITTED, 3);
            program.signal(isInterruptIgnored() ? "TERM" : "INT");
            CommandResult end = program.end();
            assertThat(ProgramProcess.matches(job.log(), COMMITTED))
                    .as("committed partitions of 300")
                    .isLessThan(150);
            assertThat(end.status()).isEqualTo(130);
            assertThat(end.err())
                    .containsPattern("Interrupted\\. Batch flights-\\S+ keeps the \\d+ of its \\d+ partitions that are"
                            + " committed")
                    .contains("Resume with: nightshift run " + folder.resolve("job.yaml"));
        }
        CommandResult end = ProgramProcess.run(folder, arguments.toArray(String[]::new));
        assertThat(end.status()).as(end.err()).isZero();
        assertThat(end.json().get("resumed").asBoolean()).isTrue();
        assertThat(end.json().get("predictions").asInt()).isEqualTo(5 * FlightsJob.ROWS);
        assertThat(end.json().get("rows_this_run").asInt())
                .as("only the rows of the second process, of which the throughput is reported")
                .isLessThanOrEqualTo(5 * FlightsJob.ROWS - 3 * 4_000)
                .isPositive();
    }

    @Test
    void anInterruptionBeforeTheFirstCommitSaysWhatHappenedAndHowToResume() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "SELECT flights.* FROM flights, range(100)");
        List<String> arguments = job.run("--set", "partitions.rows=100000000", "--threads", "1");
        try (ProgramProcess program = ProgramProcess.start(folder, arguments)) {
            program.awaitLog(job.log(), Pattern.compile("planned"), 1);
            program.signal(isInterruptIgnored() ? "TERM" : "INT");
            CommandResult end = program.end();
            assertThat(end.status()).isEqualTo(130);
            assertThat(end.err())
                    .containsPattern("Interrupted\\. Batch flights-\\S+ is open\\. None of its partitions is committed")
                    .contains("Resume with: nightshift run " + folder.resolve("job.yaml"));
        }
    }

    @Test
    void aRunThatWaitsStartsWhenTheOtherHasEnded() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "SELECT flights.* FROM flights, range(5)");
        List<String> arguments = job.run("--set", "partitions.rows=5000", "--threads", "1");
        try (ProgramProcess first = ProgramProcess.start(folder, arguments)) {
            first.awaitLog(job.log(), COMMITTED, 1);
            CommandResult second = ProgramProcess.run(
                    folder, job.run("--set", "partitions.rows=5000", "--wait").toArray(String[]::new));
            first.end().expect(0);
            second.expect(0);
            assertThat(second.err())
                    .containsPattern(
                            "Waiting for process %d \\(nightshift run \\S+.*, since 20\\S+Z\\), which uses %s\\."
                                    .formatted(first.id(), job.home()));
            assertThat(second.json().get("already_published").asBoolean())
                    .as("the second reads the ledger only after the first has published")
                    .isTrue();
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
