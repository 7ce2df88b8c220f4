package io.nightshift.storage.destination.postgres;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DatabaseFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The work of one attempt in PostgreSQL.
///
/// First it *claims* its partition: it writes its epoch into the partition's row of `nightshift_parts`, in a
/// transaction of its own, unless a higher epoch is there. Then, in one transaction, it removes the rows of
/// an earlier attempt, copies its own rows into the batch's staging tables, and writes their counts and
/// digests into the partition's row, if its claim is still the highest. So of two attempts at most the one
/// with the higher epoch can leave rows, whichever of them is frozen at whatever point; a partition never has
/// rows of both.
///
/// A process that is frozen between that last statement and the end of its transaction holds a lock that the
/// next attempt's claim waits for. The server ends such a transaction by itself: the attempt sets a time-out
/// for that before its last statement.
///
/// For one thread; only [#cancel] and [#waits] may be called by others.
final class AttemptTransaction implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AttemptTransaction.class);

    /// The time for which the transaction may be idle while it locks its partition's row.
    private static final Duration END = Duration.ofSeconds(10);

    /// The time to wait for a row that another attempt locks: longer than [#END].
    private static final Duration CLAIM = Duration.ofSeconds(20);

    /// The time in which the server must remove the rows of an earlier attempt.
    private static final Duration REMOVAL = Duration.ofMinutes(10);

    /// A server that takes no rows for so long counts as broken.
    private static final Duration STALLED = Duration.ofSeconds(ConnectionPool.SILENCE);

    private final ConnectionPool connections;
    private final DataSourceSettings settings;
    private final Lease lease;
    private final String node;
    private final BatchTables tables;
    private volatile @Nullable Connection connection;
    private volatile boolean cancelled;
    private volatile boolean ended;
    private volatile long writingSince;
    private volatile boolean isAsking;
    private long taking;
    private boolean replaces;
    private boolean clean = true;

    /// @param node that makes the attempt, `host:port`
    AttemptTransaction(
            ConnectionPool connections,
            DataSourceSettings settings,
            PostgresDestination destination,
            Lease lease,
            String node) {
        this.connections = connections;
        this.settings = settings;
        this.lease = lease;
        this.node = node;
        this.tables = BatchTables.of(destination, lease.attempt().batch());
    }

    private interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private interface Step {
        void on(Connection connection) throws SQLException;
    }

    private void doing(String what, Step step) {
        asking(what, used -> {
            step.on(used);
            return true;
        });
    }

    private <T> T asking(String what, Work<T> work) {
        Connection used = connection;
        if (used == null) {
            throw new IllegalStateException(lease.attempt() + " has no connection");
        }
        isAsking = true;
        long begin = System.nanoTime();
        try {
            return work.on(used);
        } catch (SQLException e) {
            throw failed(what, e);
        } finally {
            taking += System.nanoTime() - begin;
            isAsking = false;
        }
    }

    private FailureException failed(String what, SQLException e) {
        clean = false;
        if (cancelled) {
            return new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"), e);
        }
        if (DatabaseFailure.isTransient(e.getSQLState())) {
            connections.forget(settings);
        }
        return new FailureException(
                DatabaseFailure.of(
                        "%s, %s %s".formatted(lease.attempt(), what, lease.job().destination()),
                        e.getSQLState(),
                        e.getMessage()),
                e);
    }

    /// Claims the partition, if that isn't done yet, and begins the transaction again: what was written
    /// before is rolled back.
    void begin() {
        if (connection == null) {
            connect();
        }
        doing("beginning to write to", used -> {
            if (used.getAutoCommit()) {
                used.setAutoCommit(false);
            } else {
                used.rollback();
            }
            if (replaces) {
                removeEarlier(used);
            }
        });
    }

    /// A connection that was idle may be broken. Then the attempt tries another one, once.
    private void connect() {
        connection = take();
        try {
            claim();
        } catch (FailureException e) {
            if (e.failure().isPermanent() || cancelled) {
                throw e;
            }
            connections.discard(settings, taken());
            connection = take();
            clean = true;
            claim();
        }
        Thread.ofVirtual().name("watch-" + lease.attempt()).start(this::watch);
    }

    private Connection take() {
        isAsking = true;
        long begin = System.nanoTime();
        try {
            return connections.take(settings, () -> cancelled);
        } finally {
            taking += System.nanoTime() - begin;
            isAsking = false;
        }
    }

    /// The time for which the attempt's calls of the database have lasted, in nanoseconds.
    long taking() {
        return taking;
    }

    private Connection taken() {
        return Objects.requireNonNull(connection);
    }

    private void claim() {
        Attempt attempt = lease.attempt();
        String sql = """
                INSERT INTO %s AS part (batch_id, partition, held_incarnation, held_lease, node)
                SELECT batch_id, ?, ?, ?, ? FROM %s WHERE batch_id = ? AND published_at IS NULL
                ON CONFLICT (batch_id, partition) DO UPDATE
                SET held_incarnation = excluded.held_incarnation, held_lease = excluded.held_lease, node = excluded.node
                WHERE (part.held_incarnation, part.held_lease) <= (excluded.held_incarnation, excluded.held_lease)
                RETURNING rows IS NOT NULL
                """.formatted(tables.sql(tables.parts()), tables.sql(tables.register()));
        Optional<Boolean> written = asking("claiming the partition in", used -> {
            try (Statement statement = used.createStatement()) {
                statement.execute("SET lock_timeout = %d; SET application_name = %s"
                        .formatted(CLAIM.toMillis(), BatchTables.literal("nightshift " + attempt)));
            }
            try (PreparedStatement statement = used.prepareStatement(sql)) {
                statement.setInt(1, attempt.partition());
                statement.setInt(2, attempt.epoch().incarnation());
                statement.setInt(3, attempt.epoch().lease());
                statement.setString(4, node);
                statement.setString(5, attempt.batch().value());
                try (ResultSet row = statement.executeQuery()) {
                    return row.next() ? Optional.of(row.getBoolean(1)) : Optional.empty();
                }
            }
        });
        if (written.isEmpty()) {
            throw new FailureException(Failure.transientFailure(
                    "%s may not write to %s: a later attempt holds the partition, or the batch is over"
                            .formatted(attempt, lease.job().destination())));
        }
        replaces = written.get();
    }

    private void removeEarlier(Connection used) throws SQLException {
        used.setNetworkTimeout(Runnable::run, (int) REMOVAL.toMillis());
        try (Statement statement = used.createStatement()) {
            for (String table : List.of(tables.staging(), tables.quarantineStaging())) {
                int removed = statement.executeUpdate("DELETE FROM %s WHERE batch_partition = %d"
                        .formatted(tables.sql(table), lease.attempt().partition()));
                LOG.info("{} replaces {} rows of an attempt that was not committed", lease.attempt(), removed);
            }
        }
        used.setNetworkTimeout(Runnable::run, (int) TimeUnit.SECONDS.toMillis(ConnectionPool.SILENCE));
    }

    /// Encodes the predictions.
    CopyRows predictions(List<CopyColumn> columns) {
        Instant now = Instant.now();
        CopyRows.Constants constants = new CopyRows.Constants()
                .text("model_name", lease.model().name())
                .number("model_version", lease.model().version())
                .text("batch_id", lease.attempt().batch().value())
                .timestamp("predicted_at", now.getEpochSecond() * 1_000_000 + now.getNano() / 1000)
                .number("batch_partition", lease.attempt().partition());
        return new CopyRows(tables.staging(), columns, columns.size(), constants);
    }

    /// Encodes the quarantined rows. Their values, in the last column, are not digested, since the server
    /// reorders the keys of JSON.
    CopyRows quarantine(List<CopyColumn> columns) {
        CopyRows.Constants constants = new CopyRows.Constants()
                .text("batch_id", lease.attempt().batch().value())
                .number("batch_partition", lease.attempt().partition());
        return new CopyRows(tables.quarantineStaging(), columns, columns.size() - 1, constants);
    }

    /// Copies the rows of a query.
    ///
    /// @return their number
    /// @throws SQLException of the query; PostgreSQL's errors are [FailureException]s
    long copy(CopyRows rows, CopyRows.Query<Long> query) throws SQLException {
        String sql = "COPY %s (%s) FROM STDIN (FORMAT binary)"
                .formatted(
                        tables.sql(rows.table()),
                        rows.names().stream().map(BatchTables::quoted).collect(Collectors.joining(", ")));
        CopyIn copy = asking(
                "writing to", used -> ConnectionPool.driver(used).getCopyAPI().copyIn(sql));
        try {
            long selected = rows.into((bytes, length) -> write(copy, bytes, length), query);
            long copied = asking("writing to", used -> copy.endCopy());
            if (copied != selected) {
                throw new IllegalStateException("%d rows selected, %d copied".formatted(selected, copied));
            }
            return copied;
        } catch (SQLException e) {
            SQLException problem = rows.problem();
            if (problem != null) {
                throw failed("writing to", problem);
            }
            cancel(copy);
            throw e;
        }
    }

    private void write(CopyIn copy, byte[] bytes, int length) throws SQLException {
        long begin = System.nanoTime();
        writingSince = begin;
        copy.writeToCopy(bytes, 0, length);
        writingSince = 0;
        taking += System.nanoTime() - begin;
    }

    /// Ends a COPY whose query failed. The transaction's end removes what it has copied.
    private void cancel(CopyIn copy) {
        doing("writing to", used -> {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        });
    }

    /// Writes counts and digests into the partition's row, and commits the transaction.
    ///
    /// @throws FailureException if a later attempt has claimed the partition; nothing is kept then
    void commit(@Nullable OutputFile predictions, @Nullable OutputFile quarantine) {
        Attempt attempt = lease.attempt();
        List<String> columns = new ArrayList<>();
        for (String kind : List.of("", "quarantined_")) {
            Stream.of("rows", "bytes", "sha256").map(kind::concat).forEach(columns::add);
        }
        String sql = """
                UPDATE %s SET incarnation = held_incarnation, lease = held_lease, committed_at = clock_timestamp(), (%s) = (?, ?, ?, ?, ?, ?)
                WHERE batch_id = ? AND partition = ? AND held_incarnation = ? AND held_lease = ?
                """.formatted(tables.sql(tables.parts()), String.join(", ", columns));
        int updated = asking("committing to", used -> {
            try (Statement statement = used.createStatement()) {
                statement.execute("SET LOCAL idle_in_transaction_session_timeout = " + END.toMillis());
            }
            try (PreparedStatement statement = used.prepareStatement(sql)) {
                set(statement, 1, predictions);
                set(statement, 4, quarantine);
                statement.setString(7, attempt.batch().value());
                statement.setInt(8, attempt.partition());
                statement.setInt(9, attempt.epoch().incarnation());
                statement.setInt(10, attempt.epoch().lease());
                return statement.executeUpdate();
            }
        });
        if (updated != 1) {
            throw new FailureException(Failure.transientFailure(
                    "%s may not commit to %s: a later attempt holds the partition, or the batch is over"
                            .formatted(attempt, lease.job().destination())));
        }
        doing("committing to", used -> {
            used.commit();
            used.setAutoCommit(true);
        });
    }

    private static void set(PreparedStatement statement, int index, @Nullable OutputFile file) throws SQLException {
        statement.setObject(index, file == null ? null : file.rows(), Types.BIGINT);
        statement.setObject(index + 1, file == null ? null : file.bytes(), Types.BIGINT);
        statement.setObject(index + 2, file == null ? null : file.sha256(), Types.VARCHAR);
    }

    /// Breaks a connection on which a write doesn't end: neither the driver nor the pool has a time-out for
    /// that.
    private void watch() {
        while (!ended) {
            LockSupport.parkNanos(STALLED.toNanos() / 20);
            long since = writingSince;
            if (since != 0 && System.nanoTime() - since > STALLED.toNanos()) {
                LOG.warn("{}: the database takes no more rows; the connection is aborted", lease.attempt());
                abort();
                return;
            }
        }
    }

    private void abort() {
        Connection used = connection;
        if (used != null) {
            try {
                used.abort(Runnable::run);
            } catch (SQLException e) {
                LOG.debug("{}: the connection can't be aborted", lease.attempt(), e);
            }
        }
    }

    /// Whether the attempt waits for the database. All such calls have time limits.
    boolean waits() {
        return isAsking || writingSince != 0;
    }

    /// Makes a call that is under way fail soon.
    void cancel() {
        cancelled = true;
        abort();
    }

    /// Gives the connection back, or closes it if it may be in a transaction, which the server then rolls
    /// back.
    @Override
    public void close() {
        ended = true;
        Connection used = connection;
        connection = null;
        if (used == null) {
            return;
        }
        if (clean && !cancelled) {
            try {
                if (!used.getAutoCommit()) {
                    used.rollback();
                    used.setAutoCommit(true);
                }
                connections.giveBack(used);
                return;
            } catch (SQLException e) {
                LOG.debug("{}: the transaction can't be rolled back", lease.attempt(), e);
            }
        }
        connections.discard(settings, used);
    }
}
