package io.nightshift.source.sql;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// The rows of one query on their way from the database. For one thread; holds a few rows at a time.
interface RowStream extends AutoCloseable {

    /// The bytes of texts after which a block of rows ends. So a node's memory does not depend on how long
    /// texts are.
    int MOST_BYTES = 4 << 20;

    /// Writes the next rows: as many as there is room for, or fewer if they are long.
    ///
    /// @param vectors one for each column of the query
    /// @param most how many rows there is room for
    /// @return how many were written; 0 at the end
    int read(ColumnVector[] vectors, int most) throws SQLException;

    /// Reads what is left, so that the connection can be used again.
    @Override
    void close() throws SQLException;

    /// Makes a blocked [#read] fail soon. By any thread.
    interface Cancellation {
        void cancel() throws SQLException;
    }

    /// Says what is wrong with a value that DuckDB can't hold.
    static SQLException unfit(SqlColumn column, @Nullable String value, String advice) {
        return new UnfitValueException("column %s holds %s, which DuckDB can't have as %s; %s"
                .formatted(column.name(), value, column.engineType(), advice));
    }

    /// A value that DuckDB can't hold. Reading it again does not help.
    final class UnfitValueException extends SQLException {
        private static final long serialVersionUID = 1L;

        UnfitValueException(String message) {
            super(message, "22000");
        }
    }
}
