package io.nightshift.node.gateway;

import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The jobs' register as this node has read it from the journal. However many ask, it is read once at a
/// time. Safe for several threads, none of which waits.
final class BatchRegisterCache {

    private final Ledger ledger;
    private final Executor blocking;

    private volatile JobsState state = JobsState.EMPTY;
    private long number;

    /// What was begun to be read last, and what will be read after it.
    private CompletableFuture<JobsState> reading = CompletableFuture.completedFuture(JobsState.EMPTY);

    private @Nullable CompletableFuture<JobsState> next;

    BatchRegisterCache(Ledger ledger, Executor blocking) {
        this.ledger = ledger;
        this.blocking = blocking;
    }

    /// A batch that was read before, or null. What stands in the entry of its opening never changes.
    JobsState.@Nullable Entry known(String batch) {
        return BatchId.isValid(batch) ? state.batches().get(new BatchId(batch)) : null;
    }

    /// The register as it was read last.
    JobsState latest() {
        return state;
    }

    /// The register at a moment after the call.
    ///
    /// @return fails with a [io.nightshift.protocol.failure.FailureException] if it can't be read
    synchronized CompletionStage<JobsState> read() {
        if (next != null) {
            return next;
        }
        if (reading.isDone()) {
            return start();
        }
        // What is being read may have been read too early. Not on this thread, so after `next` is set.
        next = reading.handle((done, problem) -> done).thenComposeAsync(before -> start(), blocking);
        return next;
    }

    private synchronized CompletableFuture<JobsState> start() {
        next = null;
        reading = CompletableFuture.supplyAsync(this::advance, blocking);
        return reading;
    }

    /// Run by one thread at a time.
    private JobsState advance() {
        ledger.forEachOfJobs(number, (read, event) -> {
            state = state.apply(event);
            number = read;
        });
        return state;
    }
}
