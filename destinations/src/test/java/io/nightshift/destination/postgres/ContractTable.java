package io.nightshift.destination.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.ContractFixture;
import io.nightshift.destination.ContractFixture.Obstacle;
import io.nightshift.destination.ContractFixture.Seen;
import io.nightshift.destination.ContractFixture.Tampering;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The table `scores` of a real PostgreSQL, in which contracts look for their batch.
public final class ContractTable implements AutoCloseable {

    private static final String NAME = "scores";

    private final EmbeddedPostgres server;
    private final BatchTables tables;

    private ContractTable(EmbeddedPostgres server) {
        this.server = server;
        this.tables = BatchTables.of(destination(List.of()), ContractBatch.ID);
    }

    /// Starts the server.
    public static ContractTable start() throws IOException {
        return new ContractTable(PostgresServer.startEmbedded());
    }

    /// The table as a destination.
    public static PostgresDestination destination(List<PostgresDestination.Index> indexes) {
        return new PostgresDestination("db", null, NAME, indexes);
    }

    /// The server as the data source of the destination.
    public DataSources dataSources() {
        String url = server.getJdbcUrl("postgres", "postgres").replaceFirst("\\?.*", "");
        return new DataSources(Map.of("db", new DataSourceSettings("db", url, "postgres", null)));
    }

    /// Ends the connections of earlier tests, and removes all tables.
    public void clear() throws SQLException {
        execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'nightshift%'; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    Connection connect() throws SQLException {
        return server.getPostgresDatabase().getConnection();
    }

    /// The name of the table that holds the predictions of the published batch.
    String published() {
        return tables.published();
    }

    /// The name of the table that holds the predictions before the publication.
    String staging() {
        return tables.staging();
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// Sets defaults of the database for new sessions, in place of earlier ones.
    void restrict(Map<String, String> settings) throws SQLException {
        execute("ALTER DATABASE postgres RESET ALL");
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            execute("ALTER DATABASE postgres SET %s = '%s'".formatted(setting.getKey(), setting.getValue()));
        }
    }

    /// The first column of a result.
    List<String> rows(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (row.next()) {
                rows.add(row.getString(1));
            }
            return rows;
        }
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private boolean exists(String table) throws SQLException {
        return number("SELECT count(*) FROM pg_class WHERE relname = '%s'".formatted(table)) > 0;
    }

    /// What readers see of the batch.
    public Seen seen() throws SQLException {
        if (!exists(NAME)) {
            return ContractFixture.NOTHING;
        }
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), count(DISTINCT record_id), (SELECT count(*) FROM scores_quarantine) FROM scores")) {
            row.next();
            return new Seen(row.getLong(1), row.getLong(2), row.getLong(3));
        }
    }

    /// Whether anything is left of the batch.
    public boolean isLeft() throws SQLException {
        return exists("nightshift_batches")
                && number("SELECT count(*) FROM pg_class WHERE relname IN ('%s', '%s', '%s')"
                                        .formatted(tables.published(), tables.publishedQuarantine(), tables.staging()))
                                + number("SELECT count(*) FROM nightshift_batches")
                                + number("SELECT count(*) FROM nightshift_parts")
                        > 0;
    }

    public void tamper(Tampering tampering) throws SQLException {
        String table = published();
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

    /// Tables of other programs.
    public ContractFixture.Step neighbours() throws SQLException {
        List<String> others = List.of("scores_mine", "nightshift_staging_mine", "nightshift_quarantine_mine");
        for (String other : others) {
            execute("CREATE TABLE %s AS SELECT 1 AS mine".formatted(other));
        }
        return () -> {
            for (String other : others) {
                assertThat(number("SELECT count(*) FROM " + other)).as(other).isOne();
            }
        };
    }

    /// Found before the indexes are built.
    public Obstacle missingPart() {
        return new Obstacle(
                "a part's record is missing",
                () -> execute(
                        "CREATE TABLE kept AS SELECT * FROM nightshift_parts WHERE partition = 2; DELETE FROM nightshift_parts WHERE partition = 2"),
                () -> execute("INSERT INTO nightshift_parts SELECT * FROM kept; DROP TABLE kept"));
    }

    /// Met at the last change of the last transaction, with the message `in the way`.
    public Obstacle unmarkableBatch() {
        return new Obstacle(
                "the batch can't be marked", () -> execute("""
                        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                            IF NEW.published_at IS NOT NULL THEN RAISE EXCEPTION 'in the way'; END IF;
                            RETURN NEW;
                        END $$;
                        CREATE TRIGGER refuse BEFORE UPDATE ON nightshift_batches FOR EACH ROW EXECUTE FUNCTION refuse()
                        """), () -> execute("DROP FUNCTION refuse CASCADE"));
    }

    /// Met at the last change of a supplement.
    public Obstacle constantManifest() {
        return constraint("the manifest can't be replaced", "nightshift_batches", "manifest NOT LIKE '%supplements%'");
    }

    /// @param condition that some of the changed rows do not meet
    Obstacle constraint(String name, String table, String condition) {
        return new Obstacle(
                name,
                () -> execute("ALTER TABLE %s ADD CONSTRAINT refuse CHECK (%s)".formatted(table, condition)),
                () -> execute("ALTER TABLE %s DROP CONSTRAINT refuse".formatted(table)));
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
