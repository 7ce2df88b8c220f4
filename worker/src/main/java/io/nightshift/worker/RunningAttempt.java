package io.nightshift.worker;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.storage.filesystem.IdleTime;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.UseMeter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An attempt that waits for a scoring thread, or runs on one. Its worker starts, watches and cancels it.
final class RunningAttempt implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final Lease lease;
    private final String node;
    private final Function<Lease, PartitionAttempt> attempts;
    private final StallWatch watch;
    private final LongSupplier nanos;
    private final CompletableFuture<PartitionAttempt.Result> result = new CompletableFuture<>();

    /// Null before a scoring thread begins the attempt.
    private volatile @Nullable Thread thread;

    /// When a scoring thread began it, by [System#nanoTime].
    private volatile long since;

    /// Null while the attempt is created, for which its model is loaded.
    private volatile @Nullable PartitionAttempt attempt;

    /// Null before a scoring thread begins the attempt.
    private volatile @Nullable UseMeter meter;

    private final int threads;

    private volatile boolean cancelled;

    /// The rows already reported to the observer.
    private long reported;

    /// @param attempts creates the attempt; called on the scoring thread
    /// @param limits how long the attempt may wait without progress, and by which clock
    /// @param threads how many scoring threads the node has
    RunningAttempt(
            Lease lease,
            String node,
            Function<Lease, PartitionAttempt> attempts,
            WorkerServices.AttemptLimits limits,
            int threads) {
        this.lease = lease;
        this.node = node;
        this.threads = threads;
        this.attempts = attempts;
        this.watch = new StallWatch(limits.stallAfter());
        this.nanos = limits.nanos();
    }

    Lease lease() {
        return lease;
    }

    /// Completes when the attempt has ended.
    CompletableFuture<PartitionAttempt.Result> result() {
        return result;
    }

    @Override
    public void run() {
        since = System.nanoTime();
        thread = Thread.currentThread();
        UseMeter begunMeter = UseMeter.begin();
        meter = begunMeter;
        try {
            PartitionAttempt begun = attempts.apply(lease);
            attempt = begun;
            if (cancelled) {
                begun.cancel();
            }
            PartitionAttempt.Result scored = begun.run(begunMeter);
            Use used = begunMeter.end(begun.bytesRead(), scored.commit().bytes());
            PartitionCommit commit =
                    scored.commit().withUse(used, Runtime.getRuntime().availableProcessors(), threads);
            result.complete(new PartitionAttempt.Result(commit, scored.reasons()));
        } catch (Throwable problem) {
            PartitionAttempt begun = attempt;
            begunMeter.end(begun == null ? 0 : begun.bytesRead(), 0);
            result.completeExceptionally(problem);
        }
    }

    /// The resources that the attempt has used until now, at least; null if it has not begun.
    @Nullable
    Use use() {
        UseMeter begun = meter;
        return begun == null ? null : begun.use();
    }

    /// Makes the attempt end soon. If its thread hangs, another one takes its place.
    ///
    /// @param stuckAfter how long the thread may take to come back
    /// @return completes when the thread has come back or is stuck
    CompletableFuture<Boolean> cancel(ScoringThreads threads, Duration stuckAfter) {
        cancelled = true;
        PartitionAttempt begun = attempt;
        if (begun != null) {
            begun.cancel();
        }
        return threads.endOrReplace(this, result, stuckAfter).thenApply(isStuck -> {
            if (isStuck) {
                LOG.warn(
                        "{}: its thread has not come back for {} s since the attempt was cancelled. {}. Threads that are stuck: {}",
                        lease.attempt(),
                        stuckAfter.toSeconds(),
                        threads.isExhausted()
                                ? "The node leases nothing until a thread comes back. Check its file systems, or restart it"
                                : "Another thread takes its place",
                        threads.stuck());
            }
            return isStuck;
        });
    }

    boolean hasBegun() {
        return thread != null;
    }

    Duration time() {
        return Duration.ofNanos(System.nanoTime() - since);
    }

    long rows() {
        PartitionAttempt begun = attempt;
        return begun == null ? 0 : begun.rows();
    }

    /// The rows up to a number that were not yet reported to the observer.
    long unreported(long rows) {
        long more = rows - reported;
        reported = rows;
        return more;
    }

    /// Why the attempt has to be cancelled, because it makes no progress; null if it may continue. Called at
    /// every heartbeat.
    @Nullable
    Failure stall() {
        Thread running = thread;
        PartitionAttempt begun = attempt;
        if (running == null) {
            return null;
        }
        long processor = IdleTime.processorTime(running);
        StallWatch.Stall stall = watch.observe(begun == null ? -1 : begun.progress(), processor, nanos.getAsLong());
        return stall == null || result.isDone() ? null : failure(stall, begun);
    }

    /// An attempt that waits, waits for the file system: a database's calls have time limits of their own.
    private Failure failure(StallWatch.Stall stall, @Nullable PartitionAttempt begun) {
        String seconds = "%d s".formatted(Math.max(1, stall.time().toSeconds()));
        String doing = begun == null ? lease.attempt() + ", loading the model " + lease.model() : begun.doing();
        if (stall.computes()) {
            return Failure.transientFailure(
                    "%s: node %s has computed for %s without progress and cancelled the attempt. Simplify the job's expressions, or make its partitions smaller"
                            .formatted(doing, node, seconds));
        }
        return Failure.of(
                begun == null ? FailedResource.Type.REGISTRY : FailedResource.Type.MOUNT,
                begun == null ? lease.model().toString() : begun.place(),
                "%s: node %s has waited for the file system for %s without progress and cancelled the attempt. Check that the file system answers on that node"
                        .formatted(doing, node, seconds));
    }
}
