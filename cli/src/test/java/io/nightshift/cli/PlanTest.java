package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.ledger.EmbeddedLedger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `plan`.
final class PlanTest {

    @TempDir
    private Path folder;

    @Test
    void aPlanSaysInASentenceWhatARunWouldDoAndTouchesNothing() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Set<String> before = job.files();

        Program.End end = plan(job, job.home());

        assertThat(end.expect(0).out())
                .startsWith("Run once, by hand, processing 300,000 rows from %s writing to %s"
                        .formatted(FlightsJob.example().resolve("flights.parquet"), job.predictions()))
                .containsPattern("partitions +\\d+ \\(")
                .containsPattern("memory +\\d+ MB \\(")
                .contains("duration    unknown: no batch of this job has been published here");
        assertThat(end.err()).isEmpty();
        assertThat(job.files()).isEqualTo(before);
    }

    @Test
    void aPlanWithAConditionCountsAllRowsAndSaysTheCondition() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("source:", "source:\n  where: distance > 500");

        assertThat(plan(job, job.home()).expect(0).out()).contains("where distance > 500", "300,000 rows");
    }

    @Test
    void aPlanForecastsTheDurationByTheLastPublishedBatch() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Program.End run = job.runs();
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

    @Test
    void aPlanNeedsNoHome() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Path file = Files.createFile(folder.resolve("no folder"));

        plan(job, file.resolve("home")).expect(0);
    }

    private static Program.End plan(FlightsJob job, Path home) {
        return Program.here("plan", job.file().toString(), "--home", home.toString());
    }
}
