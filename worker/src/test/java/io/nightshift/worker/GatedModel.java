package io.nightshift.worker;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A model that predicts nothing, and whose scorers wait while its gate is closed. The gate is open at first. Safe
/// for several threads.
final class GatedModel implements Model {

    private final Set<String> threads = ConcurrentHashMap.newKeySet();
    private long limit = Long.MAX_VALUE;
    private long rows;
    private boolean isWaited;

    /// Lets no block begin after this number of rows.
    synchronized void close(long atRows) {
        limit = atRows;
    }

    synchronized void open() {
        limit = Long.MAX_VALUE;
        notifyAll();
    }

    /// Waits until a scorer waits.
    synchronized void awaitWaiting() {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!isWaited) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no scorer waits");
            }
            pause();
        }
    }

    /// The rows of the blocks that have begun.
    synchronized long rows() {
        return rows;
    }

    /// The names of the threads that have scored.
    Set<String> threads() {
        return threads;
    }

    private synchronized void pass(int more) {
        while (rows >= limit) {
            isWaited = true;
            notifyAll();
            pause();
        }
        rows += more;
    }

    private void pause() {
        try {
            wait(1_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public ModelDescription description() {
        return SumModel.ofNumbers(1).description();
    }

    @Override
    public Scorer scorer() {
        return (features, more, outputs) -> {
            threads.add(Thread.currentThread().getName());
            pass(more);
        };
    }

    @Override
    public String kernel() {
        return "none";
    }

    @Override
    public long heapBytes() {
        return 0;
    }
}
