package io.nightshift.node.gateway;

import io.nightshift.api.BatchControl;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterCommand.FindReply;
import io.nightshift.protocol.register.BatchRegisterCommand.SubmitReply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What programs outside the cluster ask, by whichever door: passed on to the register and the batches,
/// wherever they run. It keeps nothing. All may be asked twice. Safe for several threads, none of which
/// waits.
public final class RequestForwarder {

    private static final Logger LOG = LoggerFactory.getLogger(RequestForwarder.class);

    private final GatewayServices services;

    public RequestForwarder(GatewayServices services) {
        this.services = services;
    }

    /// Opens a batch of a job, or finds the one to go on with.
    ///
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @return fails with a transient [FailureException] where nothing can be said at the moment; asking
    ///     again may help
    public CompletionStage<SubmitReply> submit(Job job, boolean fresh, @Nullable String key) {
        CompletionStage<SubmitReply> reply = key == null
                ? resolved(job, fresh, null)
                : recall(job, key)
                        .thenCompose(found -> found instanceof BatchRegisterCommand.Found(BatchId batch)
                                ? CompletableFuture.completedFuture(
                                        new BatchRegisterCommand.Accepted(batch, false, true))
                                : resolved(job, fresh, key));
        return reply.exceptionallyAsync(
                problem -> {
                    FailureException failure = failure(problem, "the batch register");
                    if (failure.failure().isPermanent()) {
                        return new BatchRegisterCommand.Rejected(
                                failure.failure().message());
                    }
                    throw failure;
                },
                services.blocking());
    }

    private CompletionStage<FindReply> recall(Job job, String key) {
        String fingerprint = JobFingerprint.of(job);
        return services.register()
                .ask(replyTo -> new BatchRegisterCommand.FindByKey(job.name(), key, fingerprint, replyTo));
    }

    private CompletionStage<SubmitReply> resolved(Job job, boolean fresh, @Nullable String key) {
        return CompletableFuture.supplyAsync(() -> services.submissions().apply(job), services.blocking())
                .thenCompose(submission -> open(submission, fresh, key));
    }

    private CompletionStage<SubmitReply> open(Submission submission, boolean fresh, @Nullable String key) {
        return services.register().ask(replyTo -> new BatchRegisterCommand.Submit(submission, fresh, replyTo, key));
    }

    /// Why the journal can't be used at the moment, or null. Waits for the database.
    @Nullable
    String trouble() {
        return services.trouble().get();
    }

    /// A batch as its coordinator tells it.
    ///
    /// @param waitsFor what keeps the whole cluster from going on, or null
    record Seen(BatchStatus status, @Nullable String waitsFor) {}

    /// @param batch that is known to be
    /// @return fails with a transient [FailureException] where nothing can be said at the moment
    CompletionStage<Seen> describe(BatchId batch) {
        return services.batches()
                .<BatchStatus>ask(batch, BatchCommand.Describe::new)
                .thenApplyAsync(status -> new Seen(status, services.trouble().get()), services.blocking())
                .exceptionallyAsync(
                        problem -> {
                            throw failure(problem, "the coordinator of " + batch);
                        },
                        services.blocking());
    }

    /// Tells a batch what is wanted of it.
    ///
    /// @return fails with a transient [FailureException] where it isn't known whether it was done; asking
    ///     again helps
    public CompletionStage<ControlReply> control(BatchId batch, BatchControl control) {
        return services.batches()
                .<ControlReply>ask(batch, replyTo -> BatchCommand.Control.of(control, replyTo))
                .exceptionallyAsync(
                        problem -> {
                            throw failure(problem, "the coordinator of " + batch);
                        },
                        services.blocking());
    }

    /// In words for people. Waits for the database.
    private FailureException failure(Throwable problem, String who) {
        Throwable cause = ProblemException.cause(problem);
        if (cause instanceof FailureException known) {
            return known;
        }
        LOG.warn("{} did not answer: {}", who, cause.toString());
        String trouble = services.trouble().get();
        return new FailureException(Failure.transientFailure(
                trouble != null ? trouble : who + " does not answer; its node may just have been lost"));
    }
}
