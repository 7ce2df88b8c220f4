package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The redrives of a published batch: a part of the fold [BatchState].
///
/// @param published the supplements that readers see, in order
/// @param begun the redrive that is pending; null if none is
/// @param committed its supplement; null before it is scored
/// @param refused why the destination refuses the supplement for good, so that it is being withdrawn; null if it is
///     not
/// @param last the last redrive, pending or not; null before the first
public record Redrives(
        List<Supplement> published,
        @Nullable RedriveBegun begun,
        @Nullable Supplement committed,
        @Nullable Failure refused,
        @Nullable Redrive last) {

    static final Redrives NONE = new Redrives(List.of(), null, null, null, null);

    public Redrives {
        published = List.copyOf(published);
    }

    /// Whether a redrive is to be continued.
    public boolean isPending() {
        return begun != null;
    }

    /// The number of the next supplement, from 1.
    int next() {
        return published.size() + 1;
    }

    /// All supplements, with the one that is being published.
    public List<Supplement> all() {
        if (committed == null) {
            return published;
        }
        List<Supplement> all = new ArrayList<>(published);
        all.add(committed);
        return List.copyOf(all);
    }

    Redrives begin(RedriveBegun event) {
        if (begun != null || event.number() != next()) {
            throw new IllegalStateException("redrive %d can't begin".formatted(event.number()));
        }
        return new Redrives(published, event, null, null, Redrive.of(event));
    }

    Redrives fail(RedriveFailed event) {
        Redrive now = pending();
        if (committed != null && refused == null) {
            throw new IllegalStateException("a committed supplement can't be taken back before its withdrawal");
        }
        return new Redrives(
                published,
                null,
                null,
                null,
                now.with(Redrive.State.FAILED, 0, event.at(), event.failure().message()));
    }

    /// @param plan how many partitions the plan has
    /// @param quarantined how many rows are quarantined before
    Redrives commit(SupplementCommitted event, int plan, long quarantined, String model, int incarnation) {
        Redrive now = pending();
        Supplement supplement = event.supplement();
        PartitionCommit commit = supplement.commit();
        boolean isSound = committed == null
                && supplement.number() == next()
                && commit.partition() == plan + published.size()
                && commit.read() == quarantined
                && commit.model().equals(model)
                && commit.epoch().incarnation() == incarnation;
        if (!isSound) {
            throw new IllegalStateException(
                    "supplement %d of %d rows can't follow: %d rows are quarantined, and it is the turn of supplement %d"
                            .formatted(supplement.number(), commit.read(), quarantined, next()));
        }
        return new Redrives(
                published,
                begun,
                supplement,
                null,
                now.with(Redrive.State.PUBLISHING, commit.predictions(), null, null));
    }

    Redrives withdraw(WithdrawalBegun event) {
        if (committed == null || refused != null) {
            throw new IllegalStateException("no supplement is being published");
        }
        return new Redrives(published, begun, committed, event.failure(), last);
    }

    /// Also ends a withdrawal: readers may turn out to see the supplement.
    Redrives publish(SupplementPublished event) {
        Redrive now = pending();
        if (committed == null) {
            throw new IllegalStateException("no supplement is committed");
        }
        return new Redrives(all(), null, null, null, now.with(Redrive.State.PUBLISHED, now.healed(), event.at(), null));
    }

    private Redrive pending() {
        if (begun == null || last == null) {
            throw new IllegalStateException("no redrive is pending");
        }
        return last;
    }
}
