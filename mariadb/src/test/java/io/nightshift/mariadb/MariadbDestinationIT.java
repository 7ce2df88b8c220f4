package io.nightshift.mariadb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.TcpProxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract on a real MariaDB.
class MariadbDestinationIT extends DestinationContract {

    private static final MariadbDestination TABLE = new MariadbDestination(
            "db", null, "scores", List.of(new MariadbDestination.Index(List.of("prediction", "note"))));

    private String database = "";
    private int port = MariadbServer.shared().port();

    @Override
    protected Destination destination() throws SQLException {
        database = MariadbServer.shared().create();
        return TABLE;
    }

    @AfterEach
    void drop() throws SQLException {
        MariadbServer.shared().execute("mysql", "DROP DATABASE " + database);
    }

    @Override
    protected DataSources dataSources() {
        return new DataSources(Map.of(
                "db",
                new DataSourceSettings(
                        "db",
                        MariadbServer.shared()
                                .url(database)
                                .replace(":" + MariadbServer.shared().port(), ":" + port),
                        MariadbServer.OWNER,
                        MariadbServer.OWNER)));
    }

    private void execute(String sql) throws SQLException {
        MariadbServer.shared().execute(database, sql);
    }

    private String row(String sql) throws SQLException {
        try (Connection connection = MariadbServer.shared().connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private boolean isMade() throws SQLException {
        return !row("SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'scores'")
                .equals("0");
    }

    @Override
    protected Seen seen() throws SQLException {
        if (!isMade()) {
            return NOTHING;
        }
        try (Connection connection = MariadbServer.shared().connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), count(DISTINCT record_id), (SELECT count(*) FROM scores_quarantine) FROM scores")) {
            row.next();
            return new Seen(row.getLong(1), row.getLong(2), row.getLong(3));
        }
    }

    /// A database that answers knows its batches.
    @Override
    protected List<Obstacle> absences() {
        return List.of();
    }

    @Override
    protected Step neighbours() throws SQLException {
        execute("CREATE TABLE scores_mine AS SELECT 1 AS mine");
        execute("CREATE TABLE nightshift_mine AS SELECT 1 AS mine");
        return () -> {
            assertThat(row("SELECT count(*) FROM scores_mine")).isEqualTo("1");
            assertThat(row("SELECT count(*) FROM nightshift_mine")).isEqualTo("1");
        };
    }

    @Override
    protected Optional<Boolean> left() throws SQLException {
        if (!isMade()) {
            return Optional.of(false);
        }
        String counts =
                "SELECT (SELECT count(*) FROM scores_batches) + (SELECT count(*) FROM scores_quarantine_batches) + (SELECT count(*) FROM nightshift_parts) + (SELECT count(*) FROM nightshift_batches)";
        return Optional.of(!row(counts).equals("0"));
    }

    @Override
    protected void tamper(Tampering tampering) throws SQLException {
        execute(
                switch (tampering) {
                    case A_ROW_IS_MISSING -> "DELETE FROM scores_batches WHERE record_id = 'r12'";
                    case A_ROW_IS_DOUBLED ->
                        "INSERT INTO scores_batches SELECT nightshift_batch, nightshift_attempt, 99, 'r99', prediction, note, model_name, model_version, predicted_at, batch_partition FROM scores_batches WHERE record_id = 'r12'";
                    case A_VALUE_IS_CHANGED ->
                        "UPDATE scores_batches SET prediction = prediction + 1 WHERE record_id = 'r12'";
                    case A_PARTITION_IS_GONE -> "DELETE FROM scores_batches WHERE batch_partition = 1";
                    case THE_MANIFEST_IS_CHANGED ->
                        "UPDATE nightshift_batches SET manifest = replace(manifest, '\"read\" : 30', '\"read\" : 31')";
                });
    }

    /// In the order of a publication: the comparison with the ledger, that with the rows, and the last transaction.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                new Obstacle(
                        "a part's record is missing",
                        () -> execute(
                                "CREATE TABLE kept AS SELECT * FROM nightshift_parts WHERE `partition` = 2;\nDELETE FROM nightshift_parts WHERE `partition` = 2"),
                        () -> execute("INSERT INTO nightshift_parts SELECT * FROM kept;\nDROP TABLE kept")),
                new Obstacle(
                        "rows are missing",
                        () -> execute("UPDATE scores_batches SET batch_partition = 99 WHERE batch_partition = 2"),
                        () -> execute("UPDATE scores_batches SET batch_partition = 2 WHERE batch_partition = 99")),
                new Obstacle("the batch can't be marked", () -> execute("""
                                CREATE TRIGGER refuse BEFORE UPDATE ON nightshift_batches FOR EACH ROW
                                IF NEW.published_at IS NOT NULL THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'in the way'; END IF"""), () -> execute("DROP TRIGGER refuse")));
    }

    /// The manifest, the quarantine that is replaced, the rows that get the batch's number, and the
    /// commit's record.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                trigger(
                        "the batch can't be marked",
                        "UPDATE ON nightshift_batches",
                        "NEW.manifest LIKE '%supplements%'"),
                trigger("the quarantine can't be replaced", "DELETE ON scores_quarantine_batches", "TRUE"),
                trigger("the rows can't be numbered", "UPDATE ON scores_batches", "TRUE"),
                trigger("the commit can't be recorded", "UPDATE ON nightshift_parts", "NEW.staged = 0"));
    }

    @Override
    protected List<Obstacle> discardObstacles() {
        return List.of(trigger("its rows", "DELETE ON scores_batches", "TRUE"));
    }

    private Obstacle trigger(String name, String before, String condition) {
        return new Obstacle(
                name, () -> execute("""
                        CREATE TRIGGER refuse BEFORE %s FOR EACH ROW
                        IF %s THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'in the way'; END IF""".formatted(before, condition)), () -> execute("DROP TRIGGER refuse"));
    }

    /// Attempts that are frozen, before and after those that were committed: of a partition of the plan, and of
    /// the supplement's.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "scores_quarantine_batches %s VALUES (1, 1, 0, 0), (1, 1, 99, 0)",
                "scores_quarantine_batches %s VALUES (-1, 3, 0, 0), (-1, 3, 99, 0)",
                "scores_batches %s VALUES (-1, 3, 0, 0), (-1, 3, 99, 0)"
            })
    void aSupplementDoesNotWaitForRowsThatWereNotCommitted(String rows) throws Exception {
        CommittedBatch published = committed();
        store().publish(published);
        CommittedBatch supplemented = batch.supplement(store(), published, 2, "nightshift_row = 17");
        try (Connection frozen = MariadbServer.shared().connect(database);
                Statement statement = frozen.createStatement()) {
            frozen.setAutoCommit(false);
            statement.executeUpdate("INSERT INTO "
                    + rows.formatted("(nightshift_batch, batch_partition, nightshift_attempt, nightshift_row)"));

            store().supplements().publishSupplement(supplemented);

            frozen.rollback();
        }
        assertThat(seen()).isEqualTo(new Seen(29, 29, 1));
    }

    @Test
    void aPublicationFromWhoseLastStepTheServerWasDownIsRepeated() throws Exception {
        CommittedBatch committed = committed();
        try (TcpProxy server = new TcpProxy(port)) {
            port = server.port();
            assertThatThrownBy(() -> store().publish(committed, () -> shut(server)))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse());
            assertThat(seen()).isEqualTo(NOTHING);
            server.open();

            assertPublished(committed, store().publish(committed));
        }
    }

    @Test
    void theQueryForPeopleQuotesEachNameOnce() {
        assertThat(store().query(ContractBatch.ID, "", "Best Class", false).sql())
                .isEqualTo("SELECT `Best Class`, count(*) FROM `scores` WHERE batch_id = '%s' GROUP BY 1"
                        .formatted(ContractBatch.ID));
    }

    @Test
    void aCheckGivesEveryReason() throws SQLException {
        execute("CREATE TABLE scores_latest (i integer);\nCREATE TABLE scores_quarantine (i integer)");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .containsExactly(
                        "\"scores_latest\" exists, and Nightshift did not create it; name another table under destination.mariadb, or rename that one",
                        "\"scores_quarantine\" exists, and Nightshift did not create it; name another table under destination.mariadb, or rename that one");
    }
}
