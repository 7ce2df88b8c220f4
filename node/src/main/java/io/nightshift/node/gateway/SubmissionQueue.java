package io.nightshift.node.gateway;

import io.nightshift.protocol.register.OpenBatchLimit;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// The submissions that a node inspects, with a few at a time and a limited number that wait. Inspecting one
/// reads the footers of all input files, so it can take minutes. Without limits, one caller could use all the
/// node's threads and connections.
///
/// Safe for several threads, none of which waits.
public final class SubmissionQueue {

    /// The limits of submissions, from the section `nightshift.admission` of the configuration.
    ///
    /// @param inspections submissions that are inspected at the same time
    /// @param waiting submissions that wait to be inspected
    /// @param perCaller submissions of one caller that are inspected or wait
    /// @param openPerCaller open batches of one caller in the cluster
    public record Limits(int inspections, int waiting, int perCaller, int openPerCaller) {
        public static final Limits DEFAULT = new Limits(8, 1_000, 500, 1_000);
    }

    /// When a refused caller should submit again.
    private static final int RETRY_SECONDS = 5;

    private final Limits limits;
    private final ThreadPoolExecutor inspections;
    private final Map<String, Integer> callers = new ConcurrentHashMap<>();
    private final LongAdder refused = new LongAdder();

    public SubmissionQueue(Limits limits) {
        this.limits = limits;
        this.inspections = new ThreadPoolExecutor(
                limits.inspections(),
                limits.inspections(),
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(limits.waiting()),
                Thread.ofPlatform().daemon().name("submission-", 1).factory());
        inspections.allowCoreThreadTimeOut(true);
    }

    /// Inspects a submission as soon as its turn comes.
    ///
    /// @param caller the name of the caller's token
    /// @param inspection may wait for disks and databases
    /// @throws ProblemException if too many submissions wait already
    <T> CompletionStage<T> inspect(String caller, Supplier<T> inspection) {
        if (callers.merge(caller, 1, Integer::sum) > limits.perCaller()) {
            leave(caller);
            throw tooMany(
                    "The caller has %,d submissions that the node has not inspected yet, which is its limit.",
                    limits.perCaller());
        }
        CompletableFuture<T> inspected;
        try {
            inspected = CompletableFuture.supplyAsync(inspection, inspections);
        } catch (RejectedExecutionException full) {
            leave(caller);
            throw tooMany(
                    "The node has %,d submissions that wait to be inspected, which is its limit.", limits.waiting());
        }
        return inspected.whenComplete((result, problem) -> leave(caller));
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
    public int waiting() {
        return inspections.getQueue().size();
    }
}
