package io.nightshift.coordinator.batch.task;

import io.nightshift.storage.endpoint.EndpointUse;
import io.nightshift.storage.filesystem.IdleTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Work on a thread that may block. Work that waits for a file system that does not answer is reported as
/// stalled. Calls to a database or an object store have time limits of their own.
///
/// Stalled work may continue later. Its thread is not interrupted: a read or a write that hangs would not
/// notice, and later the interrupt would close the files of the embedded ledger.
///
/// @param <T> the result of the work
public final class WatchedTask<T> {

    private static final int CHECKS = 10;

    private final Supplier<T> work;
    private final Executor executor;
    private final Duration bound;
    private final StuckThreads stuck;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private final CompletableFuture<Duration> stall = new CompletableFuture<>();
    private final IdleTime idle = new IdleTime();

    /// The thread while it does the work.
    private @Nullable Thread thread;

    private WatchedTask(Supplier<T> work, Executor executor, Duration bound, StuckThreads stuck) {
        this.work = work;
        this.executor = executor;
        this.bound = bound;
        this.stuck = stuck;
    }

    /// @param executor runs the work on a thread that may block
    /// @param bound how long the work may wait for a file system
    /// @param stuck counts the thread from when the work stalls until it ends
    public static <T> WatchedTask<T> start(Supplier<T> work, Executor executor, Duration bound, StuckThreads stuck) {
        WatchedTask<T> task = new WatchedTask<>(work, executor, bound, stuck);
        executor.execute(task::run);
        return task;
    }

    /// Completes when the work ends, which may be after it has stalled.
    public CompletableFuture<T> result() {
        return result;
    }

    /// Completes when the work stalls, with the time for which it has waited. Otherwise, it never completes.
    public CompletableFuture<Duration> stall() {
        return stall;
    }

    /// Whether the work has stalled and not ended since.
    public boolean isHanging() {
        return stall.isDone() && !result.isDone();
    }

    private void run() {
        begin();
        checkLater();
        try {
            T value = work.get();
            end();
            result.complete(value);
        } catch (Throwable problem) {
            end();
            result.completeExceptionally(problem);
        }
    }

    private synchronized void begin() {
        thread = Thread.currentThread();
    }

    private synchronized void end() {
        thread = null;
        if (stall.isDone()) {
            stuck.cameBack();
        }
    }

    private void checkLater() {
        long delay = bound.dividedBy(CHECKS).toNanos();
        CompletableFuture.delayedExecutor(delay, TimeUnit.NANOSECONDS, executor).execute(this::check);
    }

    private synchronized void check() {
        if (thread == null) {
            return;
        }
        long processor = IdleTime.processorTime(thread);
        long now = System.nanoTime();
        if (EndpointUse.isBy(thread)) {
            idle.begin(processor, now);
        }
        long waited = idle.nanos(processor, now);
        if (waited >= bound.toNanos()) {
            stuck.stalled();
            stall.complete(Duration.ofNanos(waited));
        } else {
            checkLater();
        }
    }
}
