package io.nightshift.destination.table;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DatabaseFailure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connection of one attempt to a database. It is taken from the pool when the attempt begins, *claims* its
/// partition, and ends with the attempt's one transaction.
///
/// For one thread; only [#cancel] and [#waits] may be called by others.
/// @param <R> the rows as the database takes them
public abstract class AttemptConnection<R extends SentRows> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AttemptConnection.class);

    /// A server that takes no rows for so long counts as broken.
    private static final Duration STALLED = Duration.ofSeconds(ConnectionPool.SILENCE);

    private final ConnectionPool connections;
    private final DataSourceSettings settings;
    protected final Lease lease;
    private volatile @Nullable Connection connection;
    private volatile boolean cancelled;
    private volatile boolean ended;
    private volatile long writingSince;
    private volatile boolean isAsking;
    private long taking;
    private boolean clean = true;

    protected AttemptConnection(ConnectionPool connections, DataSourceSettings settings, Lease lease) {
        this.connections = connections;
        this.settings = settings;
        this.lease = lease;
    }

    /// Work on the connection.
    @FunctionalInterface
    protected interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    /// Work without a result.
    @FunctionalInterface
    protected interface Step {
        void on(Connection connection) throws SQLException;
    }

    /// Claims the partition, if that isn't done yet, and begins the transaction again.
    public abstract void begin();

    /// Encodes predictions.
    public abstract R predictions(List<PredictionColumns.Column> columns);

    /// Encodes quarantined rows.
    public abstract R quarantine(BoundJob job);

    /// Sends the rows of a query.
    ///
    /// @return their number
    /// @throws SQLException of the query; the database's errors are [FailureException]s
    public abstract long send(R rows, SentRows.Query<Long> query) throws SQLException;

    /// Writes counts and digests into the partition's row, and commits the transaction.
    ///
    /// @throws FailureException if a later attempt has claimed the partition; nothing is kept then
    public abstract void commit(@Nullable OutputFile predictions, @Nullable OutputFile quarantine);

    /// Claims the partition, so that no attempt with a lower epoch can commit from now on.
    ///
    /// @throws FailureException transient, if an attempt with a higher epoch has claimed it
    protected abstract void claim();

    protected final void doing(String what, Step step) {
        asking(what, used -> {
            step.on(used);
            return true;
        });
    }

    /// @param what is done, for the message of an error
    protected final <T> T asking(String what, Work<T> work) {
        Connection used = taken();
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

    protected final FailureException failed(String what, SQLException e) {
        clean = false;
        if (cancelled) {
            return new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"), e);
        }
        if (DatabaseFailure.isTransient(e)) {
            connections.forget(settings);
        }
        return new FailureException(
                DatabaseFailure.of(
                        "%s, %s %s".formatted(lease.attempt(), what, lease.job().destination()), e),
                e);
    }

    /// Claims the partition, if that isn't done yet, and begins the transaction again: what was written
    /// before is rolled back.
    ///
    /// @param first done at the beginning of the transaction
    protected final void begin(Step first) {
        if (connection == null) {
            connect();
        }
        doing("beginning to write to", used -> {
            if (used.getAutoCommit()) {
                used.setAutoCommit(false);
            } else {
                used.rollback();
            }
            first.on(used);
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
    public final long taking() {
        return taking;
    }

    private Connection taken() {
        return Objects.requireNonNull(connection, "the attempt has no connection");
    }

    /// Sends rows. A send that does not end is broken off.
    protected final void sending(Step step) throws SQLException {
        long begin = System.nanoTime();
        writingSince = begin;
        step.on(taken());
        writingSince = 0;
        taking += System.nanoTime() - begin;
    }

    /// An attempt that may not write, or commit, to the destination.
    protected final FailureException refused(String what) {
        return new FailureException(
                Failure.transientFailure("%s may not %s %s: a later attempt holds the partition, or the batch is over"
                        .formatted(lease.attempt(), what, lease.job().destination())));
    }

    /// Sets the parameters for rows, bytes and digest.
    protected static void set(PreparedStatement statement, int index, @Nullable OutputFile file) throws SQLException {
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
    public final boolean waits() {
        return isAsking || writingSince != 0;
    }

    /// Makes a call that is under way fail soon.
    public final void cancel() {
        cancelled = true;
        abort();
    }

    /// Gives the connection back, or closes it if it may be in a transaction, which the server then rolls
    /// back.
    @Override
    public final void close() {
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
