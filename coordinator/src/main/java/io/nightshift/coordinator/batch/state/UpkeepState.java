package io.nightshift.coordinator.batch.state;

import io.nightshift.coordinator.batch.state.UpkeepOperation.Redriving;
import io.nightshift.coordinator.batch.state.UpkeepOperation.Removing;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.RemovalBegun;
import io.nightshift.protocol.batch.BatchEvent.Removed;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.Unpublished;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.Supplement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The removal, redrives and supplements of a published batch: a part of the fold [BatchState].
///
/// @param operation the removal, or the redrive that has yet to end; null if there is neither
/// @param supplements those that readers see, in order
/// @param lastRedrive pending or not; null before the first
public record UpkeepState(
        @Nullable UpkeepOperation operation,
        List<Supplement> supplements,
        @Nullable Redrive lastRedrive) {

    static final UpkeepState NONE = new UpkeepState(null, List.of(), null);

    public UpkeepState {
        supplements = List.copyOf(supplements);
    }

    @Nullable
    Removal removal() {
        return operation instanceof Removing(Removal removal) ? removal : null;
    }

    @Nullable
    Redriving redrive() {
        return operation instanceof Redriving redriving ? redriving : null;
    }

    /// The number of the next supplement, from 1.
    public int nextSupplement() {
        return supplements.size() + 1;
    }

    /// All supplements, with the one that is being published.
    List<Supplement> supplementsWithPending() {
        Redriving pending = redrive();
        if (pending == null || pending.committed() == null) {
            return supplements;
        }
        List<Supplement> all = new ArrayList<>(supplements);
        all.add(pending.committed());
        return List.copyOf(all);
    }

    /// @param before the state before the event
    UpkeepState after(BatchEvent event, BatchState before) {
        return switch (event) {
            case RemovalBegun begun -> {
                require(operation == null, "it can't be removed twice, or during a redrive");
                yield with(Removal.of(begun));
            }
            case Unpublished hidden -> with(pendingRemoval().unpublished(hidden.at()));
            case Removed removed -> {
                require(pendingRemoval().unpublishedAt() != null, "it can't be deleted while readers see it");
                yield with(pendingRemoval().removed(removed.at()));
            }
            case RedriveBegun begun -> {
                require(!(operation instanceof Removing), "it is removed");
                require(
                        operation == null && begun.number() == nextSupplement(),
                        "redrive %d can't begin".formatted(begun.number()));
                yield new UpkeepState(new Redriving(begun, null, null), supplements, Redrive.of(begun));
            }
            case RedriveFailed failed -> failed(failed);
            case SupplementCommitted scored -> committed(scored.supplement(), before);
            case WithdrawalBegun begun -> {
                Redriving pending = pendingRedrive();
                require(pending.committed() != null && pending.refused() == null, "no supplement is being published");
                yield new UpkeepState(
                        new Redriving(pending.begun(), pending.committed(), begun.failure()), supplements, lastRedrive);
            }
            // Also ends a withdrawal: readers may turn out to see the supplement.
            case SupplementPublished end -> {
                require(pendingRedrive().committed() != null, "no supplement is committed");
                Redrive now = redriveNow();
                yield new UpkeepState(
                        null,
                        supplementsWithPending(),
                        now.with(Redrive.State.PUBLISHED, now.healed(), end.at(), null));
            }
            default -> this;
        };
    }

    private UpkeepState failed(RedriveFailed event) {
        Redriving pending = pendingRedrive();
        require(
                pending.committed() == null || pending.refused() != null,
                "a committed supplement can't be taken back before its withdrawal");
        return new UpkeepState(
                null,
                supplements,
                redriveNow()
                        .with(
                                Redrive.State.FAILED,
                                0,
                                event.at(),
                                event.failure().message()));
    }

    private UpkeepState committed(Supplement supplement, BatchState before) {
        Redriving pending = pendingRedrive();
        PartitionCommit commit = supplement.commit();
        long quarantined = before.totals().quarantined();
        boolean isSound = pending.committed() == null
                && supplement.number() == nextSupplement()
                && commit.partition() == before.pinned().index().partitions() + supplements.size()
                && commit.read() == quarantined
                && commit.model().equals(before.model().sha256())
                && commit.epoch().incarnation() == before.incarnation();
        require(
                isSound,
                "supplement %d of %d rows can't follow: %d rows are quarantined, and it is the turn of supplement %d"
                        .formatted(supplement.number(), commit.read(), quarantined, nextSupplement()));
        return new UpkeepState(
                new Redriving(pending.begun(), supplement, null),
                supplements,
                redriveNow().with(Redrive.State.PUBLISHING, commit.predictions(), null, null));
    }

    private UpkeepState with(Removal next) {
        return new UpkeepState(new Removing(next), supplements, lastRedrive);
    }

    private Removal pendingRemoval() {
        Removal removal = removal();
        if (removal == null || !removal.isPending()) {
            throw new IllegalStateException("no removal is pending");
        }
        return removal;
    }

    private Redriving pendingRedrive() {
        Redriving redriving = redrive();
        if (redriving == null) {
            throw new IllegalStateException("no redrive is pending");
        }
        return redriving;
    }

    private Redrive redriveNow() {
        return Objects.requireNonNull(lastRedrive);
    }

    private static void require(boolean holds, String broken) {
        if (!holds) {
            throw new IllegalStateException(broken);
        }
    }
}
