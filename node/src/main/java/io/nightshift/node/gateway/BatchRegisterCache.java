package io.nightshift.node.gateway;

import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.Ledger.RegisterVersion;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The batch register as this node has read it from the journal: its last snapshot, and the events after it.
/// All callers share one read at a time. Safe for several threads, none of which waits.
final class BatchRegisterCache {

    private final Ledger ledger;
    private final Executor blocking;

    private volatile RegisterVersion version = RegisterVersion.FIRST;

    /// The read that was started last, and the one after it.
    private CompletableFuture<BatchRegisterState> reading = CompletableFuture.completedFuture(BatchRegisterState.EMPTY);

    private @Nullable CompletableFuture<BatchRegisterState> next;

    BatchRegisterCache(Ledger ledger, Executor blocking) {
        this.ledger = ledger;
        this.blocking = blocking;
    }

    /// A batch that was read before, or null. The entry of its opening never changes.
    BatchRegisterState.@Nullable Entry known(String batch) {
        return BatchId.isValid(batch) ? version.state().batches().get(new BatchId(batch)) : null;
    }

    /// The register as it was read last.
    BatchRegisterState latest() {
        return version.state();
    }

    /// The register as of some time after the call.
    ///
    /// @return fails with a [io.nightshift.protocol.failure.FailureException] if it can't be read
    synchronized CompletionStage<BatchRegisterState> read() {
        if (next != null) {
            return next;
        }
        if (reading.isDone()) {
            return start();
        }
        // The read in progress may have begun too early. Asynchronous, so that `next` is set before it runs.
        next = reading.handle((done, problem) -> done).thenComposeAsync(before -> start(), blocking);
        return next;
    }

    private synchronized CompletableFuture<BatchRegisterState> start() {
        next = null;
        reading = CompletableFuture.supplyAsync(this::readNewEntries, blocking);
        return reading;
    }

    /// Runs on one thread at a time.
    private BatchRegisterState readNewEntries() {
        version = ledger.register(version);
        return version.state();
    }
}
