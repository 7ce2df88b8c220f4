package io.nightshift.source.sql;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.sql.SqlPiece.Snapshot;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.objectstore.FetchControl;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads slices of a table or a query within one transaction, as often as wanted, always the same rows.
///
/// The transaction sees what the plan has seen. Either it shares the plan's snapshot. Or it compares the
/// number and the checksum of the rows of each piece with the plan, before it reads them, and fails if they
/// differ: then nothing of two states of the database is ever mixed. In both cases the rows that come are
/// counted.
///
/// For one thread; [#cancel] is for any.
final class SqlReading implements HeldSlices, SqlScan.Rows {

    private static final Logger LOG = LoggerFactory.getLogger(SqlReading.class);

    private final SqlDialect dialect;
    private final DatabaseInput input;
    private final ReadConnections connections;
    private final SqlSession session;
    private final List<Slice> slices;
    private final List<SqlColumn> columns;
    private final long number;
    private List<Slice> needed;
    private @Nullable RowStream open;
    private @Nullable FailureException failure;
    private volatile boolean cancelled;
    /// Whether the database is asked for rows just now.
    private volatile boolean isWaiting;

    private SqlReading(
            SqlDialect dialect,
            DatabaseInput input,
            ReadConnections connections,
            SqlSession session,
            List<Slice> slices,
            List<SqlColumn> columns) {
        this.dialect = dialect;
        this.input = input;
        this.connections = connections;
        this.session = session;
        this.slices = List.copyOf(slices);
        this.needed = this.slices;
        this.columns =
                columns.stream().filter(column -> column.carrier() != null).toList();
        this.number = SqlScan.put(this);
    }

    /// Begins to read.
    ///
    /// @param slices at least one, of one plan
    /// @throws FailureException permanent if the rows are not those of the plan; transient if the database can't be
    ///     reached
    static SqlReading begin(
            SqlDialect dialect,
            DatabaseInput input,
            DataSourceSettings settings,
            ReadConnections connections,
            List<Slice> slices,
            FetchControl control) {
        Connection connection = connections.take(settings, () -> {
            control.progressed();
            return control.isCancelled();
        });
        SqlSession session = new SqlSession(connection, settings, "source: " + input);
        try {
            dialect.begin(session);
            List<SourceFile> files = slices.stream().map(Slice::file).distinct().toList();
            List<SqlColumn> columns = columns(dialect, session, input, SqlPiece.of(files.getFirst()));
            require(dialect, session, input, files);
            return new SqlReading(dialect, input, connections, session, slices, columns);
        } catch (RuntimeException e) {
            connections.discard(settings, connection);
            throw e;
        }
    }

    /// Joins the plan's snapshot, if it is still there: that must be the first thing that a transaction does.
    private static List<SqlColumn> columns(
            SqlDialect dialect, SqlSession session, DatabaseInput input, SqlPiece piece) {
        Snapshot snapshot = piece.snapshot();
        boolean isShared = snapshot != null && dialect.share(session, snapshot);
        if (snapshot != null && !isShared) {
            LOG.warn(
                    "{}: the snapshot of the plan is gone, so the rows are compared with the plan before they are read",
                    input);
        }
        session.setShared(isShared);
        List<SqlColumn> columns = dialect.columns(session, dialect.from(input, piece.table()));
        if (!SqlTable.digest(columns).equals(piece.columns())) {
            throw changed(session, input.toString(), List.of("its columns are others"));
        }
        return columns;
    }

    private static void require(SqlDialect dialect, SqlSession session, DatabaseInput input, List<SourceFile> files) {
        for (SourceFile file : files) {
            SqlPiece piece = SqlPiece.of(file);
            List<String> differences = session.isShared()
                    ? rewriting(dialect, session, piece)
                    : differences(dialect, session, input, piece);
            if (!differences.isEmpty()) {
                throw changed(session, file.path(), differences);
            }
        }
    }

    private static FailureException changed(SqlSession session, String what, List<String> differences) {
        return session.refused(
                "the rows changed after the batch was planned: %s: %s. Nothing of the changed rows was used. Run again: the new batch reads the table as it is then"
                        .formatted(what, String.join(", ", differences)));
    }

    /// The difference of a table that is kept in another file than when it was planned, in words.
    private static List<String> rewriting(SqlDialect dialect, SqlSession session, SqlPiece piece) {
        String table = piece.table();
        boolean isSame =
                piece.storage() == 0 || dialect.storage(session, Objects.requireNonNull(table)) == piece.storage();
        return isSame
                ? List.of()
                : List.of("the table was rewritten (by VACUUM FULL, CLUSTER, TRUNCATE, REFRESH or ALTER TABLE)");
    }

    /// The differences between a piece and its plan, in words, in the transaction of the session.
    static List<String> differences(SqlDialect dialect, SqlSession session, DatabaseInput input, SqlPiece piece) {
        List<String> rewriting = rewriting(dialect, session, piece);
        if (!rewriting.isEmpty()) {
            return rewriting;
        }
        List<SqlColumn> columns = dialect.columns(session, dialect.from(input, piece.table()));
        if (!SqlTable.digest(columns).equals(piece.columns())) {
            return List.of("its columns are others");
        }
        String checksum = dialect.checksum(session, columns, piece.storage() != 0);
        return session.rowsOf(
                        row -> {
                            long rows = row.getLong(1);
                            if (rows != piece.rows()) {
                                return List.of("it had %,d rows and has %,d".formatted(piece.rows(), rows));
                            }
                            return row.getString(2).equals(piece.checksum())
                                    ? List.<String>of()
                                    : List.of("some of its %,d rows were changed".formatted(rows));
                        },
                        dialect.check(input, piece, checksum))
                .getFirst();
    }

    /// The number that stands for these rows in SQL.
    long number() {
        return number;
    }

    @Override
    public List<SqlColumn> columns() {
        return columns;
    }

    @Override
    public SqlScan.Reading read(int[] wanted) {
        closeStream();
        return new Pass(Arrays.stream(wanted).mapToObj(columns::get).toList());
    }

    private void closeStream() {
        RowStream stream = open;
        open = null;
        if (stream != null) {
            try {
                stream.close();
            } catch (SQLException e) {
                throw fail(session.failed(e));
            }
        }
    }

    private FailureException fail(FailureException reason) {
        if (failure == null) {
            failure = reason;
        }
        return reason;
    }

    @Override
    public void restrict(long least, long most) {
        List<Slice> restricted = new ArrayList<>();
        for (Slice slice : slices) {
            long from = Math.max(slice.firstRow(), least);
            long last = Math.min(slice.firstRow() + slice.rows() - 1, most);
            if (from <= last) {
                restricted.add(new Slice(slice.file(), from, last - from + 1));
            }
        }
        needed = restricted;
    }

    /// One pass over the slices that are needed, in order.
    private final class Pass implements SqlScan.Reading {

        private final List<SqlColumn> wanted;
        private final List<Slice> passed = needed;
        private int slice = -1;
        private long read;
        private long first;
        private byte[] file = {};

        Pass(List<SqlColumn> wanted) {
            this.wanted = wanted;
        }

        @Override
        public int next(ColumnVector[] vectors, int most) {
            isWaiting = true;
            try {
                while (true) {
                    RowStream stream = open;
                    if (stream == null && !begin()) {
                        return 0;
                    }
                    stream = open;
                    Slice current = passed.get(slice);
                    int count = stream == null ? 0 : stream.read(vectors, most);
                    if (count == 0) {
                        requireAll(current);
                        closeStream();
                        continue;
                    }
                    first = current.firstRow() + read;
                    read += count;
                    if (read > current.rows()) {
                        throw changed(session, current.file().path(), List.of("it has more rows than were planned"));
                    }
                    return count;
                }
            } catch (SQLException e) {
                throw fail(session.failed(e));
            } catch (FailureException e) {
                throw fail(e);
            } finally {
                isWaiting = false;
            }
        }

        private void requireAll(Slice current) {
            if (read != current.rows()) {
                throw changed(
                        session,
                        current.file().path(),
                        List.of("%,d rows came in place of %,d".formatted(read, current.rows())));
            }
        }

        /// Opens the next slice that has rows.
        private boolean begin() throws SQLException {
            do {
                slice++;
            } while (slice < passed.size() && passed.get(slice).rows() == 0);
            if (slice >= passed.size()) {
                return false;
            }
            Slice next = passed.get(slice);
            boolean isWhole = next.rows() == next.file().rows();
            read = 0;
            file = next.file().path().getBytes(StandardCharsets.UTF_8);
            String select = dialect.select(
                    input, SqlPiece.of(next.file()), wanted, next.firstRow(), isWhole ? -1 : next.rows());
            open = dialect.open(session.connection(), select, wanted);
            return true;
        }

        @Override
        public long firstRow() {
            return first;
        }

        @Override
        public byte[] file() {
            return file;
        }
    }

    @Override
    public void requireAllColumns() {
        // Whatever a query asks for is read.
    }

    @Override
    public @Nullable FailureException failure() {
        return failure;
    }

    @Override
    public boolean hasTimeLimit() {
        return isWaiting;
    }

    @Override
    public void cancel() {
        cancelled = true;
        try {
            dialect.cancel(session.connection());
        } catch (SQLException e) {
            LOG.debug("{}: it ended while it was cancelled", input, e);
        }
    }

    @Override
    public void close() {
        SqlScan.remove(number);
        if (failure == null && !cancelled) {
            try {
                closeStream();
                session.run("ROLLBACK");
                connections.giveBack(session.settings(), session.connection());
                return;
            } catch (FailureException e) {
                LOG.debug("{}: the transaction did not end", input, e);
            }
        }
        connections.discard(session.settings(), session.connection());
    }

    /// Columns that are bound, and never read.
    record Unread(List<SqlColumn> columns) implements SqlScan.Rows {

        Unread {
            columns = new ArrayList<>(columns);
            columns.removeIf(column -> column.carrier() == null);
        }

        @Override
        public SqlScan.Reading read(int[] wanted) {
            throw new IllegalStateException("these rows are not read");
        }
    }
}
