package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.coordinator.incremental.PlannedRows.Stored;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.source.changed.RowSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Decides which rows count as scored: those of published batches, each as the newest batch has it. The event that
/// publishes a batch makes its rows count, whatever crashes.
///
/// A batch's rows are stored before its plan is persisted. A batch may store several sets, if its planning is
/// repeated; the plan that its ledger has then says which one counts.
///
/// Safe for several threads and nodes.
public class RowMarks {

    private static final int KEPT_WHOLE = 2;

    private static final Comparator<Stored> ORDER = Comparator.comparing(
                    (Stored stored) -> stored.set().batch().value())
            .thenComparing(Stored::isMerged);

    private final PlannedRows rows;
    private final Function<BatchId, Planned> ledger;

    /// @param rows what is remembered
    /// @param ledger reads a batch's ledger; blocks. Its plan is the digest of the planned set
    public RowMarks(PlannedRows rows, Function<BatchId, Planned> ledger) {
        this.rows = rows;
        this.ledger = ledger;
    }

    /// The sets that a new plan compares with, the oldest batch first. A batch that has read all rows hides the
    /// batches before it.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param planned the batch that is planned
    public List<RowSet> scored(String source, BatchId planned) {
        List<RowSet> scored =
                counted(rows.find(source).stream()
                                .filter(stored -> !stored.set().batch().equals(planned)))
                        .stream()
                        .map(Stored::set)
                        .toList();
        return scored.subList(Math.max(0, lastWhole(scored, 1)), scored.size());
    }

    /// The sets that count, the oldest batch first.
    private List<Stored> counted(Stream<Stored> stored) {
        return stored.filter(this::counts).sorted(order()).toList();
    }

    /// The position of a whole set, counted from the end; negative if there are fewer.
    ///
    /// @param number 1 for the last
    private static int lastWhole(List<RowSet> sets, int number) {
        int left = number;
        for (int i = sets.size() - 1; i >= 0; i--) {
            if (sets.get(i).whole() && --left == 0) {
                return i;
            }
        }
        return -1;
    }

    /// Removes the sets that no later plan is compared with. May be stopped at any moment, and repeated.
    public void removeHidden(String source) {
        for (Stored hidden : hidden(counted(rows.find(source).stream()))) {
            rows.remove(hidden.set());
        }
    }

    /// The sets that are behind two whole ones. One would be enough for plans. The second one keeps what a plan on
    /// another node may still read, and what verification needs of the latest batches.
    ///
    /// @param counted the oldest first
    List<Stored> hidden(List<Stored> counted) {
        return counted.subList(
                0, Math.max(0, lastWhole(counted.stream().map(Stored::set).toList(), KEPT_WHOLE)));
    }

    /// Whether the set of a published batch was removed, because no later plan needs it.
    ///
    /// @param stored the sets of its source that are left
    public static boolean isRemoved(BatchId batch, List<Stored> stored) {
        List<RowSet> sets = stored.stream()
                .filter(Stored::isPublished)
                .sorted(ORDER)
                .map(Stored::set)
                .toList();
        int oldest = lastWhole(sets, KEPT_WHOLE);
        return oldest >= 0 && batch.value().compareTo(sets.get(oldest).batch().value()) <= 0;
    }

    /// The order of submission: readers take the newest batch, too.
    Comparator<Stored> order() {
        return ORDER;
    }

    /// The first of several sets: those that one set may stand for, because no batch between them can still be
    /// published.
    ///
    /// @param scored as [#scored] returns them, found after the oldest open batch
    /// @param oldestOpen the oldest batch of the job that has not ended
    static List<RowSet> settled(List<RowSet> scored, Optional<BatchId> oldestOpen) {
        return scored.stream()
                .takeWhile(set -> oldestOpen.isEmpty()
                        || set.batch().value().compareTo(oldestOpen.get().value()) < 0)
                .toList();
    }

    /// Whether the batch of a set is published with it. What can't change any more is remembered.
    boolean counts(Stored stored) {
        if (stored.isPublished()) {
            return true;
        }
        RowSet set = stored.set();
        Planned planned = ledger.apply(set.batch());
        if (planned.phase() == Phase.CANCELLED
                || (planned.plan() != null && !planned.plan().equals(set.digest()))) {
            rows.remove(set);
            return false;
        }
        boolean isPublished = planned.phase() == Phase.PUBLISHED;
        if (isPublished) {
            rows.publish(set);
        }
        return isPublished;
    }
}
