package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A home folder that has lost its ledger does not publish the same input again.
final class LostLedgerIT {

    private static final String FEW = "SELECT * FROM flights LIMIT 3000";

    @TempDir
    private Path folder;

    @Test
    void anEmptiedLedgerIsRefusedAndAnImportGivesItBack() throws Exception {
        FlightsJob job = FlightsJob.on(folder, FEW);
        InProcess.run(job).expect(0);
        String home = job.home().toString();
        String export = folder.resolve("export.json").toString();
        ledger("export", export, "--home", home);
        ledger("check", "--home", home);

        Files.write(job.home().resolve("ledger/ledger.mv.db"), new byte[0]);
        InProcess.run(job).expect(2, "the ledger of %s is empty".formatted(home), "nightshift ledger import");

        Files.delete(job.home().resolve("ledger/ledger.mv.db"));
        InProcess.run(job).expect(2, "the ledger of %s is gone".formatted(home));

        ledger("import", export, "--home", home);
        assertThat(InProcess.run(job).expect(0).json().get("already_published").asBoolean())
                .isTrue();
        assertThat(job.published()).hasSize(1);
    }

    private static void ledger(String... arguments) {
        CommandResult.of(
                        Main.commandLine("ledger"),
                        Stream.concat(Stream.of("ledger"), Stream.of(arguments)).toArray(String[]::new))
                .expect(0);
    }

    @Test
    void aDestinationWithABatchThatTheLedgerDoesNotKnowIsASign() throws Exception {
        FlightsJob job = FlightsJob.on(folder, FEW);
        InProcess.run(job).expect(0);
        Path batch = job.published().getFirst();

        InProcess.run(
                        "run",
                        job.file().toString(),
                        "--home",
                        folder.resolve("other").toString())
                .expect(2, "%s of this job, which the ledger does not know".formatted(name(batch)), "--new");
        assertThat(job.published()).containsExactly(batch);

        String[] again = {
            "run", job.file().toString(), "--home", folder.resolve("other").toString(), "--new"
        };
        InProcess.run(again).expect(0);
        assertThat(job.published()).hasSize(2);
        InProcess.run(
                        "run",
                        job.file().toString(),
                        "--home",
                        folder.resolve("other").toString())
                .expect(0);
    }

    private static String name(Path batch) {
        return String.valueOf(batch.getFileName()).replace("batch=", "batch ");
    }
}
