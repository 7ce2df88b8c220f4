package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.incremental.PlannedRowsContract;
import io.nightshift.coordinator.incremental.ReadFilesContract;
import io.nightshift.coordinator.retention.RemovedBatchesContract;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A journal that a later version has had its hands on.
class PostgresLedgerIT {

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() throws IOException {
        postgres = PostgresServer.startEmbedded();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private static Ledger ledger(String database) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
        return PostgresLedger.at(new DataSourceSettings(
                "journal",
                "jdbc:postgresql://localhost:%d/%s".formatted(postgres.getPort(), database),
                "postgres",
                null));
    }

    @Test
    void remembersWhichFilesWereRead() throws SQLException {
        Ledger ledger = ledger("files");
        PostgresLedger.migrate(ledger);

        ReadFilesContract.hold(ledger.readFiles());
        PlannedRowsContract.hold(ledger.rowSets());
        RemovedBatchesContract.hold(ledger.removedBatches());
        StepRunsContract.hold(ledger.stepRuns());
    }

    @Test
    void settingsOfTheJournalsUserThatLoseCommitsAreNamed() throws SQLException {
        Ledger ledger = ledger("risky");
        execute(ledger, "ALTER DATABASE risky SET synchronous_commit = on");
        assertThat(ledger.durabilityRisk())
                .as("as the test's server is started")
                .isEqualTo("fsync is off");

        execute(ledger, "ALTER DATABASE risky SET synchronous_commit = off");

        assertThat(ledger.durabilityRisk()).isEqualTo("fsync is off, synchronous_commit is off");
    }

    private static void execute(Ledger ledger, String... statements) throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /// Changes the tables as the migration of a later version would, and records it in Flyway's table.
    private static void migrateBeyond(Ledger ledger) throws SQLException {
        execute(ledger, "ALTER TABLE member ADD COLUMN zone text", "CREATE TABLE schedule (job text PRIMARY KEY)", """
                INSERT INTO schema_history(installed_rank, version, description, type, script, checksum, installed_by,
                    execution_time, success)
                SELECT MAX(installed_rank) + 1, '99', 'later', 'SQL', 'V99__later.sql', 7, 'nightshift', 1, true
                FROM schema_history
                """);
    }

    @Test
    void aNodeStartsOnASchemaThatALaterVersionHasMigrated() throws SQLException {
        Ledger ledger = ledger("migrated");
        PostgresLedger.migrate(ledger);
        BatchState before = JournalTableWriter.write(
                ledger,
                ExampleBatch.BATCH,
                new BatchEvent.Submitted(
                        ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.job(), ExampleBatch.MODEL, null));
        migrateBeyond(ledger);

        PostgresLedger.migrate(ledger);

        assertThat(ledger.state(ExampleBatch.BATCH).head()).isEqualTo(before.head());
        JournalTableWriter.write(ledger, before, new BatchEvent.TookOver(ExampleBatch.AT, 1, "older:7355"));
        assertThat(ledger.entries(ExampleBatch.BATCH)).isEqualTo(2);
    }

    @Test
    void aMigrationThatWasChangedIsRefused() throws SQLException {
        Ledger ledger = ledger("changed");
        PostgresLedger.migrate(ledger);
        execute(ledger, "UPDATE schema_history SET checksum = 1 WHERE version = '1'");

        assertThatThrownBy(() -> PostgresLedger.migrate(ledger))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("the journal's schema can't be migrated");
    }
}
