package io.nightshift.protocol.jobs;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.Submission;
import org.apache.pekko.actor.typed.ActorRef;

/// What the jobs' register is asked and told. Everything may be sent twice.
public sealed interface JobsCommand {

    /// Opens a batch of a job, or finds the one to go on with. The reply is sent when the decision
    /// is durable.
    ///
    /// @param fresh gives up an open batch and runs even if the same was published before
    record Submit(Submission submission, boolean fresh, ActorRef<SubmitReply> replyTo) implements JobsCommand {}

    /// Asks which batch a user means.
    ///
    /// @param batch an id, the beginning of one, or `latest`
    record Find(String batch, ActorRef<FindReply> replyTo) implements JobsCommand {}

    /// Asks for a batch that has partitions to lease. The reply comes as soon as there is one; who
    /// is not answered within a few seconds asks again.
    record FindWork(ActorRef<WorkerMessage> worker) implements JobsCommand {}

    /// Makes sure that every open batch has a coordinator that runs, wherever its node went.
    record Tend() implements JobsCommand {}

    /// From a batch: it has partitions to lease.
    record HasWork(BatchId batch) implements JobsCommand {}

    /// From a batch: it has nothing to lease for now.
    record HasNoWork(BatchId batch) implements JobsCommand {}

    /// From a batch: it was published or cancelled.
    record BatchEnded(BatchId batch, Phase phase) implements JobsCommand {}

    sealed interface SubmitReply {}

    /// @param resumed whether the batch was already open
    record Accepted(BatchId batch, boolean resumed) implements SubmitReply {}

    /// The same job file, input and model were published as `batch`; nothing was started.
    record AlreadyPublished(BatchId batch) implements SubmitReply {}

    /// Nothing was started.
    record Rejected(String reason) implements SubmitReply {}

    sealed interface FindReply {}

    record Found(BatchId batch) implements FindReply {}

    /// There is no such batch, or more than one.
    record NotFound(String reason) implements FindReply {}
}
