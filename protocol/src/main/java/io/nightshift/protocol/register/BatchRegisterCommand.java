package io.nightshift.protocol.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.Submission;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What the batch register is asked and told. Everything may be sent twice.
public sealed interface BatchRegisterCommand {

    /// Opens a batch of a job, or finds the one to go on with. The reply is sent when the decision
    /// is durable.
    ///
    /// @param fresh gives up an open batch and runs even if the same was published before
    /// @param key by which the asker knows this submission, or null: of the same job and key, only the
    ///     first submission means anything, and all others mean the batch of the first
    record Submit(
            Submission submission,
            boolean fresh,
            ActorRef<SubmitReply> replyTo,
            @Nullable String key) implements BatchRegisterCommand {}

    /// Asks whether a submission was made before, without looking at its model and source.
    ///
    /// @param fingerprint of the job file
    /// @param key as in [Submit]
    record FindByKey(String job, String key, String fingerprint, ActorRef<FindReply> replyTo)
            implements BatchRegisterCommand {}

    /// Asks which batch a user means.
    ///
    /// @param batch an id, the beginning of one, or `latest`
    record Find(String batch, ActorRef<FindReply> replyTo) implements BatchRegisterCommand {}

    /// Asks for a batch that has partitions to lease. The reply comes as soon as there is one; who
    /// is not answered within a few seconds asks again.
    record FindWork(ActorRef<WorkerMessage> worker) implements BatchRegisterCommand {}

    /// Makes sure that every open batch has a coordinator that runs, wherever its node went.
    record WakeOpenBatches() implements BatchRegisterCommand {}

    /// From a batch: it has partitions to lease.
    record HasWork(BatchId batch) implements BatchRegisterCommand {}

    /// From a batch: it has nothing to lease for now.
    record HasNoWork(BatchId batch) implements BatchRegisterCommand {}

    /// From a batch: it was published or cancelled.
    record BatchEnded(BatchId batch, Phase phase) implements BatchRegisterCommand {}

    sealed interface SubmitReply {}

    /// @param resumed whether the batch was already open
    /// @param repeated whether the submission was made before, by its key
    record Accepted(BatchId batch, boolean resumed, boolean repeated) implements SubmitReply {}

    /// The same job file, input and model were published as `batch`; nothing was started.
    record AlreadyPublished(BatchId batch) implements SubmitReply {}

    /// Nothing was started.
    record Rejected(String reason) implements SubmitReply {}

    sealed interface FindReply {}

    record Found(BatchId batch) implements FindReply {}

    /// There is no such batch, or more than one.
    record NotFound(String reason) implements FindReply {}
}
