package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Commands that control batches and jobs on a home folder without a server: each starts a node of its own.
@Timeout(600)
final class HomeNodeIT {

    @TempDir
    private Path folder;

    private FlightsJob job;

    private CommandResult command(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    /// Leaves an open batch with commits behind, as a crash does.
    private void killARun() throws Exception {
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(3);
        try (ProgramProcess run = ProgramProcess.start(folder, gate, job.run("--threads", "1"))) {
            gate.awaitWaiting(1);
            command("batch", "pause", "latest").expect(2, "is using " + job.home());
            run.kill();
            run.end();
        }
    }

    @Test
    void anOpenBatchIsPausedAndResumedToItsEnd() throws Exception {
        job = FlightsJob.on(folder, "FROM flights");
        killARun();

        assertThat(command("batch", "pause", "latest", "--reason", "lunch")
                        .expect(0)
                        .out())
                .contains("Paused batch flights-");
        assertThat(command("batch", "show", "latest").expect(0).out()).contains("paused", "lunch");
        command("batch", "watch", "latest").expect(1, "Paused", "Resume with: ");
        assertThat(job.published()).isEmpty();

        CommandResult resumed = command("batch", "resume", "latest").expect(0);
        assertThat(resumed.out()).contains("Resumed batch flights-", "Published 300,000 predictions");
        assertThat(job.published()).hasSize(1);
        command("batch", "verify", "latest").expect(0);
    }

    @Test
    void aJobIsAppliedAndRunsWhenItIsTriggeredAndNotByItsSchedule() throws Exception {
        job = FlightsJob.on(folder, "FROM flights LIMIT 3000");
        Files.writeString(job.file(), Files.readString(job.file()) + "\nschedule: {cron: \"0 2 * * *\"}\n");

        CommandResult applied = command("job", "apply", job.file().toString()).expect(0, "nightshift serve");
        assertThat(applied.out()).contains("Applied job flights.");
        assertThat(command("job", "trigger", "flights").expect(0).out())
                .contains("Triggered job flights: batch ", "Published 3,000 predictions");
        assertThat(command("job", "runs", "flights").expect(0).out())
                .contains("manual")
                .doesNotContain("schedule ");
        assertThat(job.published()).hasSize(1);
        assertThat(command("job", "delete", "flights").expect(0).out()).contains("Deleted job flights");
    }

    @Test
    void aHomeFolderWithoutALedgerStaysEmpty() {
        job = new FlightsJob(folder);

        for (String verb : List.of("pause", "watch", "retry", "cancel")) {
            command("batch", verb, "latest").expect(2, "no batch has run with the home folder", "--home", "--server");
        }
        assertThat(command("node", "list").expect(0).out()).contains("No node runs on the home folder.");
        assertThat(folder).isEmptyDirectory();
    }
}
