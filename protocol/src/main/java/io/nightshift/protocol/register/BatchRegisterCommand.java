package io.nightshift.protocol.register;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A message to the batch register. Every message may be sent more than once.
public sealed interface BatchRegisterCommand {

    /// Opens a batch for a job, or resumes the job's open batch. The reply is sent after the decision is
    /// durable.
    ///
    /// @param submission the job with its resolved model and source
    /// @param fresh whether to replace an open batch of the job, and to run even if the same was published
    ///     before. The open batch is cancelled first; if readers see it already, the submission is rejected
    /// @param replyTo receives a [SubmitReply]
    /// @param key the idempotency key, or null. Only the first submission with a job's key has an effect;
    ///     later ones lead to the batch of the first
    /// @param ticket from [AskTicket]; a submission with a ticket that is not valid any more is answered with
    ///     [NotNow]. Null from a caller that waits for the reply without a limit, or from an earlier version
    /// @param limit of the caller's open batches, or null for none
    record Submit(
            Submission submission,
            boolean fresh,
            ActorRef<SubmitReply> replyTo,
            @Nullable String key,
            @Nullable SubmissionTicket ticket,
            @Nullable OpenBatchLimit limit)
            implements BatchRegisterCommand {}

    /// Asks for a ticket. An answer means that the register answers submissions now.
    ///
    /// @param replyTo receives the ticket
    record AskTicket(ActorRef<SubmissionTicket> replyTo) implements BatchRegisterCommand {}

    /// Finds the batch of an earlier submission by its idempotency key. It needs no model and no source.
    ///
    /// @param job the job's name
    /// @param key the idempotency key, as in [Submit]
    /// @param fingerprint the fingerprint of the job file; a batch of another job file is not found
    /// @param replyTo receives a [FindReply]
    record FindByKey(String job, String key, String fingerprint, ActorRef<FindReply> replyTo)
            implements BatchRegisterCommand {}

    /// Finds the batch that a user names.
    ///
    /// @param batch an ID, the beginning of an ID, or `latest`
    /// @param replyTo receives a [FindReply]
    record Find(String batch, ActorRef<FindReply> replyTo) implements BatchRegisterCommand {}

    /// Asks for a batch that has partitions to lease. The register answers with [WorkerMessage.WorkAt] as
    /// soon as there is one. A worker without an answer asks again after a few seconds.
    ///
    /// @param worker the worker that is free
    record FindWork(ActorRef<WorkerMessage> worker) implements BatchRegisterCommand {}

    /// Makes sure that every open batch has a running coordinator, also after its node is gone. Sent
    /// periodically.
    record WakeOpenBatches() implements BatchRegisterCommand {}

    /// Sent by a batch: it has partitions to lease.
    ///
    /// @param batch the batch that sends this message
    /// @param partitionMillis how long one of its partitions takes on average, in milliseconds; 0 if that is
    ///     not known
    record HasWork(BatchId batch, long partitionMillis) implements BatchRegisterCommand {

        /// A batch of which no partition was committed yet.
        public HasWork(BatchId batch) {
            this(batch, 0);
        }
    }

    /// Sent by a batch whose job limits its threads: which workers hold its partitions. Repeated with every tick.
    ///
    /// @param batch the batch that sends this message
    /// @param workers each once, in no order
    record Leased(BatchId batch, List<ActorRef<WorkerMessage>> workers) implements BatchRegisterCommand {

        /// Keeps an unmodifiable copy of the workers.
        public Leased {
            workers = List.copyOf(workers);
        }
    }

    /// Sent by a batch: it has no partitions to lease now.
    ///
    /// @param batch the batch that sends this message
    record HasNoWork(BatchId batch) implements BatchRegisterCommand {}

    /// Sent by a batch that has failed, or that has been retried or cancelled after it failed.
    ///
    /// @param batch the batch that sends this message
    /// @param timing the times of the failed batch; null if it was retried or cancelled
    record FailureChanged(BatchId batch, BatchDescription.@Nullable Timing timing) implements BatchRegisterCommand {}

    /// Sent by a batch: it has ended.
    ///
    /// @param batch the batch that sends this message
    /// @param phase published or cancelled
    /// @param run how fast a published batch was; null if that is not known
    /// @param input digest of the identities of the files that the batch has scored; null if it is the one of
    ///     the submission that opened the batch, or is not known
    /// @param model the version that has scored the batch; null if it is the submitted one
    record BatchEnded(
            BatchId batch,
            Phase phase,
            @Nullable PastRun run,
            @Nullable String input,
            @Nullable ModelVersion model) implements BatchRegisterCommand {

        /// The end of a batch that the submitted model has scored.
        public BatchEnded(BatchId batch, Phase phase, @Nullable PastRun run, @Nullable String input) {
            this(batch, phase, run, input, null);
        }

        /// The end of a batch that has scored the input of the submission that opened it.
        public BatchEnded(BatchId batch, Phase phase, @Nullable PastRun run) {
            this(batch, phase, run, null);
        }

        /// The end of a batch whose speed is not known.
        public BatchEnded(BatchId batch, Phase phase) {
            this(batch, phase, null);
        }
    }

    /// The answer to [Submit].
    sealed interface SubmitReply {}

    /// The submission has a batch.
    ///
    /// @param batch the batch, new or not
    /// @param resumed whether the batch was already open
    /// @param repeated whether an earlier submission had the same key; the batch may have ended then
    record Accepted(BatchId batch, boolean resumed, boolean repeated) implements SubmitReply {}

    /// The same job file, source and model were published as this batch. Nothing was started.
    ///
    /// @param batch the published batch
    record AlreadyPublished(BatchId batch) implements SubmitReply {}

    /// Nothing was started.
    ///
    /// @param failure the reason, in one or two sentences, for people. It is transient if the same submission may
    ///     be accepted later without a change of the job
    /// @param changed the open batch whose input is not what the source has now, if that is the reason; else null
    record Rejected(Failure failure, @Nullable BatchId changed) implements SubmitReply {

        /// A submission that is rejected until somebody changes something.
        public Rejected(String reason) {
            this(Failure.permanent(reason), null);
        }

        /// Why, for people.
        public String reason() {
            return failure.message();
        }
    }

    /// Nothing was started, and the same submission may be accepted in a moment.
    ///
    /// @param reason why, in one or two sentences, for people
    record NotNow(String reason) implements SubmitReply {}

    /// Nothing was started, because the caller has too many open batches.
    ///
    /// @param reason why, in one or two sentences, for people
    record TooManyOpen(String reason) implements SubmitReply {}

    /// The answer to [Find] and [FindByKey].
    sealed interface FindReply {}

    /// Exactly one batch matches.
    ///
    /// @param batch the ID of the batch
    record Found(BatchId batch) implements FindReply {}

    /// No batch matches, or more than one.
    ///
    /// @param reason why, in one sentence, for people
    record NotFound(String reason) implements FindReply {}
}
