package io.nightshift.coordinator.register;

import io.nightshift.coordinator.register.JobShare.Flow;
import io.nightshift.coordinator.register.JobShare.OpenBatch;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.ThreadLimit;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Chooses the batch that gets the next free worker, and keeps the jobs that limit their threads within that limit.
///
/// **Shares.** The batches of one job and priority share the workers of one flow, in turn. Each flow gets workers
/// in proportion to its weight, which doubles with each step of the priority. So a flow of priority 6 gets twice
/// as much as one of priority 5, and no flow starves. A flow that had no work gets nothing for that time
/// later.
///
/// The rule is start-time fair queueing (Goyal, Vin, Cheng, 1996): a flow's start tag is the service that it
/// has had, divided by its weight, and the flow with the lowest start tag is next. The service of a worker is
/// the time that a partition of the batch takes, so that batches with long partitions don't get more threads
/// than others. While two flows have work, the services that they get, divided by their weights, differ by no
/// more than one partition of each.
///
/// The number of batches that score at the same time is limited within each flow, after the flow is chosen. So a
/// flow with hundreds of batches never keeps workers from another one.
///
/// **Limits.** A limit holds for all batches of a job together. A flow at its limit counts as one without work. A
/// worker counts for a batch from the moment when the register sends it there until it asks for work again
/// or ends. With every tick, the batch says which workers hold its partitions. So the register knows them
/// after a restart, too, and forgets a worker that got nothing there and does not ask again for minutes, as
/// on a node that is held off. A job whose batches were open before the restart gets no worker until each of
/// them has said that.
///
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
class WorkerShares {

    /// A batch that has work says so with every tick. One that is silent for longer has lost its coordinator.
    /// After a restart, the register waits this long for the reports of open batches: paused and failed batches
    /// send none.
    private static final long SILENCE = Duration.ofSeconds(30).toNanos();

    /// A worker that was sent to a batch has a partition after this time, or was refused, however slow the
    /// network is.
    private static final long ARRIVAL = Duration.ofSeconds(10).toNanos();

    /// The time of a partition before any is known, in milliseconds.
    private static final double UNKNOWN_MILLIS = 1_000;

    private static final int HIGHEST = 10;

    /// A worker that counts for a batch.
    ///
    /// @param nanos when it was sent there
    /// @param leased whether the batch has said that it holds a partition
    private record Busy(OpenBatch batch, long nanos, boolean leased) {}

    private final int atOnce;
    private final Map<String, JobShare> jobs = new HashMap<>();
    private final Map<BatchId, OpenBatch> batches = new HashMap<>();

    /// The batches with work. The one that has been silent for longest comes first.
    private final SequencedSet<OpenBatch> working = new LinkedHashSet<>();

    /// The time of a partition of each of them that knows it, summed, and how many these are.
    private long knownMillis;

    private int known;

    /// The flow that was served least recently comes first.
    private final SequencedSet<Flow> flows = new LinkedHashSet<>();

    /// The start tag of the flow that was served last.
    private double virtualTime;

    private final Set<ActorRef<WorkerMessage>> workers = new HashSet<>();
    private final Map<ActorRef<WorkerMessage>, Busy> busy = new HashMap<>();

    /// When the first worker was wanted for a batch whose job limits its threads.
    private @Nullable Long begin;

    /// @param atOnce how many batches of one job and priority may score at the same time, at least 1
    WorkerShares(int atOnce) {
        this.atOnce = atOnce;
    }

    // The work of batches.

    /// A batch has partitions to lease.
    ///
    /// @param partitionMillis how long one takes; 0 if that is not known
    void hasWork(BatchId id, String job, int priority, long partitionMillis, long now) {
        OpenBatch batch = open(id, job);
        stopWork(batch);
        batch.report(partitionMillis, now);
        working.addLast(batch);
        countPartition(batch, 1);
        Flow flow = flow(batch.job(), priority);
        if (batch.flow() == flow) {
            return;
        }
        batch.leaveFlow();
        if (flow.isEmpty()) {
            flow.start(startTag(flow.start(), virtualTime));
        }
        batch.enter(flow);
    }

    /// A batch has no partitions to lease now.
    void hasNoWork(BatchId id) {
        OpenBatch batch = batches.get(id);
        if (batch != null) {
            stopWork(batch);
            batch.leaveFlow();
            if (!batch.isLimited()) {
                close(batch);
            }
        }
    }

    private void stopWork(OpenBatch batch) {
        if (working.remove(batch)) {
            countPartition(batch, -1);
        }
    }

    private void countPartition(OpenBatch batch, int sign) {
        if (batch.partitionMillis() > 0) {
            knownMillis += sign * batch.partitionMillis();
            known += sign;
        }
    }

    /// A batch has ended.
    void ended(BatchId id) {
        hasNoWork(id);
        OpenBatch limited = batches.get(id);
        if (limited != null) {
            List.copyOf(limited.workers()).forEach(this::forget);
            close(limited);
        }
    }

    private OpenBatch open(BatchId id, String job) {
        JobShare share = jobs.computeIfAbsent(job, JobShare::new);
        OpenBatch batch = batches.computeIfAbsent(id, unknown -> new OpenBatch(id, share));
        JobShare before = batch.job();
        if (before != share) {
            batch.move(share);
            dropIfEmpty(before);
        }
        return batch;
    }

    private void close(OpenBatch batch) {
        batches.remove(batch.id());
        batch.end();
        dropIfEmpty(batch.job());
    }

    private void dropIfEmpty(JobShare job) {
        if (job.isEmpty()) {
            jobs.remove(job.name());
        }
    }

    private Flow flow(JobShare job, int priority) {
        Flow known = job.flow(priority);
        if (known != null) {
            return known;
        }
        Flow flow = new Flow(job, priority, weight(priority), atOnce);
        flows.addLast(flow);
        return flow;
    }

    /// The weight of a priority from 0 to 10.
    double weight(int priority) {
        return Math.scalb(1.0, Math.clamp(priority, 0, HIGHEST));
    }

    /// The start tag of a flow that has work again.
    double startTag(double before, double now) {
        return Math.max(before, now);
    }

    // The workers.

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
    ///
    /// @param limit of its job
    void await(BatchId id, String job, ThreadLimit limit) {
        OpenBatch batch = open(id, job);
        batch.limit(limit);
        batch.await(true);
    }

    /// A batch says which workers hold its partitions.
    ///
    /// @param limit of its job
    void leased(BatchId id, String job, ThreadLimit limit, Collection<ActorRef<WorkerMessage>> holders, long now) {
        OpenBatch batch = open(id, job);
        batch.limit(limit);
        batch.await(false);
        Set<ActorRef<WorkerMessage>> holding = new HashSet<>(holders);
        for (ActorRef<WorkerMessage> worker : List.copyOf(batch.workers())) {
            Busy known = busy.get(worker);
            if (known != null && !holding.contains(worker) && (known.leased() || now - known.nanos() >= ARRIVAL)) {
                forget(worker);
            }
        }
        for (ActorRef<WorkerMessage> holder : holding) {
            Busy known = busy.get(holder);
            // A worker that was just sent elsewhere has ended its partition while this message was under way.
            if (known == null || known.leased() || known.batch() == batch) {
                count(holder, new Busy(batch, now, true));
            }
        }
    }

    /// A worker was sent to a batch.
    void sent(ActorRef<WorkerMessage> worker, BatchId id, long now) {
        OpenBatch batch = batches.get(id);
        if (batch != null && batch.isLimited()) {
            count(worker, new Busy(batch, now, false));
        }
    }

    private void count(ActorRef<WorkerMessage> worker, Busy now) {
        forget(worker);
        busy.put(worker, now);
        now.batch().add(worker);
    }

    private void forget(ActorRef<WorkerMessage> worker) {
        Busy known = busy.remove(worker);
        if (known != null) {
            known.batch().remove(worker);
        }
    }

    // The choice.

    /// Whether one more worker may be sent to a batch.
    boolean permits(BatchId id, long now) {
        OpenBatch batch = batches.get(id);
        return batch == null || permits(batch, now);
    }

    private boolean permits(OpenBatch batch, long now) {
        if (!batch.isLimited()) {
            return true;
        }
        if (begin == null) {
            begin = now;
        }
        return batch.permitsOneMore(workers.size(), now - begin < SILENCE);
    }

    /// The batch that gets a free worker; null if none has work and may get one.
    @Nullable
    BatchId next(long now) {
        dropSilent(now);
        flows.removeIf(this::endIfUseless);
        Flow chosen = null;
        OpenBatch batch = null;
        for (Flow flow : flows) {
            OpenBatch next = flow.next(candidate -> permits(candidate, now));
            if (next == null) {
                flow.start(startTag(flow.start(), virtualTime));
            } else if (chosen == null || flow.isBefore(chosen)) {
                chosen = flow;
                batch = next;
            }
        }
        if (chosen == null || batch == null) {
            return null;
        }
        virtualTime = chosen.start();
        chosen.served(batch, cost(batch));
        flows.remove(chosen);
        flows.addLast(chosen);
        return batch.id();
    }

    /// Ends a flow without batches, unless it has had so much that the others come first if it has work again.
    ///
    /// @return whether it has ended
    private boolean endIfUseless(Flow flow) {
        boolean isUseless = flow.isEmpty() && flow.start() <= virtualTime;
        if (isUseless) {
            flow.end();
            dropIfEmpty(flow.job());
        }
        return isUseless;
    }

    private double cost(OpenBatch batch) {
        if (batch.partitionMillis() > 0) {
            return batch.partitionMillis();
        }
        return known == 0 ? UNKNOWN_MILLIS : (double) knownMillis / known;
    }

    private void dropSilent(long now) {
        while (!working.isEmpty() && now - working.getFirst().reported() > SILENCE) {
            hasNoWork(working.getFirst().id());
        }
    }
}
