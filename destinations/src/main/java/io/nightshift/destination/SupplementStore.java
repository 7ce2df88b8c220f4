package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import java.util.Optional;

/// Supplements of published batches: rows of the quarantine that are scored again and added. An optional part of
/// [DestinationStore], whose rules about threads hold here too.
public interface SupplementStore {

    /// Makes the place where the attempt of a supplement stages its output, with [DestinationStore#writer]. Its
    /// partition is the one after those of the plan and of earlier supplements. [#discardSupplement] removes the
    /// place.
    ///
    /// @param batch that is published
    /// @param job by which the rows are scored
    /// @throws FailureException as [DestinationStore#prepare]; also if a coordinator of a later incarnation has
    ///     prepared it, or the batch is gone
    void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model);

    /// Shows readers the last supplement of a published batch, in place of the quarantine of all earlier commits.
    /// If two coordinators do so at one time, the one of the higher incarnation wins. A supplement that readers see
    /// already is left as it is. After a crash in the middle, readers see the batch as it was or with the
    /// supplement, and a repetition finishes.
    ///
    /// @param batch with the supplement
    /// @return the publication with the new manifest
    /// @throws FailureException if its output is missing, the batch is not published, or a later coordinator
    ///     has claimed it
    Publication publishSupplement(CommittedBatch batch);

    /// Takes back the last supplement of a published batch, which [#publishSupplement] refuses for good, unless
    /// readers see it. No publication of it by a coordinator of an earlier incarnation becomes visible from now
    /// on. The batch and its quarantine are as they were before the supplement, and nothing of the supplement is
    /// staged any more. If the batch is gone, so is what readers might see of the supplement. After a crash in the
    /// middle, a repetition finishes.
    ///
    /// @param batch with the supplement, and with an incarnation that has never published it
    /// @return the publication with the supplement, finished, if readers see it; otherwise nothing: they never will
    /// @throws FailureException if that can't be made sure, or a later coordinator has claimed the batch
    Optional<Publication> withdrawSupplement(CommittedBatch batch);

    /// Removes what is staged of a supplement that failed, or that readers see. Leaves it alone if a
    /// coordinator of a later incarnation has prepared it. After a crash in the middle, a repetition removes the
    /// rest.
    ///
    /// @param incarnation of the coordinator
    /// @throws FailureException if something can't be removed
    void discardSupplement(BatchId batch, int incarnation);
}
