package io.nightshift.worker;

import io.nightshift.protocol.batch.Attempt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// A node's scoring threads, and the time that they have spent on tasks.
///
/// A thread that hangs in a read or a write can't be interrupted. Such a thread counts as stuck: another thread
/// takes its place until it comes back. At most [#size] threads are replaced at a time, so that a node whose
/// storage is gone does not grow without end.
public final class ScoringThreads extends ThreadPoolExecutor {

    private final int size;
    private final Map<Runnable, Long> begun = new ConcurrentHashMap<>();
    private final LongAdder done = new LongAdder();

    /// The tasks of the threads that are stuck.
    private final Set<Runnable> stuckTasks = new HashSet<>();

    private volatile int stuck;

    /// @param threads at least 1
    public ScoringThreads(int threads) {
        super(
                threads,
                threads,
                0,
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("scoring-", 1).factory());
        this.size = threads;
    }

    /// The number of threads that score, without those that are stuck.
    public int size() {
        return size;
    }

    /// The number of threads that are stuck.
    public int stuck() {
        return stuck;
    }

    /// Whether so many threads are stuck that not all of them are replaced. The node must lease nothing then.
    public boolean isExhausted() {
        return stuck > size;
    }

    /// An attempt on a scoring thread.
    ///
    /// @param attempt the attempt
    /// @param rows the rows that it has scored so far
    /// @param time for how long it has run
    public record Scoring(Attempt attempt, long rows, Duration time) {}

    /// The attempts that run now, in no order, without those of stuck threads.
    public List<Scoring> scoring() {
        List<Scoring> running = new ArrayList<>();
        for (Runnable task : begun.keySet()) {
            if (task instanceof RunningAttempt attempt && attempt.hasBegun()) {
                running.add(new Scoring(attempt.lease().attempt(), attempt.rows(), attempt.time()));
            }
        }
        return running;
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        begun.put(task, System.nanoTime());
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable problem) {
        Long since = begun.remove(task);
        if (since == null) {
            comeBack(task);
        } else {
            done.add(System.nanoTime() - since);
        }
    }

    /// Waits for the end of a task that was cancelled. A task that has not begun is removed. A thread that does
    /// not come back from the task in time is stuck from then on.
    ///
    /// @param task as it was given to [#execute]
    /// @param end completes when the task has ended
    /// @param patience how long to wait for the end
    /// @return completes after the end, with false; or when the time is over, with true if the thread is stuck
    CompletableFuture<Boolean> endOrReplace(Runnable task, CompletableFuture<?> end, Duration patience) {
        return remove(task)
                ? CompletableFuture.completedFuture(false)
                : end.handle((result, problem) -> false)
                        .completeOnTimeout(true, patience.toNanos(), TimeUnit.NANOSECONDS)
                        .thenApply(isLate -> isLate && replace(task));
    }

    /// Counts the thread of a task as stuck.
    ///
    /// @return false if the task does not run
    synchronized boolean replace(Runnable task) {
        Long since = begun.remove(task);
        if (since == null) {
            return false;
        }
        done.add(System.nanoTime() - since);
        stuckTasks.add(task);
        resize();
        return true;
    }

    private synchronized void comeBack(Runnable task) {
        stuckTasks.remove(task);
        resize();
    }

    private void resize() {
        stuck = stuckTasks.size();
        int threads = size + Math.min(stuck, size);
        if (threads > getMaximumPoolSize()) {
            setMaximumPoolSize(threads);
            setCorePoolSize(threads);
        } else {
            setCorePoolSize(threads);
            setMaximumPoolSize(threads);
        }
    }

    /// The time that all threads together have spent on tasks, including unfinished ones, in nanoseconds. The
    /// time of a stuck thread counts until it is stuck. A task that ends during the call may be missing until
    /// the next call.
    public long busyNanos() {
        long now = System.nanoTime();
        return done.sum()
                + begun.values().stream().mapToLong(since -> now - since).sum();
    }
}
