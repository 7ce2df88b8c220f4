package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.ThreadLimit;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Keeps the jobs that limit their threads within that limit, all batches of a job together.
///
/// A worker counts for a batch from the moment when the register sends it there until it asks for work again
/// or ends. With every tick, the batch says which workers hold its partitions. So the register knows them
/// after a restart, too, and forgets a worker that got nothing there and does not ask again for minutes, as
/// on a node that is held off. A job whose batches were open before the restart gets no worker until each of
/// them has said that.
///
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
final class ThreadLimits {

    /// A worker that was sent to a batch has a partition after this time, or was refused, however slow the
    /// network is.
    private static final long ARRIVAL = Duration.ofSeconds(10).toNanos();

    /// After a restart, the register waits this long for the reports of open batches. Paused and failed batches
    /// send none.
    private static final long SILENCE = Duration.ofSeconds(30).toNanos();

    /// A worker that counts for a batch.
    ///
    /// @param nanos when it was sent there
    /// @param leased whether the batch has said that it holds a partition
    private record Busy(Limited batch, long nanos, boolean leased) {}

    /// The counts of a job. With them, a question about one of its batches takes the same time however many batches
    /// the job has.
    private static final class JobCount {
        private int batches;
        private int awaited;
        private int busy;
    }

    private static final class Limited {
        private final String job;
        private final ThreadLimit limit;
        private final JobCount count;
        private final Set<ActorRef<WorkerMessage>> workers = new HashSet<>();
        private boolean isAwaited;

        Limited(String job, ThreadLimit limit, JobCount count) {
            this.job = job;
            this.limit = limit;
            this.count = count;
        }

        void await(boolean awaited) {
            if (isAwaited != awaited) {
                isAwaited = awaited;
                count.awaited += awaited ? 1 : -1;
            }
        }
    }

    private final Set<ActorRef<WorkerMessage>> workers = new HashSet<>();
    private final Map<ActorRef<WorkerMessage>, Busy> busy = new HashMap<>();
    private final Map<BatchId, Limited> batches = new HashMap<>();
    private final Map<String, JobCount> jobs = new HashMap<>();
    private @Nullable Long begin;

    /// A worker has nothing to do.
    void free(ActorRef<WorkerMessage> worker) {
        forget(worker);
        workers.add(worker);
    }

    /// A worker has ended.
    void ended(ActorRef<WorkerMessage> worker) {
        forget(worker);
        workers.remove(worker);
    }

    /// A batch that was open before this object was created may have workers.
    void await(BatchId batch, String job, ThreadLimit limit) {
        limited(batch, job, limit).await(true);
    }

    /// A batch says which workers hold its partitions.
    void leased(BatchId batch, String job, ThreadLimit limit, Collection<ActorRef<WorkerMessage>> holders, long now) {
        Limited limited = limited(batch, job, limit);
        limited.await(false);
        Set<ActorRef<WorkerMessage>> holding = new HashSet<>(holders);
        for (ActorRef<WorkerMessage> worker : List.copyOf(limited.workers)) {
            Busy known = busy.get(worker);
            if (known != null && !holding.contains(worker) && (known.leased() || now - known.nanos() >= ARRIVAL)) {
                forget(worker);
            }
        }
        for (ActorRef<WorkerMessage> holder : holding) {
            Busy known = busy.get(holder);
            // A worker that was just sent elsewhere has ended its partition while this message was under way.
            if (known == null || known.leased() || known.batch() == limited) {
                count(holder, new Busy(limited, now, true));
            }
        }
    }

    private Limited limited(BatchId batch, String job, ThreadLimit limit) {
        return batches.computeIfAbsent(batch, unknown -> {
            JobCount count = jobs.computeIfAbsent(job, first -> new JobCount());
            count.batches++;
            return new Limited(job, limit, count);
        });
    }

    private void count(ActorRef<WorkerMessage> worker, Busy now) {
        forget(worker);
        busy.put(worker, now);
        now.batch().workers.add(worker);
        now.batch().count.busy++;
    }

    private void forget(ActorRef<WorkerMessage> worker) {
        Busy known = busy.remove(worker);
        if (known != null) {
            known.batch().workers.remove(worker);
            known.batch().count.busy--;
        }
    }

    /// A batch has ended.
    void ended(BatchId batch) {
        Limited limited = batches.remove(batch);
        if (limited == null) {
            return;
        }
        List.copyOf(limited.workers).forEach(this::forget);
        limited.await(false);
        limited.count.batches--;
        if (limited.count.batches == 0) {
            jobs.remove(limited.job);
        }
    }

    /// A worker was sent to a batch.
    void sent(ActorRef<WorkerMessage> worker, BatchId batch, long now) {
        Limited limited = batches.get(batch);
        if (limited != null) {
            count(worker, new Busy(limited, now, false));
        }
    }

    /// Whether one more worker may be sent to a batch.
    boolean permits(BatchId batch, long now) {
        Limited limited = batches.get(batch);
        if (limited == null) {
            return true;
        }
        if (begin == null) {
            begin = now;
        }
        boolean isAwaiting = limited.count.awaited > 0 && now - begin < SILENCE;
        return !isAwaiting && limited.count.busy < limited.limit.of(workers.size());
    }
}
