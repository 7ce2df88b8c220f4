package io.nightshift.coordinator.ledger;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.api.Trigger;

/// Blocks writes to a real journal, or makes them fail. H2 calls it as a trigger before each insert.
public final class JournalWriteBlocker implements Trigger {

    private static final int ALL = 1_000_000;
    private static final Semaphore OPEN = new Semaphore(ALL);
    private static final AtomicInteger BLOCKED = new AtomicInteger();
    private static final AtomicInteger FAILURES = new AtomicInteger();

    public static void install(Ledger ledger) throws SQLException {
        try (Connection connection = DriverManager.getConnection(ledger.url(), ledger.user(), ledger.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TRIGGER gate BEFORE INSERT ON \"event_journal\" FOR EACH ROW CALL '"
                    + JournalWriteBlocker.class.getName() + "'");
        }
    }

    /// Blocks every write until [#open()].
    public static void shut() {
        OPEN.acquireUninterruptibly(ALL);
    }

    public static void open() {
        OPEN.release(ALL - OPEN.availablePermits());
    }

    /// Whether a write is blocked now.
    public static boolean isBlocking() {
        return BLOCKED.get() > 0;
    }

    /// Whether the write that [#failOnce()] ordered to fail has failed.
    public static boolean hasFailed() {
        return FAILURES.get() == 0;
    }

    /// Makes the next write fail.
    public static void failOnce() {
        FAILURES.set(1);
    }

    @Override
    public void fire(Connection connection, Object[] before, Object[] after) throws SQLException {
        BLOCKED.incrementAndGet();
        OPEN.acquireUninterruptibly();
        OPEN.release();
        BLOCKED.decrementAndGet();
        if (FAILURES.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new SQLException("the disk of the journal is full");
        }
    }
}
