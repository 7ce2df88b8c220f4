package io.nightshift.coordinator.incremental;

import io.nightshift.coordinator.incremental.PlannedRows.Stored;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the rows that differ from what published batches have scored, and stores them for the workers and for the
/// next plan.
///
/// Its methods wait for disks, the network and the ledger's database. Safe for several threads and nodes.
public final class ChangedRowPlanner {

    /// Compares rows; see [io.nightshift.source.changed.ChangedRowScan].
    public interface Scanner {
        /// Visits the rows of a job's source that have changed.
        void changed(Job job, List<InspectedFile> files, List<RowSet> before, EntryVisitor visitor);

        /// Visits the last entry of each key in several sets.
        void last(List<RowSet> merged, EntryVisitor visitor);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ChangedRowPlanner.class);

    /// A plan compares with more sets only if they can't be merged yet.
    static final int MOST_SETS = 32;

    private final RowMarks marks;
    private final PlannedRows rows;
    private final Function<String, Optional<BatchId>> oldestOpen;
    private final Scanner scanner;
    private final Executor background;

    /// @param marks what counts as scored
    /// @param rows where the rows of the plan are stored
    /// @param oldestOpen the oldest batch of a job that has not ended; blocks
    /// @param background removes what no later plan needs
    public ChangedRowPlanner(
            RowMarks marks,
            PlannedRows rows,
            Function<String, Optional<BatchId>> oldestOpen,
            Scanner scanner,
            Executor background) {
        this.marks = marks;
        this.rows = rows;
        this.oldestOpen = oldestOpen;
        this.scanner = scanner;
        this.background = background;
    }

    /// Adds the changed rows to what a batch reads.
    ///
    /// @param job with changed rows
    /// @param files that were planned for it
    /// @return the files, and then the set of rows
    /// @throws FailureException permanent, if no row has changed and the job asks to fail then
    public List<InspectedFile> plan(BatchId batch, Job job, List<InspectedFile> files) {
        String source = job.incrementalSource();
        List<RowSet> before = Objects.requireNonNull(job.incremental()).full() ? List.of() : scored(source, batch, job);
        RowSet set = add(source, batch, before, visitor -> scanner.changed(job, files, before, visitor));
        background.execute(() -> removeHidden(source));
        if (set.rows() == 0 && job.source().failsIfEmpty()) {
            throw FailureException.permanent("source: no row has changed, and the job says source.on-empty: fail");
        }
        List<InspectedFile> planned = new ArrayList<>(files);
        planned.add(new InspectedFile(set.pinned(job.source().lookups().size()), List.of()));
        return planned;
    }

    private RowSet add(String source, BatchId batch, List<RowSet> before, Consumer<EntryVisitor> changed) {
        try {
            return rows.add(source, batch, before, changed);
        } catch (FailureException e) {
            Set<RowSet> left = rows.find(source).stream().map(Stored::set).collect(Collectors.toSet());
            if (left.containsAll(before)) {
                throw e;
            }
            throw new FailureException(
                    Failure.transientFailure(
                            "%s: newer batches have started over while it was planned".formatted(batch)),
                    e);
        }
    }

    private void removeHidden(String source) {
        try {
            marks.removeHidden(source);
        } catch (FailureException e) {
            LOG.warn(
                    "old fingerprints of rows can't be removed now; the next plan of the job tries again: {}",
                    e.getMessage());
        }
    }

    /// The sets to compare with. If there are many, one is made that stands for them.
    private List<RowSet> scored(String source, BatchId batch, Job job) {
        List<RowSet> scored = marks.scored(source, batch);
        if (scored.size() <= MOST_SETS) {
            return scored;
        }
        Optional<BatchId> open = oldestOpen.apply(job.name());
        List<RowSet> all = marks.scored(source, batch);
        List<RowSet> settled = RowMarks.settled(all, open);
        if (settled.size() <= 1) {
            return all;
        }
        List<RowSet> fewer = new ArrayList<>();
        fewer.add(rows.merge(source, settled, visitor -> scanner.last(settled, visitor)));
        fewer.addAll(all.subList(settled.size(), all.size()));
        return fewer;
    }
}
