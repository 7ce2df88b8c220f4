package io.nightshift.storage.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.ContractBatch;
import io.nightshift.storage.destination.DestinationContract;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The contract on a real PostgreSQL.
class PostgresDestinationIT extends DestinationContract {

    private static final PostgresDestination TABLE = new PostgresDestination(
            "db", null, "scores", List.of(new PostgresDestination.Index(List.of("prediction"))));
    private static final BatchTables TABLES = BatchTables.of(TABLE, ContractBatch.ID);

    private static EmbeddedPostgres server;

    @BeforeAll
    static void startServer() throws IOException {
        server = PostgresServer.startEmbedded();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Override
    protected Destination destination() throws SQLException {
        execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nightshift%'; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        return TABLE;
    }

    @Override
    protected DataSources dataSources() {
        String url = server.getJdbcUrl("postgres", "postgres").replaceFirst("\\?.*", "");
        return new DataSources(Map.of("db", new DataSourceSettings("db", url, "postgres", null)));
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    protected Seen seen() throws SQLException {
        if (number("SELECT count(*) FROM pg_class WHERE relname = 'scores'") == 0) {
            return NOTHING;
        }
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), count(DISTINCT record_id), (SELECT count(*) FROM scores_quarantine) FROM scores")) {
            row.next();
            return new Seen(row.getLong(1), row.getLong(2), row.getLong(3));
        }
    }

    @Override
    protected void tamper(Tampering tampering) throws SQLException {
        String table = TABLES.published();
        execute(
                switch (tampering) {
                    case A_ROW_IS_MISSING -> "DELETE FROM %s WHERE record_id = 'r12'".formatted(table);
                    case A_ROW_IS_DOUBLED ->
                        "INSERT INTO %1$s SELECT 'r99', prediction, note, model_name, model_version, batch_id, predicted_at, batch_partition FROM %1$s WHERE record_id = 'r12'"
                                .formatted(table);
                    case A_VALUE_IS_CHANGED ->
                        "UPDATE %s SET prediction = prediction + 1 WHERE record_id = 'r12'".formatted(table);
                    case A_PARTITION_IS_GONE -> "DELETE FROM %s WHERE batch_partition = 1".formatted(table);
                    case THE_MANIFEST_IS_CHANGED ->
                        "UPDATE nightshift_batches SET manifest = replace(manifest, '\"read\" : 30', '\"read\" : 31')";
                });
    }

    /// In the order of a publication: before indexes, in the last transaction at its first change, and at its
    /// last.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                new Obstacle(
                        "a part's record is missing",
                        () -> execute(
                                "CREATE TABLE kept AS SELECT * FROM nightshift_parts WHERE partition = 2; DELETE FROM nightshift_parts WHERE partition = 2"),
                        () -> execute("INSERT INTO nightshift_parts SELECT * FROM kept; DROP TABLE kept")),
                new Obstacle(
                        "the published name is taken",
                        () -> execute("CREATE TABLE %s ()".formatted(TABLES.published())),
                        () -> execute("DROP TABLE " + TABLES.published())),
                new Obstacle(
                        "the batch can't be marked",
                        () -> execute("""
                                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                                    IF NEW.published_at IS NOT NULL THEN RAISE EXCEPTION 'in the way'; END IF;
                                    RETURN NEW;
                                END $$;
                                CREATE TRIGGER refuse BEFORE UPDATE ON nightshift_batches FOR EACH ROW EXECUTE FUNCTION refuse()
                                """),
                        () -> execute("DROP FUNCTION refuse CASCADE")));
    }

    /// The part's record, the rows, and the manifest.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                new Obstacle(
                        "a part's record is missing",
                        () -> execute("UPDATE nightshift_parts SET partition = 99 WHERE partition = 3"),
                        () -> execute("UPDATE nightshift_parts SET partition = 3 WHERE partition = 99")),
                constraint("the rows can't be added", TABLES.published(), "batch_partition < 3"),
                constraint(
                        "the manifest can't be replaced", "nightshift_batches", "manifest NOT LIKE '%supplements%'"));
    }

    private static Obstacle constraint(String name, String table, String condition) {
        return new Obstacle(
                name,
                () -> execute("ALTER TABLE %s ADD CONSTRAINT refuse CHECK (%s)".formatted(table, condition)),
                () -> execute("ALTER TABLE %s DROP CONSTRAINT refuse".formatted(table)));
    }

    @Override
    protected Optional<Boolean> left() throws SQLException {
        if (number("SELECT count(*) FROM pg_class WHERE relname = 'nightshift_batches'") == 0) {
            return Optional.of(false);
        }
        return Optional.of(number("SELECT count(*) FROM pg_class WHERE relname IN ('%s', '%s', '%s')"
                                .formatted(TABLES.published(), TABLES.publishedQuarantine(), TABLES.staging()))
                        + number("SELECT count(*) FROM nightshift_batches")
                        + number("SELECT count(*) FROM nightshift_parts")
                > 0);
    }

    @Test
    void aTransactionInProgressReadsARemovedBatchToItsEnd() throws Exception {
        publish();
        try (Connection reader = server.getPostgresDatabase().getConnection();
                Statement statement = reader.createStatement()) {
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            reader.setAutoCommit(false);
            assertThat(count(statement)).isEqualTo(28);

            store().unpublish(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThatThrownBy(() -> store().delete(ContractBatch.ID))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse())
                    .hasMessageContaining("deleted later");
            assertThat(count(statement)).isEqualTo(28);
            reader.commit();
            store().delete(ContractBatch.ID);

            assertThat(left()).contains(false);
        }
    }

    private static long count(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM scores")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void aCheckGivesEveryReason() throws SQLException {
        execute("CREATE TABLE scores_latest (i integer); CREATE TABLE scores_quarantine (i integer)");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .containsExactly(
                        "\"scores_latest\" is there and isn't Nightshift's; name another table under destination.postgres, or rename that one",
                        "\"scores_quarantine\" is there and isn't Nightshift's; name another table under destination.postgres, or rename that one");
    }

    @Test
    void aColumnOfAnotherTypeIsAReason() throws SQLException {
        execute("CREATE TABLE scores_batches (note integer, batch_id text) PARTITION BY LIST (batch_id)");

        assertThat(store().check(batch.job(), ContractBatch.MODEL))
                .singleElement()
                .asString()
                .startsWith("the column note of \"scores_batches\" is integer, but the job's is text");
    }
}
