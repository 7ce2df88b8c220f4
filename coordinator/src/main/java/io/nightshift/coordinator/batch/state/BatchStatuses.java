package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes the status of a batch from its state.
public final class BatchStatuses {

    private BatchStatuses() {}

    /// @param timing null before the batch is submitted
    /// @param progress null if only the ledger was read
    public static BatchStatus of(
            BatchState state, BatchStatus.@Nullable Timing timing, BatchStatus.@Nullable Progress progress) {
        CommittedTotals totals = state.totals();
        BatchEvent.Published published = state.published();
        return new BatchStatus(
                state.batch(),
                state.phase(),
                state.incarnation(),
                state.plan() == null ? 0 : state.plan().index().rows(),
                state.plan() == null ? 0 : state.plan().index().partitions(),
                state.committed().count(),
                totals.read(),
                totals.predictions(),
                totals.quarantined(),
                totals.bytes(),
                state.failure(),
                published == null ? null : published.destination(),
                published == null ? List.of() : published.otherDestinations(),
                state.entries(),
                state.head(),
                progress,
                totals.unseenCategories(),
                pause(state.paused()),
                outage(state.outage()),
                timing,
                state.use(),
                state.input(),
                state.checked() == null ? List.of() : state.checked().results(),
                approval(state.approved()),
                state.removal(),
                state.lastRedrive(),
                state.canary() == null ? null : state.canary().status(),
                ShadowState.report(state),
                state.reused());
    }

    private static BatchStatus.@Nullable Outage outage(@Nullable ResourceOutage outage) {
        return outage == null ? null : new BatchStatus.Outage(outage.failure(), outage.since(), outage.until());
    }

    private static BatchStatus.@Nullable Approval approval(BatchEvent.@Nullable Approved approved) {
        return approved == null ? null : new BatchStatus.Approval(approved.at(), approved.reason(), approved.by());
    }

    private static BatchStatus.@Nullable Pause pause(BatchEvent.@Nullable Paused paused) {
        return paused == null ? null : new BatchStatus.Pause(paused.at(), paused.reason(), paused.by());
    }
}
