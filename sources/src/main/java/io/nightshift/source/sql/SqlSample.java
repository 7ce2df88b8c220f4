package io.nightshift.source.sql;

import io.nightshift.source.SourceColumns;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The first rows of a table or a query, for a person who has no job yet. Holds a transaction until it is closed.
/// For one thread.
public final class SqlSample implements AutoCloseable {

    private final Connection database;
    private final Rows rows;
    private final long number;
    private final long count;
    private final SourceColumns columns;

    SqlSample(Rows rows, long number, long count, SourceColumns columns) {
        this.database = rows.session.connection();
        this.rows = rows;
        this.number = number;
        this.count = count;
        this.columns = columns;
    }

    /// The columns. Their relation has only the first rows.
    public SourceColumns columns() {
        return columns;
    }

    /// How many rows the whole table or query has.
    public long count() {
        return count;
    }

    @Override
    public void close() {
        SqlScan.remove(number);
        try {
            rows.end();
        } finally {
            SqlReader.close(database);
        }
    }

    /// Each pass is a query.
    static final class Rows implements SqlScan.Rows {

        private final SqlDialect dialect;
        private final SqlSession session;
        private final String from;
        private final List<SqlColumn> columns;
        private final int most;
        private @Nullable RowStream open;

        /// @param from the text after FROM
        /// @param most rows that are read
        Rows(SqlDialect dialect, SqlSession session, String from, List<SqlColumn> columns, int most) {
            this.dialect = dialect;
            this.session = session;
            this.from = from;
            this.columns = new ArrayList<>(columns);
            this.columns.removeIf(column -> column.carrier() == null);
            this.most = most;
        }

        @Override
        public List<SqlColumn> columns() {
            return columns;
        }

        void end() {
            RowStream stream = open;
            open = null;
            if (stream != null) {
                try {
                    stream.close();
                } catch (SQLException e) {
                    throw session.failed(e);
                }
            }
        }

        @Override
        public SqlScan.Reading read(int[] wanted) {
            end();
            List<SqlColumn> read = Arrays.stream(wanted).mapToObj(columns::get).toList();
            String selected = read.isEmpty()
                    ? dialect.nothing()
                    : read.stream().map(SqlColumn::selected).collect(Collectors.joining(", "));
            RowStream stream;
            try {
                stream = dialect.open(
                        session.connection(), "SELECT %s FROM %s LIMIT %d".formatted(selected, from, most), read);
            } catch (SQLException e) {
                throw session.failed(e);
            }
            open = stream;
            return new Pass(stream);
        }

        private final class Pass implements SqlScan.Reading {

            private final RowStream stream;
            private long read;
            private long first;

            Pass(RowStream stream) {
                this.stream = stream;
            }

            @Override
            public int next(ColumnVector[] vectors, int block) {
                try {
                    int count = stream.read(vectors, block);
                    first = read;
                    read += count;
                    return count;
                } catch (SQLException e) {
                    throw session.failed(e);
                }
            }

            @Override
            public long firstRow() {
                return first;
            }

            @Override
            public byte[] file() {
                return new byte[0];
            }
        }
    }
}
