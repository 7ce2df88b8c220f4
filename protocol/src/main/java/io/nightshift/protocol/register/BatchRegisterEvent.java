package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A persisted fact about the batch register. Events are never changed or deleted. A field that is added
/// later needs a default for the events written before.
public sealed interface BatchRegisterEvent {

    /// When the register decided it, by the wall clock of its node.
    Instant at();

    /// The batch that the event is about.
    BatchId batch();

    /// A batch was opened. It supersedes an open batch of the same job.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param submission the submission that opened the batch
    /// @param key the submission's idempotency key; null if it had none
    /// @param caller the name of the caller's token; null for a caller without a limit of open batches
    record Opened(
            Instant at,
            BatchId batch,
            Submission submission,
            @Nullable String key,
            @Nullable String caller) implements BatchRegisterEvent {}

    /// A submission with an idempotency key led to a batch that existed.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param key the submission's idempotency key
    /// @param fingerprint the fingerprint of the submitted job file
    /// @param job the name of the job; null in events of a version that kept all batches in the register
    record Keyed(
            Instant at,
            BatchId batch,
            String key,
            String fingerprint,
            @Nullable String job) implements BatchRegisterEvent {

        /// An event as earlier versions wrote it.
        public Keyed(Instant at, BatchId batch, String key, String fingerprint) {
            this(at, batch, key, fingerprint, null);
        }
    }

    /// A submission found other files in the source than the open batch has, and its job lets the batch be
    /// extended. The register asks the batch until it has ended.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param submission the later submission of the batch's run
    record Resubmitted(Instant at, BatchId batch, Submission submission) implements BatchRegisterEvent {}

    /// A batch ended.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param phase published or cancelled
    /// @param run how fast a published batch was; null if that is not known
    /// @param input digest of the identities of the files that the batch has scored; null if it is the one of
    ///     the submission that opened the batch, or is not known
    /// @param read what a published batch of an incremental job has read; null for others
    /// @param model the version that has scored the batch; null if it is the submitted one
    record Ended(
            Instant at,
            BatchId batch,
            Phase phase,
            @Nullable PastRun run,
            @Nullable String input,
            @Nullable ReadTimes read,
            @Nullable ModelVersion model)
            implements BatchRegisterEvent {

        /// The end of a batch that the submitted model has scored.
        public Ended(
                Instant at,
                BatchId batch,
                Phase phase,
                @Nullable PastRun run,
                @Nullable String input,
                @Nullable ReadTimes read) {
            this(at, batch, phase, run, input, read, null);
        }

        /// The end of a batch whose job is not incremental.
        public Ended(Instant at, BatchId batch, Phase phase, @Nullable PastRun run, @Nullable String input) {
            this(at, batch, phase, run, input, null);
        }

        /// The end of a batch that has scored the input of the submission that opened it.
        public Ended(Instant at, BatchId batch, Phase phase, @Nullable PastRun run) {
            this(at, batch, phase, run, null);
        }

        /// The end of a batch whose speed is not known.
        public Ended(Instant at, BatchId batch, Phase phase) {
            this(at, batch, phase, null);
        }
    }

    /// A batch was entered again, from its own ledger: the register had lost the event that opened it. Its
    /// idempotency keys stay lost.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param openedAt when the batch was submitted. It decides about the batch's position among the others
    /// @param submission the submission that opened the batch
    /// @param phase published or cancelled; null if the batch has not ended
    /// @param superseded whether the archive has a later batch of the same run, so that this one can't be resumed
    record Reentered(
            Instant at,
            BatchId batch,
            Instant openedAt,
            Submission submission,
            @Nullable Phase phase,
            boolean superseded)
            implements BatchRegisterEvent {

        /// A batch of whose run the archive has no later batch.
        public Reentered(Instant at, BatchId batch, Instant openedAt, Submission submission, @Nullable Phase phase) {
            this(at, batch, openedAt, submission, phase, false);
        }
    }

    /// Ended batches and idempotency keys left the register's memory. They were written to the archive before.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the last of the batches; that of the last key if there is no batch
    /// @param batches published and cancelled batches
    /// @param keys the idempotency keys
    /// @param searched the position in the journal up to which every batch is known to the register
    record Archived(Instant at, BatchId batch, List<BatchId> batches, List<SubmissionKey> keys, long searched)
            implements BatchRegisterEvent {}

    /// An idempotency key of a job.
    ///
    /// @param job the job's name. The same text is another key for another job
    /// @param key as the caller sent it
    record SubmissionKey(String job, String key) {}
}
