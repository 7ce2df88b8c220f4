package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The state of the batch register after some of its events, so that a start need not read these events. It is a
/// cache: a version that does not know its format ignores it.
///
/// @param batches that the register keeps, in the order of submission
/// @param jobs all jobs that have had a batch
/// @param keys the idempotency keys that the register keeps, in the order of their first use
/// @param next the number of the next batch
/// @param latest the batch that was submitted last; null if there is none
/// @param archives how often batches or keys have left for the archive
/// @param searched the position in the journal up to which every batch is known to the register
/// @param archivedTo the highest number of a batch of the archive; -1 while the archive is empty
/// @param readTimes what published batches have read of each source of an incremental job
public record BatchRegisterSnapshot(
        List<RegisteredBatch> batches,
        List<JobBatches> jobs,
        List<KeyUse> keys,
        long next,
        @Nullable BatchId latest,
        long archives,
        long searched,
        long archivedTo,
        List<ReadTimes> readTimes) {

    /// The batches of a job.
    ///
    /// @param job its name
    /// @param batches how many were ever submitted
    /// @param last the batch that was submitted last
    /// @param lastNumber the number of that batch
    /// @param lastAt when that batch was opened
    /// @param published the batch that was published last, in the order of submission; null if there is none
    /// @param publishedNumber the number of that batch; 0 if there is none
    /// @param history how fast the last published batches were, the oldest first
    public record JobBatches(
            String job,
            long batches,
            BatchId last,
            long lastNumber,
            Instant lastAt,
            @Nullable BatchId published,
            long publishedNumber,
            List<PastRun> history) {}

    /// The first use of an idempotency key.
    ///
    /// @param job the name of the job; the same text is another key for another job
    /// @param key as the caller sent it
    /// @param fingerprint of the submitted job file
    /// @param batch that the submission led to
    public record KeyUse(String job, String key, String fingerprint, BatchId batch) {}
}
