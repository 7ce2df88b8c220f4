package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// Computes a batch's throughput from its events. Time before the last takeover, resumption or retry does not
/// count, because the batch may have been idle.
final class BatchThroughput {

    private @Nullable Instant begun;
    private @Nullable Instant published;
    private long rows;

    void add(BatchEvent event) {
        switch (event) {
            case BatchEvent.Planned planned -> begin(planned.at());
            case BatchEvent.TookOver tookOver -> begin(tookOver.at());
            case BatchEvent.Resumed resumed -> begin(resumed.at());
            case BatchEvent.Retried retried -> begin(retried.at());
            case BatchEvent.Checked checked -> {}
            case BatchEvent.Approved approved -> {}
            case BatchEvent.CanaryStarted started -> {}
            case BatchEvent.CanaryDecided decided -> {}
            case BatchEvent.CandidatePromoted promoted -> {}
            case BatchEvent.ShadowStarted started -> {}
            case BatchEvent.ShadowAbandoned abandoned -> {}
            case BatchEvent.Committed committed ->
                rows += committed.commits().stream()
                        .mapToLong(PartitionCommit::rows)
                        .sum();
            case BatchEvent.Published done -> published = done.at();
            case BatchEvent.Submitted submitted -> {}
            case BatchEvent.ExtensionRequested requested -> {}
            case BatchEvent.PlanExtended extended -> {}
            case BatchEvent.AttemptFailed failed -> {}
            case BatchEvent.StepFailed failed -> {}
            case BatchEvent.OutageEnded ended -> {}
            case BatchEvent.Paused paused -> {}
            case BatchEvent.WindowIgnored ignored -> {}
            case BatchEvent.PartsReused reused -> begin(reused.at());
            case BatchEvent.Rescored rescored -> {}
            case BatchEvent.Failed failed -> {}
            case BatchEvent.Cancelled cancelled -> {}
            case BatchEvent.RedriveBegun begun -> {}
            case BatchEvent.RedriveFailed failed -> {}
            case BatchEvent.SupplementCommitted committed -> {}
            case BatchEvent.WithdrawalBegun begun -> {}
            case BatchEvent.SupplementPublished done -> {}
            case BatchEvent.RemovalBegun begun -> {}
            case BatchEvent.Unpublished unpublished -> {}
            case BatchEvent.Removed removed -> {}
        }
    }

    private void begin(Instant at) {
        if (published != null) {
            // A redrive takes over, too.
            return;
        }
        begun = at;
        rows = 0;
    }

    OptionalDouble rowsPerSecond() {
        if (begun == null || published == null || rows == 0) {
            return OptionalDouble.empty();
        }
        long millis = Math.max(1, Duration.between(begun, published).toMillis());
        return OptionalDouble.of(rows * 1000.0 / millis);
    }
}
