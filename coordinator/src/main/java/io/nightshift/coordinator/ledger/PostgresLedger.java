package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/// The journal of a cluster: a PostgreSQL database, with the tables in a schema of their own.
///
/// A migration only adds what nodes of the version before can ignore. So nodes of both versions work together
/// during a rolling update, and a node of the version before can still start after the migration.
public final class PostgresLedger {

    static final String SCHEMA = "nightshift";

    /// The driver's timeouts in seconds, so that no call waits forever.
    static final Map<String, String> TIMEOUTS =
            Map.of("connectTimeout", "5", "socketTimeout", "20", "tcpKeepAlive", "true");

    private PostgresLedger() {}

    /// The ledger in a database. Does not connect.
    public static Ledger at(DataSourceSettings database) {
        String separator = database.url().contains("?") ? "&" : "?";
        return new Ledger(
                database.url() + separator + "currentSchema=" + SCHEMA,
                Objects.requireNonNullElse(database.user(), ""),
                Objects.requireNonNullElse(database.password(), ""));
    }

    /// Migrates the schema to this version. Nodes that start at the same time take turns, because Flyway
    /// locks the schema.
    ///
    /// @throws FailureException transient if the database can't be reached, permanent if the migration fails
    public static void migrate(Ledger ledger) {
        try (Connection connection = ledger.connect()) {
            connection.isValid(0);
        } catch (SQLException e) {
            throw refused(e);
        }
        try {
            Flyway.configure(PostgresLedger.class.getClassLoader())
                    .dataSource(ledger.url(), ledger.user(), ledger.password())
                    .schemas(SCHEMA)
                    .locations("classpath:io/nightshift/coordinator/ledger/migrations")
                    .failOnMissingLocations(true)
                    .table("schema_history")
                    // A later version may have migrated further.
                    .ignoreMigrationPatterns("*:future")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw FailureException.permanent("the journal's schema can't be migrated: " + e.getMessage());
        }
    }

    /// SQLSTATE class 08 means a broken connection, 57P a server that starts or stops, 53300 too many
    /// connections.
    private static FailureException refused(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String sentence = "the journal's database can't be used: " + e.getMessage();
        return state.startsWith("08") || state.startsWith("57P") || state.equals("53300")
                ? new FailureException(Failure.transientFailure(sentence))
                : FailureException.permanent(sentence);
    }
}
