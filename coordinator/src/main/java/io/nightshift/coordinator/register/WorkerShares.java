package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Chooses the batch that gets the next free worker.
///
/// The batches of one job and priority share the workers of one flow, in turn. Each flow gets workers in
/// proportion to its weight, which doubles with each step of the priority. So a flow of priority 6 gets twice
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
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
class WorkerShares {

    /// A batch that has work says so with every tick. One that is silent for longer has lost its coordinator.
    private static final long SILENCE = Duration.ofSeconds(30).toNanos();

    /// The time of a partition before any is known, in milliseconds.
    private static final double UNKNOWN_MILLIS = 1_000;

    private static final int HIGHEST = 10;

    /// The batches that share workers.
    private record FlowKey(String job, int priority) {}

    /// @param partitionMillis how long a partition takes; 0 if that is not known
    private record Report(FlowKey flow, long partitionMillis, long nanos) {}

    private static final class Flow {
        private final double weight;
        private final int atOnce;

        /// The batches that have got a worker and still have work. The one that was served least recently comes
        /// first.
        private final SequencedSet<BatchId> scoring = new LinkedHashSet<>();

        /// The batches that have work and have got no worker yet, in the order of their reports.
        private final SequencedSet<BatchId> waiting = new LinkedHashSet<>();

        private double start;

        Flow(double weight, int atOnce) {
            this.weight = weight;
            this.atOnce = atOnce;
        }

        boolean isEmpty() {
            return scoring.isEmpty() && waiting.isEmpty();
        }

        void remove(BatchId batch) {
            scoring.remove(batch);
            waiting.remove(batch);
        }

        /// The batch that gets a worker of this flow; null if none may get one.
        @Nullable
        BatchId next(Predicate<BatchId> permitted) {
            BatchId begins = scoring.size() < atOnce ? first(waiting, permitted) : null;
            return begins == null ? first(scoring, permitted) : begins;
        }

        private static @Nullable BatchId first(SequencedSet<BatchId> batches, Predicate<BatchId> permitted) {
            for (BatchId batch : batches) {
                if (permitted.test(batch)) {
                    return batch;
                }
            }
            return null;
        }

        /// A batch has got a worker.
        void served(BatchId batch) {
            remove(batch);
            scoring.addLast(batch);
        }
    }

    private final int atOnce;

    /// The batch that has been silent for longest comes first.
    private final SequencedMap<BatchId, Report> reports = new LinkedHashMap<>();

    /// The flow that was served least recently comes first.
    private final SequencedMap<FlowKey, Flow> flows = new LinkedHashMap<>();

    /// The start tag of the flow that was served last.
    private double virtualTime;

    /// @param atOnce how many batches of one job and priority may score at the same time, at least 1
    WorkerShares(int atOnce) {
        this.atOnce = atOnce;
    }

    /// The weight of a priority from 0 to 10.
    double weight(int priority) {
        return Math.scalb(1.0, Math.clamp(priority, 0, HIGHEST));
    }

    /// A batch has partitions to lease.
    ///
    /// @param partitionMillis how long one takes; 0 if that is not known
    void hasWork(BatchId batch, String job, int priority, long partitionMillis, long now) {
        FlowKey key = new FlowKey(job, priority);
        Report before = reports.remove(batch);
        reports.putLast(batch, new Report(key, partitionMillis, now));
        if (before != null && before.flow().equals(key)) {
            return;
        }
        if (before != null) {
            leave(before.flow(), batch);
        }
        Flow flow = flows.computeIfAbsent(key, unknown -> new Flow(weight(priority), atOnce));
        if (flow.isEmpty()) {
            flow.start = startTag(flow.start, virtualTime);
        }
        flow.waiting.add(batch);
    }

    /// The start tag of a flow that has work again.
    double startTag(double before, double now) {
        return Math.max(before, now);
    }

    /// A batch has no partitions to lease now.
    void hasNoWork(BatchId batch) {
        Report report = reports.remove(batch);
        if (report != null) {
            leave(report.flow(), batch);
        }
    }

    private void leave(FlowKey key, BatchId batch) {
        Flow flow = flows.get(key);
        if (flow != null) {
            flow.remove(batch);
        }
    }

    /// The batch that gets a free worker; null if none has work.
    @Nullable
    BatchId next(long now) {
        return next(now, batch -> true);
    }

    /// The batch that gets a free worker; null if none has work.
    ///
    /// @param permitted whether a batch may get one now. A flow without such a batch counts as one without work
    @Nullable
    BatchId next(long now, Predicate<BatchId> permitted) {
        dropSilent(now);
        flows.values().removeIf(flow -> flow.isEmpty() && flow.start <= virtualTime);
        FlowKey chosen = null;
        Flow first = null;
        BatchId batch = null;
        for (Map.Entry<FlowKey, Flow> entry : flows.entrySet()) {
            Flow flow = entry.getValue();
            BatchId next = flow.next(permitted);
            if (next == null) {
                flow.start = startTag(flow.start, virtualTime);
                continue;
            }
            boolean isBefore = first == null
                    || flow.start < first.start
                    || (flow.start == first.start && flow.weight > first.weight);
            if (isBefore) {
                chosen = entry.getKey();
                first = flow;
                batch = next;
            }
        }
        if (chosen == null || first == null || batch == null) {
            return null;
        }
        first.served(batch);
        virtualTime = first.start;
        first.start += cost(batch) / first.weight;
        flows.remove(chosen);
        flows.putLast(chosen, first);
        return batch;
    }

    private double cost(BatchId batch) {
        Report report = reports.get(batch);
        return report != null && report.partitionMillis() > 0
                ? report.partitionMillis()
                : reports.values().stream()
                        .filter(other -> other.partitionMillis() > 0)
                        .mapToDouble(Report::partitionMillis)
                        .average()
                        .orElse(UNKNOWN_MILLIS);
    }

    private void dropSilent(long now) {
        while (!reports.isEmpty() && now - reports.firstEntry().getValue().nanos() > SILENCE) {
            hasNoWork(reports.firstEntry().getKey());
        }
    }
}
