package io.nightshift.source.sql;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DatabaseFailure;
import io.nightshift.storage.endpoint.EndpointWait;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A connection that reads a source. Its errors are [FailureException]s that name the data source, and never its
/// URL. For one thread.
final class SqlSession {

    /// Statements that the server has ended: PostgreSQL's `query_canceled`, MariaDB's time-out and interruption.
    private static final Set<String> ENDED = Set.of("57014", "70100");

    private static final Set<String> DENIED = Set.of("42501");
    /// MariaDB: access denied to a database, a table or a column.
    private static final Set<Integer> DENIED_CODES = Set.of(1044, 1045, 1142, 1143, 1227);

    private final Connection connection;
    private final DataSourceSettings settings;
    private final String doing;
    private boolean shared;

    /// @param doing what is done: the beginning of messages, such as «source: table customers in data source crm»
    SqlSession(Connection connection, DataSourceSettings settings, String doing) {
        this.connection = connection;
        this.settings = settings;
        this.doing = doing;
    }

    Connection connection() {
        return connection;
    }

    DataSourceSettings settings() {
        return settings;
    }

    /// Whether the transaction sees what the plan has seen.
    boolean isShared() {
        return shared;
    }

    void setShared(boolean isShared) {
        shared = isShared;
    }

    /// A permanent failure of the job.
    FailureException refused(String reason) {
        return FailureException.permanent(doing + ": " + reason);
    }

    FailureException failed(SQLException e) {
        return failed(e, settings, doing);
    }

    /// The input is not there. It may come, or the job names a wrong one.
    FailureException missing(String reason) {
        return SourcePins.missing(doing.replaceFirst("^source: ", ""), doing + ": " + reason);
    }

    static FailureException failed(SQLException e, DataSourceSettings settings, String doing) {
        String state = e.getSQLState();
        String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
        if (e instanceof RowStream.UnfitValueException) {
            return FailureException.permanent(doing + ": " + message);
        }
        if (state != null && ENDED.contains(state)) {
            return new FailureException(
                    Failure.transientFailure(
                            "%s: the database has ended a statement: %s. If its time limit is too short for a partition, use smaller ones (partitions.rows), or a user with a longer limit"
                                    .formatted(doing, message)),
                    e);
        }
        if ((state != null && DENIED.contains(state)) || DENIED_CODES.contains(e.getErrorCode())) {
            return FailureException.permanent(
                    "%s: %s; grant %s the right to read it".formatted(doing, message, user(settings)));
        }
        return new FailureException(DatabaseFailure.of(doing, state, message), e);
    }

    /// The user for messages.
    String user() {
        return user(settings);
    }

    private static String user(DataSourceSettings settings) {
        return settings.user() == null ? "the user of " + settings : "the user " + settings.user();
    }

    void run(String sql) {
        try (EndpointWait _ = EndpointWait.begin(settings.toString());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// Reads a row of a result.
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /// All rows of a small result.
    <T> List<T> rows(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        try (EndpointWait _ = EndpointWait.begin(settings.toString());
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
            }
            return found;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    <T> Optional<T> row(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        return rows(reader, sql, parameters).stream().findFirst();
    }

    /// The result of a statement of the job's own, which may contain question marks.
    <T> List<T> rowsOf(RowReader<T> reader, String sql) {
        try (EndpointWait _ = EndpointWait.begin(settings.toString());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
