package io.nightshift.storage.destination.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.ContractBatch;
import io.nightshift.storage.destination.postgres.BatchTables;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Parquet files and a table of a real PostgreSQL.
class SeveralWithPostgresIT extends SeveralContract {

    private static final PostgresDestination TABLE = new PostgresDestination("db", null, "scores", List.of());
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
    protected Destination destination() throws Exception {
        execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nightshift%'; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        return new SeveralDestinations(List.of(firstDestination(), TABLE));
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

    private static boolean exists(String table) throws SQLException {
        return number("SELECT count(*) FROM pg_class WHERE relname = '%s'".formatted(table)) > 0;
    }

    @Override
    protected Seen seenAtTheLast() throws SQLException {
        if (!exists("scores")) {
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
    protected void tamperAtTheLast(Tampering tampering) throws SQLException {
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

    @Override
    protected List<Obstacle> obstaclesAtTheLast() {
        return List.of(new Obstacle(
                "a part's record is missing",
                () -> execute(
                        "CREATE TABLE kept AS SELECT * FROM nightshift_parts WHERE partition = 2; DELETE FROM nightshift_parts WHERE partition = 2"),
                () -> execute("INSERT INTO nightshift_parts SELECT * FROM kept; DROP TABLE kept")));
    }

    @Override
    protected List<Obstacle> supplementObstaclesAtTheLast() {
        return List.of(new Obstacle(
                "the manifest can't be replaced",
                () -> execute(
                        "ALTER TABLE nightshift_batches ADD CONSTRAINT refuse CHECK (manifest NOT LIKE '%supplements%')"),
                () -> execute("ALTER TABLE nightshift_batches DROP CONSTRAINT refuse")));
    }

    @Override
    protected boolean isLeftAtTheLast() throws SQLException {
        return exists("nightshift_batches")
                && number("SELECT count(*) FROM pg_class WHERE relname IN ('%s', '%s', '%s')"
                                        .formatted(TABLES.published(), TABLES.publishedQuarantine(), TABLES.staging()))
                                + number("SELECT count(*) FROM nightshift_batches")
                                + number("SELECT count(*) FROM nightshift_parts")
                        > 0;
    }

    @Test
    void aFailureInTheLastStepLeavesTheFirstOneVisibleUntilItIsRepeated() throws Exception {
        CommittedBatch committed = committed();
        execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.published_at IS NOT NULL THEN RAISE EXCEPTION 'in the way'; END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON nightshift_batches FOR EACH ROW EXECUTE FUNCTION refuse()
                """);
        for (int repeated = 0; repeated < 2; repeated++) {
            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("in the way");
            assertThat(first().asSeen()).isEqualTo(ALL);
            assertThat(seen()).isEqualTo(NOTHING);
        }
        execute("DROP FUNCTION refuse CASCADE");
        CommittedBatch later = batch.committed(2, committed.commits(), Set.of());

        assertPublished(later, store().publish(later));
    }
}
