package io.nightshift.worker;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// A node's threads that score, as many as it has, and how busy they have been.
public final class ScoringThreads extends ThreadPoolExecutor {

    private final Map<Thread, Long> begun = new ConcurrentHashMap<>();
    private final LongAdder done = new LongAdder();

    /// @param threads at least 1
    public ScoringThreads(int threads) {
        super(
                threads,
                threads,
                0,
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("scoring-", 1).factory());
    }

    public int size() {
        return getMaximumPoolSize();
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        begun.put(thread, System.nanoTime());
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable problem) {
        Long since = begun.remove(Thread.currentThread());
        if (since != null) {
            done.add(System.nanoTime() - since);
        }
    }

    /// How long they have worked, all together, what is under way included. A task that ends meanwhile may be missed
    /// until
    /// the next call.
    public long busyNanos() {
        long now = System.nanoTime();
        return done.sum()
                + begun.values().stream().mapToLong(since -> now - since).sum();
    }
}
