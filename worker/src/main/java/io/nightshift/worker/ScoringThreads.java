package io.nightshift.worker;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// A node's scoring threads, and the time that they have spent on tasks.
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

    /// The time that all threads together have spent on tasks, including unfinished ones, in nanoseconds. A
    /// task that ends during the call may be missing until the next call.
    public long busyNanos() {
        long now = System.nanoTime();
        return done.sum()
                + begun.values().stream().mapToLong(since -> now - since).sum();
    }
}
