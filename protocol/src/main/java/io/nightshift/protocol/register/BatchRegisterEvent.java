package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import java.time.Instant;
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
    record Keyed(Instant at, BatchId batch, String key, String fingerprint) implements BatchRegisterEvent {}

    /// A batch ended.
    ///
    /// @param at when the register decided it, by the wall clock of its node
    /// @param batch the batch that the event is about
    /// @param phase published or cancelled
    /// @param run how fast a published batch was; null if that is not known
    record Ended(
            Instant at,
            BatchId batch,
            Phase phase,
            @Nullable PastRun run) implements BatchRegisterEvent {

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
    record Reentered(
            Instant at,
            BatchId batch,
            Instant openedAt,
            Submission submission,
            @Nullable Phase phase) implements BatchRegisterEvent {}
}
