package io.nightshift.coordinator.gateway;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers programs outside the cluster, on every node alike: it keeps nothing, and passes on.
public final class Gateway {

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    private final GatewayServices services;

    private Gateway(GatewayServices services) {
        this.services = services;
    }

    public static Behavior<GatewayCommand> create(GatewayServices services) {
        Gateway gateway = new Gateway(services);
        return Behaviors.receiveMessage(command -> {
            switch (command) {
                case GatewayCommand.Submit(Job job, boolean fresh, ActorRef<SubmitReply> replyTo) ->
                    gateway.submit(job, fresh).thenAccept(replyTo::tell);
                case GatewayCommand.Describe(String batch, ActorRef<DescribeReply> replyTo) ->
                    gateway.describe(batch).thenAccept(replyTo::tell);
                case GatewayCommand.Control(BatchId batch, BatchCommand.Control control) ->
                    services.controls().accept(batch, control);
            }
            return Behaviors.same();
        });
    }

    private CompletionStage<SubmitReply> submit(Job job, boolean fresh) {
        return CompletableFuture.supplyAsync(() -> services.submissions().apply(job), services.blocking())
                .thenCompose(submission -> open(submission, fresh))
                .exceptionallyAsync(
                        problem -> new JobsCommand.Rejected(reason(problem, "the jobs' register")),
                        services.blocking());
    }

    private CompletionStage<SubmitReply> open(Submission submission, boolean fresh) {
        return services.register().ask(replyTo -> new JobsCommand.Submit(submission, fresh, replyTo));
    }

    private CompletionStage<DescribeReply> describe(String name) {
        return services.register()
                .<JobsCommand.FindReply>ask(replyTo -> new JobsCommand.Find(name, replyTo))
                .thenCompose(found -> switch (found) {
                    case JobsCommand.Found(BatchId batch) -> status(batch);
                    case JobsCommand.NotFound(String reason) ->
                        CompletableFuture.<DescribeReply>completedFuture(new GatewayCommand.NotFound(reason));
                })
                .exceptionallyAsync(
                        problem -> new GatewayCommand.Unavailable(reason(problem, "the coordinator of " + name)),
                        services.blocking());
    }

    private CompletionStage<DescribeReply> status(BatchId batch) {
        return services.batches()
                .apply(batch)
                .thenApplyAsync(
                        status -> new GatewayCommand.Described(
                                status, services.trouble().get()),
                        services.blocking());
    }

    private String reason(Throwable problem, String who) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof FailureException known) {
            return known.failure().message();
        }
        LOG.warn("{} did not answer: {}", who, cause.toString());
        String trouble = services.trouble().get();
        return trouble != null ? trouble : who + " does not answer; its node may just have been lost";
    }
}
