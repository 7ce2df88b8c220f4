package io.nightshift.storage.database;

import io.nightshift.protocol.failure.Failure;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an error of a database means for the work that met it, told by its SQLSTATE.
public final class DatabaseFailure {

    /// Connection, too many of something, shutdown and time-outs, system errors, deadlocks: they
    /// pass.
    private static final Set<String> TRANSIENT_CLASSES = Set.of("08", "40", "53", "57", "58");

    /// A lock that wasn't given, a transaction that was idle, a server that became a standby.
    private static final Set<String> TRANSIENT = Set.of("55P03", "25P03", "25006");

    private DatabaseFailure() {}

    /// @param doing what was being done, for the beginning of the sentence
    /// @param sqlState null where the error has none, which means that the connection broke
    /// @param message the database's
    public static Failure of(String doing, @Nullable String sqlState, @Nullable String message) {
        String sentence = doing + ": " + (message == null ? "no reason is given" : oneLine(message));
        return isTransient(sqlState) ? Failure.transientFailure(sentence) : Failure.permanent(sentence);
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
