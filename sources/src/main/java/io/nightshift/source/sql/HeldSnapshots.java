package io.nightshift.source.sql;

import io.nightshift.protocol.batch.BatchId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The snapshots that batches of this node's coordinators read: for each a connection whose transaction stays open
/// until
/// the batch ends, or until this node does. Safe for several threads.
///
/// A snapshot that is lost, because a connection breaks or a coordinator moves, is not made anew: what was
/// planned was counted in it. Readers notice that it is gone, and compare what they read with the plan.
public final class HeldSnapshots implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HeldSnapshots.class);

    /// Firewalls drop connections that are silent for long.
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(30);

    private final Map<BatchId, Held> held = new ConcurrentHashMap<>();

    /// Keeps the snapshot of a connection, which belongs to this object from now on.
    void keep(BatchId batch, Connection connection) {
        Held snapshot = new Held(batch, connection);
        Held before = held.put(batch, snapshot);
        if (before != null) {
            before.close();
        }
        snapshot.thread.start();
    }

    /// Gives up the snapshot of a batch, if there is one.
    public void release(BatchId batch) {
        Held snapshot = held.remove(batch);
        if (snapshot != null) {
            snapshot.close();
        }
    }

    @Override
    public void close() {
        held.keySet().forEach(this::release);
    }

    private static final class Held {
        private final BatchId batch;
        private final Connection connection;
        private final ReentrantLock lock = new ReentrantLock();
        private final Thread thread;

        Held(BatchId batch, Connection connection) {
            this.batch = batch;
            this.connection = connection;
            this.thread = Thread.ofVirtual().name("snapshot-" + batch).unstarted(this::stayAlive);
        }

        private void stayAlive() {
            try {
                while (signOfLife()) {
                    Thread.sleep(SIGN_OF_LIFE);
                }
            } catch (InterruptedException _) {
                // The snapshot is released.
            } catch (SQLException e) {
                LOG.warn(
                        "{}: the snapshot of the source is lost: {}. Rows that are still to be read are compared with the plan",
                        batch,
                        e.getMessage());
            }
        }

        private boolean signOfLife() throws SQLException {
            lock.lock();
            try {
                if (connection.isClosed()) {
                    return false;
                }
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SELECT 1");
                }
                return true;
            } finally {
                lock.unlock();
            }
        }

        void close() {
            thread.interrupt();
            lock.lock();
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("{}: the connection of the snapshot is broken", batch, e);
            } finally {
                lock.unlock();
            }
        }
    }
}
