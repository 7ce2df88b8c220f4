package io.nightshift.coordinator.incremental;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.util.List;
import java.util.function.Consumer;

/// Remembers which rows were planned for which batch. Whether a batch has the plan, and is published, says its own
/// ledger.
///
/// Its methods wait for a database. Safe for several threads and nodes. Each method is repeatable, and a crash in
/// between leaves all of its effect or nothing.
public interface PlannedRows {

    /// A set that a batch has, or may have had.
    ///
    /// @param compared the sets that its rows were compared with, or that it stands for, the oldest first
    /// @param isPublished whether the batch is known to be published with this set, or all are that it stands for
    record Stored(RowSet set, List<Member> compared, boolean isPublished) {
        public Stored {
            compared = List.copyOf(compared);
        }

        /// Whether it stands for other sets.
        public boolean isMerged() {
            return set.whole() && !compared.isEmpty();
        }
    }

    /// The name of a set.
    record Member(BatchId batch, String digest) {
        /// The name of this set.
        public static Member of(RowSet set) {
            return new Member(set.batch(), set.digest());
        }
    }

    /// All sets of a source, in no order.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @throws io.nightshift.protocol.failure.FailureException transient if the database can't be read
    List<Stored> find(String source);

    /// Adds a set, unless it is there.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param compared the sets that its rows were compared with, the oldest first; none if the batch reads
    ///     all rows
    /// @param entries visits the entries, ordered by key
    RowSet add(String source, BatchId batch, List<RowSet> compared, Consumer<EntryVisitor> entries);

    /// Adds a set that stands for others from now on, unless it is there. It has the ID of the newest batch.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param merged sets that count, the oldest first
    /// @param entries visits the last entry of each key, ordered by key
    RowSet merge(String source, List<RowSet> merged, Consumer<EntryVisitor> entries);

    /// Records that the batch of a set is published with it.
    void publish(RowSet set);

    /// Removes a set, which no batch has or can get any more.
    void remove(RowSet set);
}
