package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/// Whether an error of a database is transient or permanent, by its SQLSTATE.
public final class DatabaseFailure {

    /// Transient: broken connections, exhausted resources, shutdown and time-outs, system errors, deadlocks.
    private static final Set<String> TRANSIENT_CLASSES = Set.of("08", "40", "53", "57", "58");

    /// Transient: a lock that was not obtained, a transaction that was idle too long, a server that became a
    /// standby.
    private static final Set<String> TRANSIENT = Set.of("55P03", "25P03", "25006");

    /// MariaDB's and MySQL's codes of errors that have no SQLSTATE of their own. Transient: a lock that was not
    /// obtained, a session or a query that was ended, a server that is read-only now. PostgreSQL's driver has
    /// no codes.
    private static final Set<Integer> TRANSIENT_CODES = Set.of(1205, 1290, 1317, 1836, 1927, 1969);

    /// The SQLSTATE of a value that must be unique, and is there already.
    public static final String NOT_UNIQUE = "23505";

    private DatabaseFailure() {}

    /// @param doing what was being done, for the beginning of the sentence
    public static Failure of(String doing, SQLException e) {
        return isTransient(e) ? of(doing, null, e.getMessage()) : of(doing, e.getSQLState(), e.getMessage());
    }

    /// Whether the same may succeed later.
    public static boolean isTransient(SQLException e) {
        return isTransient(e.getSQLState()) || TRANSIENT_CODES.contains(e.getErrorCode()) || isCreatedByAnother(e);
    }

    /// Whether another session of PostgreSQL has created the same table or index at the same time, which
    /// `IF NOT EXISTS` doesn't prevent. It may be the session of a killed process, which works until its statement
    /// ends.
    public static boolean isCreatedByAnother(SQLException e) {
        return e instanceof PSQLException error
                && NOT_UNIQUE.equals(error.getSQLState())
                && error.getServerErrorMessage() != null
                && "pg_catalog".equals(error.getServerErrorMessage().getSchema());
    }

    /// @param doing what was being done, for the beginning of the sentence
    /// @param sqlState null if the error has none: then the connection broke
    /// @param message the database's
    public static Failure of(String doing, @Nullable String sqlState, @Nullable String message) {
        String sentence = doing + ": " + (message == null ? "no reason is given" : oneLine(message));
        return isTransient(sqlState)
                ? Failure.of(FailedResource.Type.DATABASE, doing, sentence)
                : Failure.permanent(sentence);
    }

    /// Whether the same may succeed later.
    public static boolean isTransient(@Nullable String sqlState) {
        return sqlState == null
                || TRANSIENT.contains(sqlState)
                || (sqlState.length() == 5 && TRANSIENT_CLASSES.contains(sqlState.substring(0, 2)));
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s+", " ");
    }
}
