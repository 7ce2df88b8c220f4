package io.nightshift.node.gateway;

import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.register.OpenBatchLimit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The submissions that a node inspects, with a few at a time and a limited number that wait. Inspecting one
/// reads the footers of all input files, so it can take minutes. Without limits, one caller could use all the
/// node's threads and connections.
///
/// If a source does not answer, the inspection keeps its thread, which can't be interrupted. But it does not keep
/// its place:
///
/// - The submissions of one job by one caller have at most half of the places.
/// - An inspection that takes longer than [#SLOW] gives its place to the next submission. Until it ends, other
///   submissions of its job by its caller are refused at once, so that repeating them takes no thread. Those of
///   other callers are not, because their jobs of the same name may have another source.
/// - After [#LONGEST], the queue stops waiting for an inspection and ignores its result, so it opens no batch.
///
/// Safe for several threads, none of which waits.
public final class SubmissionQueue {

    private static final Logger LOG = LoggerFactory.getLogger(SubmissionQueue.class);

    /// The limits of submissions, from the section `nightshift.admission` of the configuration.
    ///
    /// @param inspections submissions that are inspected at the same time
    /// @param waiting submissions that wait to be inspected
    /// @param perCaller submissions of one caller that are inspected or wait
    /// @param openPerCaller open batches of one caller in the cluster
    public record Limits(int inspections, int waiting, int perCaller, int openPerCaller) {
        public static final Limits DEFAULT = new Limits(8, 1_000, 500, 1_000);
    }

    /// After this time, an inspection gives its place to the next submission.
    static final Duration SLOW = Duration.ofMinutes(5);

    /// The longest time that a submission waits, and the longest time that an inspection is waited for.
    static final Duration LONGEST = Duration.ofMinutes(30);

    /// The largest number of inspections that have given up their places. Further inspections keep theirs, which
    /// bounds the number of threads.
    static final int MOST_SLOW = 64;

    /// When a refused caller should submit again.
    private static final int RETRY_SECONDS = 5;

    private final Limits limits;
    private final StuckThreads stuck;
    private final LongSupplier nanos;
    private final Executor threads;
    private final Map<String, Integer> callers = new ConcurrentHashMap<>();
    private final LongAdder refused = new LongAdder();

    // Guarded by this object.
    private final Deque<Inspection<?>> waiting = new ArrayDeque<>();
    private final Set<Inspection<?>> running = new HashSet<>();
    private final Set<Inspection<?>> slow = new HashSet<>();

    /// The inspection of a submission.
    private final class Inspection<T> implements Runnable {

        private final String caller;
        private final String job;
        private final Supplier<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        /// The time of the submission until the inspection begins, and then the time when it began.
        private long since = nanos.getAsLong();

        private Inspection(String caller, String job, Supplier<T> work) {
            this.caller = caller;
            this.job = job;
            this.work = work;
        }

        /// Whether both ask the same source, as far as that can be known without looking at it. The parameters of a
        /// job may change its paths, so they don't count.
        private boolean isLike(Inspection<?> other) {
            return job.equals(other.job) && caller.equals(other.caller);
        }

        private void fail(String reason) {
            result.completeExceptionally(new FailureException(Failure.transientFailure(reason)));
        }

        /// The text is always the same, because a run is recorded again if the reason for its delay changes.
        private void refuse() {
            fail(
                    "an inspection of a submission of %s does not end: its source, its destination or the model registry does not answer, or the source has very many files"
                            .formatted(job));
        }

        private boolean isOlderThan(Duration age) {
            return nanos.getAsLong() - since > age.toNanos();
        }

        @Override
        public void run() {
            try {
                T inspected = work.get();
                ended(this);
                result.complete(inspected);
            } catch (RuntimeException | Error e) {
                ended(this);
                result.completeExceptionally(e);
            }
        }
    }

    /// @param stuck counts the threads of inspections that have given up their places
    public SubmissionQueue(Limits limits, StuckThreads stuck) {
        this(limits, stuck, System::nanoTime);
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("submission-limits").factory());
        clock.scheduleWithFixedDelay(this::tryToEnforceLimits, 1, 1, TimeUnit.SECONDS);
    }

    /// A queue whose owner calls [#enforceLimits].
    SubmissionQueue(Limits limits, StuckThreads stuck, LongSupplier nanos) {
        this(
                limits,
                stuck,
                nanos,
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().daemon().name("submission-", 1).factory()));
    }

    /// @param threads run the inspections, never on the thread that passes them
    SubmissionQueue(Limits limits, StuckThreads stuck, LongSupplier nanos, Executor threads) {
        this.limits = limits;
        this.stuck = stuck;
        this.nanos = nanos;
        this.threads = threads;
    }

    /// Inspects a submission as soon as its turn comes.
    ///
    /// @param caller the name of the caller's token
    /// @param job the job's name; an inspection of the same job and caller that hangs is the reason to refuse
    ///     another one
    /// @param inspection may wait for disks and databases
    /// @return fails with a transient [FailureException] if the job's source does not answer
    /// @throws ProblemException if too many submissions wait already
    <T> CompletionStage<T> inspect(String caller, String job, Supplier<T> inspection) {
        if (callers.merge(caller, 1, Integer::sum) > limits.perCaller()) {
            leave(caller);
            throw tooMany(
                    "The caller has %,d submissions that the node has not inspected yet, which is its limit.",
                    limits.perCaller());
        }
        Inspection<T> added = new Inspection<>(caller, job, inspection);
        try {
            add(added);
        } catch (ProblemException full) {
            leave(caller);
            throw full;
        }
        return added.result.whenComplete((result, problem) -> leave(caller));
    }

    private void add(Inspection<?> added) {
        List<Inspection<?>> notBegun;
        synchronized (this) {
            if (slow.stream().anyMatch(added::isLike)) {
                added.refuse();
                return;
            }
            waiting.add(added);
            notBegun = begin();
            if (waiting.size() > limits.waiting()) {
                waiting.removeLast();
                throw tooMany(
                        "The node has %,d submissions that wait to be inspected, which is its limit.",
                        limits.waiting());
            }
        }
        failNotBegun(notBegun);
    }

    /// Begins the inspections for which there is a place. Called with the lock.
    ///
    /// @return those that can't begin, which the caller passes to [#failNotBegun] without the lock
    private List<Inspection<?>> begin() {
        int ofOneJob = Math.max(1, limits.inspections() / 2);
        List<Inspection<?>> notBegun = new ArrayList<>();
        Iterator<Inspection<?>> next = waiting.iterator();
        while (next.hasNext() && running.size() < limits.inspections()) {
            Inspection<?> inspection = next.next();
            if (running.stream().filter(inspection::isLike).count() < ofOneJob) {
                next.remove();
                inspection.since = nanos.getAsLong();
                running.add(inspection);
                try {
                    threads.execute(inspection);
                } catch (RuntimeException | OutOfMemoryError e) {
                    LOG.warn("The inspection of a submission of {} gets no thread: {}", inspection.job, e.toString());
                    running.remove(inspection);
                    notBegun.add(inspection);
                }
            }
        }
        return notBegun;
    }

    private static void failNotBegun(List<Inspection<?>> notBegun) {
        notBegun.forEach(inspection -> inspection.fail(
                "the submission of %s could not be inspected, because the node can't start a thread. Nothing was started"
                        .formatted(inspection.job)));
    }

    private void ended(Inspection<?> inspection) {
        List<Inspection<?>> notBegun;
        synchronized (this) {
            running.remove(inspection);
            if (slow.remove(inspection)) {
                stuck.cameBack();
                LOG.info("The inspection of a submission of {} has ended.", inspection.job);
            }
            notBegun = begin();
        }
        failNotBegun(notBegun);
    }

    /// An exception would end the repetition.
    private void tryToEnforceLimits() {
        try {
            enforceLimits();
        } catch (RuntimeException | Error e) {
            LOG.error("The limits of submissions could not be enforced. The node tries again in a second.", e);
        }
    }

    /// Gives the places of slow inspections to others, refuses those that wait for the same job, and ends waiting
    /// that takes too long.
    void enforceLimits() {
        List<Inspection<?>> refusedNow = new ArrayList<>();
        List<Inspection<?>> late = new ArrayList<>();
        List<Inspection<?>> notBegun;
        synchronized (this) {
            for (Inspection<?> inspection : List.copyOf(running)) {
                if (inspection.isOlderThan(SLOW) && slow.size() < MOST_SLOW) {
                    running.remove(inspection);
                    slow.add(inspection);
                    stuck.stalled();
                    waiting.removeIf(other -> other.isLike(inspection) && refusedNow.add(other));
                    LOG.warn(
                            "The inspection of a submission of {} has not ended for {} s. Its source, its destination or the model registry does not answer, or has very many files. Other submissions of the job by {} are refused until it ends.",
                            inspection.job,
                            SLOW.toSeconds(),
                            inspection.caller);
                }
            }
            slow.stream().filter(inspection -> inspection.isOlderThan(LONGEST)).forEach(late::add);
            running.stream()
                    .filter(inspection -> inspection.isOlderThan(LONGEST))
                    .forEach(late::add);
            waiting.removeIf(inspection -> inspection.isOlderThan(LONGEST) && late.add(inspection));
            notBegun = begin();
        }
        refusedNow.forEach(Inspection::refuse);
        failNotBegun(notBegun);
        late.forEach(inspection ->
                inspection.fail("the submission of %s could not be inspected within %d minutes. Nothing was started"
                        .formatted(inspection.job, LONGEST.toMinutes())));
    }

    private void leave(String caller) {
        callers.computeIfPresent(caller, (name, count) -> count > 1 ? count - 1 : null);
    }

    private ProblemException tooMany(String text, int limit) {
        refused.increment();
        return ProblemException.tooMany(
                String.format(Locale.ROOT, text, limit)
                        + " Nothing was started. Submit the job later, or at another node.",
                RETRY_SECONDS);
    }

    /// The limit of a caller's open batches, which the batch register applies.
    OpenBatchLimit openBatches(String caller) {
        return new OpenBatchLimit(caller, limits.openPerCaller());
    }

    /// Counts a submission that the batch register has refused, because of the limit of open batches.
    void countRefusal() {
        refused.increment();
    }

    /// Submissions that were refused because of any limit.
    public long refused() {
        return refused.sum();
    }

    /// Submissions that wait to be inspected.
    public synchronized int waiting() {
        return waiting.size();
    }
}
