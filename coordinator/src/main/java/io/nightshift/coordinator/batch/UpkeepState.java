package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.RemovalBegun;
import io.nightshift.protocol.batch.BatchEvent.Removed;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.Unpublished;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.Removal;
import org.jspecify.annotations.Nullable;

/// What happens to a batch after its publication: a part of the fold [BatchState].
///
/// @param removal how far the removal is; null if the batch is not removed
/// @param redrives those of its quarantine
record UpkeepState(@Nullable Removal removal, Redrives redrives) {

    static final UpkeepState NONE = new UpkeepState(null, Redrives.NONE);

    /// @param before the state before the event
    UpkeepState after(BatchEvent event, BatchState before) {
        return switch (event) {
            case RemovalBegun begun -> {
                if (removal != null || redrives.isPending()) {
                    throw new IllegalStateException("it can't be removed twice, or during a redrive");
                }
                yield with(Removal.of(begun));
            }
            case Unpublished hidden -> with(pendingRemoval().unpublished(hidden.at()));
            case Removed removed -> {
                if (pendingRemoval().unpublishedAt() == null) {
                    throw new IllegalStateException("it can't be deleted while readers see it");
                }
                yield with(pendingRemoval().removed(removed.at()));
            }
            case RedriveBegun begun -> {
                if (removal != null) {
                    throw new IllegalStateException("it is removed");
                }
                yield with(redrives.begin(begun));
            }
            case RedriveFailed failed -> with(redrives.fail(failed));
            case SupplementCommitted scored ->
                with(redrives.commit(
                        scored,
                        before.pinned().index().partitions(),
                        before.totals().quarantined(),
                        before.model().sha256(),
                        before.incarnation()));
            case WithdrawalBegun begun -> with(redrives.withdraw(begun));
            case SupplementPublished end -> with(redrives.publish(end));
            default -> this;
        };
    }

    private UpkeepState with(Removal next) {
        return new UpkeepState(next, redrives);
    }

    private UpkeepState with(Redrives next) {
        return new UpkeepState(removal, next);
    }

    private Removal pendingRemoval() {
        if (removal == null || !removal.isPending()) {
            throw new IllegalStateException("no removal is pending");
        }
        return removal;
    }
}
