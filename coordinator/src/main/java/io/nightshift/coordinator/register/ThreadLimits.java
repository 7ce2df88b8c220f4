package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.ThreadLimit;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
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
    private record Busy(BatchId batch, long nanos, boolean leased) {}

    private static final class Limited {
        private final String job;
        private final ThreadLimit limit;
        private boolean isAwaited;

        Limited(String job, ThreadLimit limit) {
            this.job = job;
            this.limit = limit;
        }
    }

    private final Set<ActorRef<WorkerMessage>> workers = new HashSet<>();
    private final Map<ActorRef<WorkerMessage>, Busy> busy = new HashMap<>();
    private final Map<BatchId, Limited> batches = new HashMap<>();
    private @Nullable Long begin;

    /// A worker has nothing to do.
    void free(ActorRef<WorkerMessage> worker) {
        busy.remove(worker);
        workers.add(worker);
    }

    /// A worker has ended.
    void ended(ActorRef<WorkerMessage> worker) {
        busy.remove(worker);
        workers.remove(worker);
    }

    /// A batch that was open before this object was created may have workers.
    void await(BatchId batch, String job, ThreadLimit limit) {
        limited(batch, job, limit).isAwaited = true;
    }

    /// A batch says which workers hold its partitions.
    void leased(BatchId batch, String job, ThreadLimit limit, Collection<ActorRef<WorkerMessage>> holders, long now) {
        limited(batch, job, limit).isAwaited = false;
        Set<ActorRef<WorkerMessage>> holding = new HashSet<>(holders);
        busy.entrySet()
                .removeIf(entry -> entry.getValue().batch().equals(batch)
                        && !holding.contains(entry.getKey())
                        && (entry.getValue().leased() || now - entry.getValue().nanos() >= ARRIVAL));
        for (ActorRef<WorkerMessage> holder : holding) {
            Busy known = busy.get(holder);
            // A worker that was just sent elsewhere has ended its partition while this message was under way.
            if (known == null || known.leased() || known.batch().equals(batch)) {
                busy.put(holder, new Busy(batch, now, true));
            }
        }
    }

    private Limited limited(BatchId batch, String job, ThreadLimit limit) {
        return batches.computeIfAbsent(batch, unknown -> new Limited(job, limit));
    }

    /// A batch has ended.
    void ended(BatchId batch) {
        batches.remove(batch);
        busy.values().removeIf(one -> one.batch().equals(batch));
    }

    /// A worker was sent to a batch.
    void sent(ActorRef<WorkerMessage> worker, BatchId batch, long now) {
        if (batches.containsKey(batch)) {
            busy.put(worker, new Busy(batch, now, false));
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
        Set<BatchId> ofJob = new HashSet<>();
        for (Map.Entry<BatchId, Limited> other : batches.entrySet()) {
            if (other.getValue().job.equals(limited.job)) {
                if (other.getValue().isAwaited && now - begin < SILENCE) {
                    return false;
                }
                ofJob.add(other.getKey());
            }
        }
        long count = busy.values().stream()
                .filter(one -> ofJob.contains(one.batch()))
                .count();
        return count < limited.limit.of(workers.size());
    }
}
