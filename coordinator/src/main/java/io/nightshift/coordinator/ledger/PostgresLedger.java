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

/// The ledger of a cluster: PostgreSQL, the tables in a schema of their own.
///
/// Migrations only ever add what nodes of the version before can ignore, so both work side by side
/// during a rolling update, and a node of the version before still starts after it.
public final class PostgresLedger {

    static final String SCHEMA = "nightshift";

    /// What the driver is told beside the URL, in seconds: no wait without an end.
    static final Map<String, String> TIMEOUTS =
            Map.of("connectTimeout", "5", "socketTimeout", "20", "tcpKeepAlive", "true");

    private PostgresLedger() {}

    /// Names the ledger, and connects to nothing.
    public static Ledger at(DataSourceSettings database) {
        String separator = database.url().contains("?") ? "&" : "?";
        return new Ledger(
                database.url() + separator + "currentSchema=" + SCHEMA,
                Objects.requireNonNullElse(database.user(), ""),
                Objects.requireNonNullElse(database.password(), ""));
    }

    /// Brings the schema up to date. Nodes that start together take turns: Flyway holds a lock.
    ///
    /// @throws FailureException transient if the database can't be reached, permanent if it refuses
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
                    // Of a later version.
                    .ignoreMigrationPatterns("*:future")
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw FailureException.permanent("the journal's schema can't be brought up to date: " + e.getMessage());
        }
    }

    /// Class 08 is about the connection, 57P of the server's start and stop, 53300 of too many connections.
    private static FailureException refused(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String sentence = "the journal's database can't be used: " + e.getMessage();
        return state.startsWith("08") || state.startsWith("57P") || state.equals("53300")
                ? new FailureException(Failure.transientFailure(sentence))
                : FailureException.permanent(sentence);
    }
}
