package io.nightshift.coordinator.gateway;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Answers programs outside the cluster that send messages, on every node alike.
public final class Gateway {

    private Gateway() {}

    public static Behavior<GatewayCommand> create(Requests requests) {
        return Behaviors.receiveMessage(command -> {
            switch (command) {
                case GatewayCommand.Submit(Job job, boolean fresh, ActorRef<SubmitReply> replyTo, String key) ->
                    requests.submit(job, fresh, key)
                            .exceptionally(Gateway::rejected)
                            .thenAccept(replyTo::tell);
                case GatewayCommand.Describe(String batch, ActorRef<DescribeReply> replyTo) ->
                    requests.describe(batch).thenAccept(replyTo::tell);
                case GatewayCommand.Control(BatchId batch, BatchCommand.Control control) ->
                    requests.pass(batch, control);
            }
            return Behaviors.same();
        });
    }

    private static SubmitReply rejected(Throwable problem) {
        Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
        return new JobsCommand.Rejected(
                cause instanceof FailureException failure ? failure.failure().message() : String.valueOf(cause));
    }
}
