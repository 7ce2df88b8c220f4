package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.coordinator.incremental.ScoredRows.Stored;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.storage.source.changed.RowSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Decides which rows count as scored: those of published batches, each as the newest batch has it. The event that
/// publishes a batch makes its rows count, whatever crashes.
///
/// A batch's rows are stored before its plan is persisted. A batch may store several sets, if its planning is
/// repeated; the plan that its ledger has then says which one counts.
///
/// Safe for several threads and nodes.
public class RowMarks {

    private final ScoredRows rows;
    private final Function<BatchId, Planned> ledger;

    /// @param rows what is remembered
    /// @param ledger reads a batch's ledger; blocks. Its plan is the digest of the planned set
    public RowMarks(ScoredRows rows, Function<BatchId, Planned> ledger) {
        this.rows = rows;
        this.ledger = ledger;
    }

    /// The sets that a new plan compares with, the oldest batch first. A batch that has read all rows hides the
    /// batches before it.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param planned the batch that is planned
    public List<RowSet> scored(String source, BatchId planned) {
        List<Stored> counted = new ArrayList<>();
        for (Stored stored : rows.find(source)) {
            if (!stored.set().batch().equals(planned) && counts(stored)) {
                counted.add(stored);
            }
        }
        counted.sort(order());
        List<RowSet> scored = counted.stream().map(Stored::set).toList();
        for (int i = scored.size() - 1; i > 0; i--) {
            if (scored.get(i).whole()) {
                return scored.subList(i, scored.size());
            }
        }
        return scored;
    }

    /// The order of submission: readers take the newest batch, too.
    Comparator<Stored> order() {
        return Comparator.comparing((Stored stored) -> stored.set().batch().value())
                .thenComparing(Stored::isMerged);
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
