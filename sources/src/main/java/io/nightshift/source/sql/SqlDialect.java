package io.nightshift.source.sql;

import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.source.sql.SqlPiece.Snapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The differences between databases. Every text that comes from a job or from a table is quoted or was checked
/// before it becomes part of a statement. Stateless.
sealed interface SqlDialect permits PostgresDialect, MariadbDialect {

    static SqlDialect of(DatabaseInput.Engine engine) {
        return switch (engine) {
            case POSTGRESQL -> new PostgresDialect();
            case MARIADB -> new MariadbDialect();
        };
    }

    /// The key of a job file that chooses the database's kind.
    String key();

    /// The beginning of the URLs of such databases.
    String url();

    /// Begins a transaction that only reads, and sees one state of the database.
    void begin(SqlSession session);

    /// Makes the session's transaction, which has just begun, see what an exported snapshot sees.
    ///
    /// @return false if the snapshot is gone; then another transaction has begun
    boolean share(SqlSession session, Snapshot snapshot);

    /// Lets other connections share the session's snapshot for as long as its transaction is open.
    ///
    /// @return null if the database can't
    @Nullable
    Snapshot export(SqlSession session);

    /// Finds a table or a query, and what to divide it by.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if it isn't there, or may not be read
    SqlTable table(SqlSession session, DatabaseInput input);

    /// The columns of what stands after FROM.
    List<SqlColumn> columns(SqlSession session, String from);

    /// The text after FROM, with the alias q.
    default String from(DatabaseInput input, @Nullable String table) {
        return table == null ? "(" + input.query() + "\n) AS q" : table + " AS q";
    }

    /// The file that a table is kept in, as a number, in the transaction of the session; 0 if there is none.
    /// The table is not rewritten until the transaction ends.
    long storage(SqlSession session, String table);

    /// A name as an identifier.
    String name(String name);

    /// Values of the key that divide the rows into parts of about the same size, in the database's order,
    /// each once.
    ///
    /// @param parts how many; at least 2
    /// @param rows about how many there are
    List<String> bounds(SqlSession session, SqlTable table, @Nullable String where, int parts, long rows);

    /// A whole number from 0: the position of the range that a row is in, among those between the bounds; -1 if the
    /// key is NULL.
    String bucket(SqlTable table, List<String> bounds);

    /// The condition of a piece over q.
    String condition(SqlPiece piece);

    /// Counts rows and adds up their checksums.
    String summary(String checksum);

    /// The expression of a row's checksum over q.
    ///
    /// @param storage whether the rows of a table are told apart by their positions and versions
    String checksum(SqlSession session, List<SqlColumn> columns, boolean storage);

    RowStream open(Connection connection, String select, List<SqlColumn> columns) throws SQLException;

    /// Ends what a connection does. By any thread.
    void cancel(Connection connection) throws SQLException;

    /// The rows of a piece, or some of them.
    ///
    /// @param columns to select; may be empty
    /// @param skipped rows to leave out first
    /// @param count the rows to read; -1: all that follow
    default String select(DatabaseInput input, SqlPiece piece, List<SqlColumn> columns, long skipped, long count) {
        String selected = columns.stream().map(SqlColumn::selected).collect(Collectors.joining(", "));
        return "SELECT %s FROM %s WHERE %s%s%s"
                .formatted(
                        columns.isEmpty() ? nothing() : selected,
                        from(input, piece.table()),
                        condition(input, piece),
                        piece.order().isEmpty() ? "" : " ORDER BY " + piece.order(),
                        count < 0 ? "" : " LIMIT " + count + " OFFSET " + skipped);
    }

    /// The select list of a query for rows without columns.
    String nothing();

    /// The count and the checksum of a piece, as two columns.
    default String check(DatabaseInput input, SqlPiece piece, String checksum) {
        return "SELECT %s FROM %s WHERE %s"
                .formatted(summary(checksum), from(input, piece.table()), condition(input, piece));
    }

    private String condition(DatabaseInput input, SqlPiece piece) {
        String where = input.where();
        return condition(piece) + (where == null ? "" : " AND (" + where + "\n)");
    }
}
