package io.nightshift.coordinator.incremental;

import io.nightshift.protocol.batch.BatchId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Remembers which files were planned for which batch. An index over the ledgers of these batches: each says
/// whether a batch has the plan, and whether it is published or cancelled.
///
/// Its methods wait for a database. Safe for several threads and nodes. Each method is repeatable, and a
/// crash in between leaves all of its effect or nothing.
public interface ReadFiles {

    /// A plan that a batch has, or may have had.
    ///
    /// @param batch the batch
    /// @param plan digest of the identities of all files of the plan, as in
    ///     [io.nightshift.protocol.batch.BatchEvent.Planned]
    /// @param isPublished whether the batch is known to be published with this plan
    record Reading(BatchId batch, String plan, boolean isPublished) {}

    /// The readings of files, by file. A file without a reading is left out.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException transient if the database can't be read
    Map<FileKey, List<Reading>> find(Collection<FileKey> files);

    /// Adds a reading of files, unless some of them may not be read. Between the check and the addition, no
    /// other reading of the source is added.
    ///
    /// @param source as [io.nightshift.protocol.job.Job#incrementalSource()]
    /// @param mayRead whether the batch may read the files, given their readings
    /// @return whether the reading is there
    boolean add(
            String source, Reading reading, Collection<FileKey> files, Predicate<Map<FileKey, List<Reading>>> mayRead);

    /// Records that the batch of a reading is published with its plan.
    void publish(Reading reading);

    /// Removes a reading, which no batch has or can get any more.
    void remove(Reading reading);
}
