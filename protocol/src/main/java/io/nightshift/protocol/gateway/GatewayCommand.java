package io.nightshift.protocol.gateway;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What a program outside the cluster may ask any of its nodes. Every question is answered, if only
/// by what keeps it from being answered well; all may be sent twice.
public sealed interface GatewayCommand {

    /// The name of the actor that is asked, below `/system` on every node.
    String ACTOR = "gateway";

    /// Opens a batch of a job, or finds the one to go on with. The node that is asked resolves the
    /// model and looks at the source. The reply is sent when the decision is durable.
    ///
    /// @param job as validated, its paths absolute: they mean the same on every node
    /// @param fresh gives up an open batch and runs even if the same was published before
    /// @param key as in [JobsCommand.Submit]
    record Submit(
            Job job,
            boolean fresh,
            ActorRef<JobsCommand.SubmitReply> replyTo,
            @Nullable String key) implements GatewayCommand {}

    /// @param batch an id, the beginning of one, or `latest`
    record Describe(String batch, ActorRef<DescribeReply> replyTo) implements GatewayCommand {}

    /// Passes an operator's wish on to the batch, which answers by itself.
    record Control(BatchId batch, BatchCommand.Control control) implements GatewayCommand {}

    sealed interface DescribeReply {}

    /// @param waitsFor what keeps the whole cluster from going on, or null
    record Described(BatchStatus status, @Nullable String waitsFor) implements DescribeReply {}

    /// There is no such batch, or more than one.
    record NotFound(String reason) implements DescribeReply {}

    /// It can't be said at the moment; asking again may help.
    ///
    /// @param reason what the batch waits for, as far as the node knows
    record Unavailable(String reason) implements DescribeReply {}
}
