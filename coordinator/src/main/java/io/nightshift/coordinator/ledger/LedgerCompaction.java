package io.nightshift.coordinator.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.FileStore;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.slf4j.LoggerFactory;

/// Keeps the file of an embedded ledger small while a process writes to it.
///
/// H2 writes a commit as a chunk, which holds the changed pages of its trees. Later commits replace most of these
/// pages. H2 uses the space of a chunk again when none of its pages is needed any more, so one page that stays
/// can keep a chunk of many. H2 has a thread that copies the pages that are left to a new chunk, but it does not
/// run with `WRITE_DELAY=0`, with which H2 writes a commit before it acknowledges it. This thread does it
/// instead, and writes through [ForcedFilePath] as every other commit does.
final class LedgerCompaction implements AutoCloseable {

    /// The time between two looks at the file.
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /// The longest time that a look copies pages. A commit of somebody else may wait for a portion.
    private static final Duration LONGEST = Duration.ofMillis(300);

    /// The share of the data in the file that is needed, in per cent, below which pages are copied.
    private static final int NEEDED = 70;

    /// How many bytes of pages are copied at once.
    private static final int PORTION = 1 << 20;

    /// Smaller files are left alone, in bytes.
    private static final long SMALL = 4 << 20;

    private final MVStore store;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);

    /// How often H2 had written to the file when nothing was left to do.
    private long done = -1;

    private LedgerCompaction(MVStore store) {
        this.store = store;
        this.thread = Thread.ofPlatform().daemon().name("ledger-compaction").unstarted(this::run);
    }

    /// Begins.
    ///
    /// @param connection to the ledger
    static LedgerCompaction start(Connection connection) throws SQLException {
        LedgerCompaction compaction = new LedgerCompaction(store(connection));
        compaction.thread.start();
        return compaction;
    }

    static MVStore store(Connection connection) throws SQLException {
        if (connection.unwrap(JdbcConnection.class).getSession() instanceof SessionLocal session) {
            return session.getDatabase().getStore().getMvStore();
        }
        throw new IllegalStateException("the ledger is not in this process");
    }

    private void run() {
        try {
            while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                compact();
            }
        } catch (InterruptedException _) {
            // Nobody interrupts this thread but to end it.
        } catch (MVStoreException e) {
            // Whoever writes to the ledger next reports it. The logger is no constant, since `serve` opens the
            // ledger before it sets up the log.
            LoggerFactory.getLogger(LedgerCompaction.class).warn("the ledger's file is not compacted any more", e);
        }
    }

    /// Copies pages until enough of the file is needed, or it has taken long.
    private void compact() {
        FileStore<?> file = store.getFileStore();
        if (file.size() < SMALL || file.getWriteCount() == done) {
            return;
        }
        long end = System.nanoTime() + LONGEST.toNanos();
        while (copy(NEEDED)) {
            if (System.nanoTime() - end > 0) {
                return;
            }
        }
        done = file.getWriteCount();
    }

    /// Copies a portion of the pages that are needed from chunks with many others.
    ///
    /// @param needed the share of the data in the file, in per cent, from which nothing is copied
    /// @return whether something was
    boolean copy(int needed) {
        boolean isCopied = store.compact(needed, PORTION);
        if (isCopied) {
            store.commit();
        }
        return isCopied;
    }

    /// Returns when the thread has ended. It is not interrupted, since Java then closes the file.
    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
