package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.ThreadLimit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A job with open batches. They get workers through the job's flows, and the job may limit how many workers are
/// busy for all of them. Used by one thread.
final class JobShare {

    private final String name;

    /// The flows by their priorities.
    private final Map<Integer, Flow> flows = new HashMap<>();

    // With these counts, a question about a batch takes the same time however many batches the job has.
    private int batches;
    private int awaited;
    private int busy;

    JobShare(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    /// Whether it has neither batches nor flows.
    boolean isEmpty() {
        return batches == 0 && flows.isEmpty();
    }

    @Nullable
    Flow flow(int priority) {
        return flows.get(priority);
    }

    /// The batches of one job and priority, which get workers in turn.
    static final class Flow {
        private final JobShare job;
        private final int priority;
        private final double weight;
        private final int atOnce;

        /// The batches that have got a worker and still have work. The one that was served least recently comes
        /// first.
        private final SequencedSet<OpenBatch> scoring = new LinkedHashSet<>();

        /// The batches that have work and have got no worker yet, in the order of their reports.
        private final SequencedSet<OpenBatch> waiting = new LinkedHashSet<>();

        private double start;

        /// @param atOnce how many batches may score at the same time, at least 1
        Flow(JobShare job, int priority, double weight, int atOnce) {
            this.job = job;
            this.priority = priority;
            this.weight = weight;
            this.atOnce = atOnce;
            job.flows.put(priority, this);
        }

        JobShare job() {
            return job;
        }

        /// The service that the flow has had, divided by its weight.
        double start() {
            return start;
        }

        void start(double tag) {
            start = tag;
        }

        boolean isEmpty() {
            return scoring.isEmpty() && waiting.isEmpty();
        }

        /// Whether it gets a worker before another flow that was not served before it.
        boolean isBefore(Flow other) {
            return start < other.start || (start == other.start && weight > other.weight);
        }

        /// The batch that gets a worker of this flow; null if none may get one.
        @Nullable
        OpenBatch next(Predicate<OpenBatch> permitted) {
            OpenBatch begins = scoring.size() < atOnce ? first(waiting, permitted) : null;
            return begins == null ? first(scoring, permitted) : begins;
        }

        private static @Nullable OpenBatch first(SequencedSet<OpenBatch> batches, Predicate<OpenBatch> permitted) {
            for (OpenBatch batch : batches) {
                if (permitted.test(batch)) {
                    return batch;
                }
            }
            return null;
        }

        /// A batch has got a worker.
        ///
        /// @param cost the service of the worker
        void served(OpenBatch batch, double cost) {
            remove(batch);
            scoring.addLast(batch);
            start += cost / weight;
        }

        private void remove(OpenBatch batch) {
            scoring.remove(batch);
            waiting.remove(batch);
        }

        /// The flow is not used any more.
        void end() {
            job.flows.remove(priority);
        }
    }

    /// A batch that has work, or whose job limits its threads.
    static final class OpenBatch {
        private final BatchId id;
        private JobShare job;

        /// Null while it has no work.
        private @Nullable Flow flow;

        private long partitionMillis;
        private long reported;
        private @Nullable ThreadLimit limit;
        private boolean isAwaited;

        /// The workers that count for it, if its job limits its threads.
        private final Set<ActorRef<WorkerMessage>> workers = new HashSet<>();

        OpenBatch(BatchId id, JobShare job) {
            this.id = id;
            this.job = job;
            job.batches++;
        }

        BatchId id() {
            return id;
        }

        JobShare job() {
            return job;
        }

        /// Moves it to another job, if the register has found out later of which job it is.
        void move(JobShare other) {
            count(-1);
            job = other;
            count(1);
        }

        /// It is not open any more.
        void end() {
            count(-1);
        }

        private void count(int sign) {
            job.batches += sign;
            job.awaited += isAwaited ? sign : 0;
            job.busy += sign * workers.size();
        }

        /// It has work, and waits for a worker in its turn.
        void enter(Flow entered) {
            flow = entered;
            entered.waiting.add(this);
        }

        /// It has no work.
        void leaveFlow() {
            if (flow != null) {
                flow.remove(this);
                flow = null;
            }
        }

        @Nullable
        Flow flow() {
            return flow;
        }

        /// How long a partition takes; 0 if that is not known.
        long partitionMillis() {
            return partitionMillis;
        }

        /// When it last said that it has work, in nanoseconds.
        long reported() {
            return reported;
        }

        void report(long millis, long now) {
            partitionMillis = millis;
            reported = now;
        }

        /// Whether its job limits its threads.
        boolean isLimited() {
            return limit != null;
        }

        /// @param threads of its job; does nothing if they are known
        void limit(ThreadLimit threads) {
            limit = Objects.requireNonNullElse(limit, threads);
        }

        /// Whether it may have workers of which it has not yet told.
        void await(boolean awaited) {
            if (isAwaited != awaited) {
                isAwaited = awaited;
                job.awaited += awaited ? 1 : -1;
            }
        }

        Set<ActorRef<WorkerMessage>> workers() {
            return workers;
        }

        void add(ActorRef<WorkerMessage> worker) {
            job.busy += workers.add(worker) ? 1 : 0;
        }

        void remove(ActorRef<WorkerMessage> worker) {
            job.busy -= workers.remove(worker) ? 1 : 0;
        }

        /// Whether one more worker keeps its job within the limit.
        ///
        /// @param all how many workers there are
        /// @param awaits whether no batch of the job may get a worker before all awaited ones have reported
        boolean permitsOneMore(int all, boolean awaits) {
            return limit == null || (!(awaits && job.awaited > 0) && job.busy < limit.of(all));
        }
    }
}
