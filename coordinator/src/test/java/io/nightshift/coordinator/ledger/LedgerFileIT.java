package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.LedgerExport;
import io.nightshift.api.LedgerReport;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.incremental.FileKey;
import io.nightshift.coordinator.incremental.PlannedRowsContract;
import io.nightshift.coordinator.incremental.ReadFiles;
import io.nightshift.coordinator.incremental.ReadFilesContract;
import io.nightshift.coordinator.retention.RemovedBatchesContract;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checks a journal, exports it, and imports it again.
class LedgerFileIT {

    private static final BatchId OTHER = new BatchId("flights-2");

    @TempDir
    Path folder = Path.of("");

    private Path home;

    @BeforeEach
    void aHomeWithTwoBatches() {
        home = folder.resolve("home");
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            for (BatchId batch : List.of(ExampleBatch.BATCH, OTHER)) {
                JournalTableWriter.write(
                        ledger.ledger(),
                        new BatchRegisterEvent.Opened(
                                ExampleBatch.AT, batch, ExampleBatch.submission(ExampleBatch.job()), null, null));
                JournalTableWriter.write(
                        ledger.ledger(),
                        batch,
                        new BatchEvent.Submitted(ExampleBatch.AT, batch, ExampleBatch.job(), ExampleBatch.MODEL, null),
                        new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"),
                        new BatchEvent.TookOver(ExampleBatch.AT, 2, "node:2"));
            }
        }
    }

    private static List<String> hashes(Ledger ledger) {
        List<String> hashes = new ArrayList<>();
        for (BatchId batch : List.of(ExampleBatch.BATCH, OTHER)) {
            ledger.forEach(batch, (number, entry) -> hashes.add(number + " " + entry.hash()));
        }
        return hashes;
    }

    private List<String> hashes(Path of) {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(of)) {
            return hashes(ledger.ledger());
        }
    }

    private LedgerReport check() {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            return LedgerCheck.of(ledger.ledger());
        }
    }

    private Path export() {
        Path file = folder.resolve("export.json");
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            LedgerFile.write(ledger.ledger(), null, file);
        }
        return file;
    }

    private void execute(String sql) throws SQLException {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home);
                Connection connection = ledger.ledger().connect();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(sql)).isEqualTo(1);
        }
    }

    @Nested
    class ACheck {

        @Test
        void findsNothingInAWholeLedger() {
            LedgerReport result = check();

            assertThat(result.findings()).isEmpty();
            assertThat(result.entries()).isEqualTo(8);
            assertThat(result.batches()).isEqualTo(2);
        }

        @Test
        void findsAMissingEntry() throws SQLException {
            execute(
                    "DELETE FROM \"event_journal\" WHERE \"persistence_id\" = 'batch|flights-2' AND \"sequence_number\" = 2");

            assertThat(check().findings())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.batch()).isEqualTo(OTHER.value()))
                    .satisfies(finding -> assertThat(finding.problem()).isEqualTo("entry 2 is missing"));
        }

        @Test
        void findsAChangedEntry() throws SQLException {
            execute(
                    "UPDATE \"event_journal\" SET \"event_payload\" = (SELECT \"event_payload\" FROM \"event_journal\" WHERE \"persistence_id\" = 'batch|flights-2' AND \"sequence_number\" = 3) WHERE \"persistence_id\" = 'batch|flights-2' AND \"sequence_number\" = 2");

            assertThat(check().findings())
                    .singleElement()
                    .satisfies(finding ->
                            assertThat(finding.problem()).contains("its hash does not follow from the entry before"));
        }

        @Test
        void findsABatchThatTheRegisterHasLost() throws SQLException {
            execute(
                    "UPDATE \"event_journal\" SET \"event_payload\" = X'00' WHERE \"persistence_id\" LIKE 'register|%' AND \"sequence_number\" = 1");

            assertThat(check().findings())
                    .anySatisfy(finding -> assertThat(finding.problem()).startsWith("entry 1 can't be read"))
                    .anySatisfy(finding -> {
                        assertThat(finding.batch()).isEqualTo(ExampleBatch.BATCH.value());
                        assertThat(finding.problem()).startsWith("the batch register does not know this batch");
                    });
        }

        @Test
        void findsABatchThatLacksItsEnd() {
            try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
                JournalTableWriter.write(
                        ledger.ledger(), new BatchRegisterEvent.Ended(ExampleBatch.AT, OTHER, Phase.PUBLISHED));
            }

            assertThat(check().findings())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.problem()).contains("its last entries are missing"));
        }
    }

    @Nested
    class AnExport {

        @Test
        void isImportedIntoAnotherHomeAndIsTheSame() {
            Path copy = folder.resolve("copy");

            LedgerExport summary = EmbeddedLedger.create(copy, export());

            assertThat(summary.entries()).isEqualTo(8);
            assertThat(summary.damaged()).isEmpty();
            assertThat(hashes(copy)).isEqualTo(hashes(home)).hasSize(6);
        }

        @Test
        void hasTheFilesThatWereRead() throws SQLException {
            SourceFile read = new SourceFile("/lake/a.parquet", 1, ExampleBatch.AT, 1, "0".repeat(32));
            SourceFile nothingNew = new SourceFile("/lake/b.parquet", 1, ExampleBatch.AT, 0, "0".repeat(32));
            Job job = ExampleBatch.job().with(new NewFiles(false));
            BatchId batch = new BatchId("flights-3");
            try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
                JournalTableWriter.write(
                        ledger.ledger(),
                        batch,
                        new BatchEvent.Submitted(ExampleBatch.AT, batch, job, ExampleBatch.MODEL, "1".repeat(64)),
                        new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"),
                        new BatchEvent.Planned(
                                ExampleBatch.AT, List.of(read, nothingNew), PartitionPlan.of(1), "2".repeat(64), null));
                ReadFilesContract.hold(ledger.ledger().readFiles());
                PlannedRowsContract.hold(ledger.ledger().rowSets());
                RemovedBatchesContract.hold(ledger.ledger().removedBatches());
                StepRunsContract.hold(ledger.ledger().stepRuns());
            }
            Path copy = folder.resolve("copy");
            EmbeddedLedger.create(copy, export());

            try (EmbeddedLedger ledger = EmbeddedLedger.open(copy)) {
                assertThat(ledger.ledger()
                                .readFiles()
                                .find(FileKey.read(job.incrementalSource(), List.of(read, nothingNew))))
                        .isEqualTo(Map.of(
                                FileKey.of(job.incrementalSource(), read),
                                List.of(new ReadFiles.Reading(batch, "2".repeat(64), false))));
                assertThat(ledger.ledger()
                                .fileMarks()
                                .unread(OTHER, List.of(FileKey.of(job.incrementalSource(), read))))
                        .as("the batch may still be published")
                        .isEmpty();
            }
        }

        @Test
        void movesToAClusterAndBack() throws IOException {
            Path file = export();
            Path back = folder.resolve("back.json");
            try (EmbeddedPostgres postgres = PostgresServer.startEmbedded()) {
                Ledger cluster = PostgresLedger.at(new DataSourceSettings(
                        "journal",
                        "jdbc:postgresql://localhost:%d/postgres".formatted(postgres.getPort()),
                        "postgres",
                        null));

                LedgerFile.intoCluster(cluster, file);

                assertThat(hashes(cluster)).isEqualTo(hashes(home));
                assertThat(LedgerCheck.of(cluster).findings()).isEmpty();
                assertThatThrownBy(() -> LedgerFile.intoCluster(cluster, file))
                        .isInstanceOf(FailureException.class)
                        .hasMessageContaining("the journal has entries already");
                LedgerFile.write(cluster, null, back);
            }
            assertThat(back).hasSameTextualContentAs(file);
        }

        @Test
        void ofOneBatchHasOnlyItsEntries() {
            Path file = folder.resolve("one.json");
            try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
                assertThat(LedgerFile.write(ledger.ledger(), OTHER, file).entries())
                        .isEqualTo(3);
                assertThatThrownBy(() -> LedgerFile.write(ledger.ledger(), OTHER, file))
                        .hasMessageContaining("exists already");
            }
        }

        @Test
        void ofADamagedBatchSaysSoAndKeepsTheDamage() throws SQLException {
            execute(
                    "DELETE FROM \"event_journal\" WHERE \"persistence_id\" = 'batch|flights-2' AND \"sequence_number\" = 2");
            Path copy = folder.resolve("copy");

            assertThat(EmbeddedLedger.create(copy, export()).damaged()).containsExactly(OTHER.value());

            assertThat(hashes(copy)).isEqualTo(hashes(home)).hasSize(5);
        }

        @Test
        void thatWasCutOrChangedIsRefusedAndCreatesNothing() throws IOException {
            String whole = Files.readString(export());
            List<String> lines = whole.lines().toList();
            Path changed = folder.resolve("changed.json");
            Path copy = folder.resolve("copy");
            for (String content : List.of(
                    "",
                    "{}\n",
                    whole.substring(0, whole.length() / 2),
                    String.join("\n", lines.subList(0, lines.size() - 1)) + "\n",
                    whole.replaceFirst("\"number\":3", "\"number\":4"),
                    whole + lines.getLast())) {
                Files.writeString(changed, content);

                assertThatThrownBy(() -> EmbeddedLedger.create(copy, changed))
                        .as(content)
                        .isInstanceOf(FailureException.class)
                        .hasMessageContaining(changed.toString());
                assertThat(EmbeddedLedger.exists(copy)).isFalse();
                assertThat(copy.resolve("home.json")).doesNotExist();
            }
        }

        @Test
        void isNotImportedOverALedger() {
            Path file = export();

            assertThatThrownBy(() -> EmbeddedLedger.create(home, file)).hasMessageContaining("has a ledger already");
            assertThat(hashes(home)).hasSize(6);
        }

        @Test
        void givesALostLedgerBack() throws IOException {
            Path file = export();
            List<String> before = hashes(home);
            Files.delete(home.resolve("ledger/ledger.mv.db"));

            EmbeddedLedger.create(home, file);

            assertThat(hashes(home)).isEqualTo(before);
        }
    }
}
