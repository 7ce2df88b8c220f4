package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The duration that `plan` forecasts from the ledger.
final class PlanForecastIT {

    @TempDir
    private Path folder;

    @Test
    void aPlanForecastsTheDurationByTheLastPublishedBatch() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        CommandResult run = InProcess.run(job);
        String batch = run.json().get("batch").asText();
        Path ledger = job.home().resolve("ledger/ledger.mv.db");
        byte[] before = Files.readAllBytes(ledger);

        assertThat(plan(job, job.home()).expect(0).out())
                .containsPattern("duration +about \\d+ s, at the [0-9,]+ rows/s of " + batch);
        assertThat(Files.readAllBytes(ledger)).isEqualTo(before);
        assertThat(job.home().resolve("ledger")).isDirectoryNotContaining("glob:**.trace.db");

        try (EmbeddedLedger held = EmbeddedLedger.open(job.home())) {
            assertThat(held.ledger().registerEvents()).isNotEmpty();
            assertThat(plan(job, job.home()).expect(0).out()).contains("duration    unknown");
            forgetTheEnd(held);
        }
        assertThat(plan(job, job.home()).expect(0).out())
                .as("though the register hasn't heard of the batch's end")
                .contains("rows/s of " + batch);
    }

    private static void forgetTheEnd(EmbeddedLedger held) throws SQLException {
        try (Connection connection = held.ledger().connect();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    "DELETE FROM \"event_journal\" WHERE \"persistence_id\" LIKE 'jobs%' AND \"sequence_number\" > 1");
        }
    }

    private static CommandResult plan(FlightsJob job, Path home) {
        return CommandResult.of(Main.commandLine(), "plan", job.file().toString(), "--home", home.toString());
    }
}
