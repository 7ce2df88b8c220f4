package io.nightshift.node.gateway;

import io.nightshift.api.BatchControl;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SchemaReport;
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
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Passes requests of programs outside the cluster to the register and the batches, wherever they run. It has
/// no state, and every request may be repeated. Safe for several threads, none of which waits.
public final class RequestForwarder {

    private static final Logger LOG = LoggerFactory.getLogger(RequestForwarder.class);

    private final GatewayServices services;

    public RequestForwarder(GatewayServices services) {
        this.services = services;
    }

    /// Opens a batch of a job, or finds the open one to resume.
    ///
    /// @param caller the name of the caller's token
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @return fails with a transient [FailureException] if no answer can be had now; repeating may help
    /// @throws ProblemException if too many submissions wait already; the stage may fail with it, too
    public CompletionStage<SubmitReply> submit(String caller, Job job, boolean fresh, @Nullable String key) {
        return submit(caller, caller, job, fresh, key);
    }

    /// As [#submit(String, Job, boolean, String)].
    ///
    /// @param caller whose limits hold
    /// @param by the name of the token that the batch names
    public CompletionStage<SubmitReply> submit(String caller, String by, Job job, boolean fresh, @Nullable String key) {
        Supplier<Submission> inspection =
                () -> services.submissions().resolve(job, fresh).by(by);
        CompletionStage<SubmitReply> reply = key == null
                ? resolved(caller, inspection, fresh, null)
                : findByKey(job, key)
                        .thenCompose(found -> found instanceof BatchRegisterCommand.Found(BatchId batch)
                                ? CompletableFuture.completedFuture(
                                        new BatchRegisterCommand.Accepted(batch, false, true))
                                : resolved(caller, inspection, fresh, key));
        return rejected(reply);
    }

    /// Opens a batch that scores partitions of a published batch again, or finds the one that does so already.
    ///
    /// @param caller the name of the caller's token
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @return as [#submit]
    /// @throws ProblemException as [#submit]
    public CompletionStage<SubmitReply> rescore(
            String caller, BatchId batch, RescoreRequest request, @Nullable String key) {
        return rejected(resolved(
                caller, () -> services.rescores().resolve(batch, request).by(caller), false, key));
    }

    /// Compares the columns that a job writes with those of its newest published batch.
    ///
    /// @param caller the name of the caller's token
    /// @return fails with a [FailureException]; it is permanent if the job can't run
    /// @throws ProblemException if too many submissions wait already
    public CompletionStage<SchemaReport> compareSchema(String caller, Job job) {
        return services.queue().inspect(caller, () -> services.schemas().compare(job));
    }

    /// The reply to a submission. What can't be resolved is rejected.
    private CompletionStage<SubmitReply> rejected(CompletionStage<SubmitReply> reply) {
        return reply.exceptionallyAsync(
                problem -> {
                    if (ProblemException.cause(problem) instanceof ProblemException known) {
                        throw known;
                    }
                    FailureException failure = failure(problem, "the batch register");
                    if (failure.failure().isPermanent()) {
                        return new BatchRegisterCommand.Rejected(
                                failure.failure().message());
                    }
                    throw failure;
                },
                services.blocking());
    }

    /// The batch of an earlier submission of a job with a key.
    ///
    /// @return fails with a transient [FailureException] if no answer can be had now
    public CompletionStage<Optional<BatchId>> find(Job job, String key) {
        return findByKey(job, key)
                .thenApply(found -> found instanceof BatchRegisterCommand.Found(BatchId batch)
                        ? Optional.of(batch)
                        : Optional.<BatchId>empty())
                .exceptionallyAsync(
                        problem -> {
                            throw failure(problem, "the batch register");
                        },
                        services.blocking());
    }

    /// The status of a batch, as its coordinator knows it.
    ///
    /// @return fails if no answer can be had now
    public CompletionStage<BatchStatus> status(BatchId batch) {
        return services.batches().ask(batch, BatchCommand.Describe::new);
    }

    private CompletionStage<FindReply> findByKey(Job job, String key) {
        String fingerprint = JobFingerprint.of(job);
        return services.register()
                .ask(replyTo -> new BatchRegisterCommand.FindByKey(job.name(), key, fingerprint, replyTo));
    }

    private CompletionStage<SubmitReply> resolved(
            String caller, Supplier<Submission> inspection, boolean fresh, @Nullable String key) {
        return services.queue()
                .inspect(caller, inspection)
                .thenCompose(submission ->
                        open(caller, submission, fresh, key).thenCompose(reply -> named(reply, submission)))
                .thenApply(reply -> {
                    if (reply instanceof BatchRegisterCommand.TooManyOpen) {
                        services.queue().countRefusal();
                    }
                    return reply;
                });
    }

    /// The answer, with the name of the file if another input is the reason for a rejection.
    private CompletionStage<SubmitReply> named(SubmitReply reply, Submission submission) {
        return reply instanceof BatchRegisterCommand.Rejected rejected && rejected.changed() != null
                ? CompletableFuture.supplyAsync(
                        () -> services.changedInput().name(rejected, submission), services.blocking())
                : CompletableFuture.completedFuture(reply);
    }

    /// The register issues the ticket at once, or is not there. So a submission that must wait for the register,
    /// for example while it moves to another node, is not left behind when the caller has stopped waiting.
    private CompletionStage<SubmitReply> open(
            String caller, Submission submission, boolean fresh, @Nullable String key) {
        OpenBatchLimit limit = services.queue().openBatches(caller);
        return services.register()
                .<SubmissionTicket>ask(BatchRegisterCommand.AskTicket::new)
                .thenCompose(ticket -> services.register()
                        .ask(replyTo ->
                                new BatchRegisterCommand.Submit(submission, fresh, replyTo, key, ticket, limit)));
    }

    /// Why the journal can't be used now, or null. Waits for the database.
    @Nullable
    String journalProblem() {
        return services.journalProblem().get();
    }

    /// A coordinator's description of its batch.
    ///
    /// @param waitsFor what keeps the cluster from continuing the batch, or null
    record CoordinatorAnswer(BatchStatus status, @Nullable String waitsFor) {}

    /// @param batch an existing batch
    /// @return fails with a transient [FailureException] if no answer can be had now
    CompletionStage<CoordinatorAnswer> describe(BatchId batch) {
        return services.batches()
                .<BatchStatus>ask(batch, BatchCommand.Describe::new)
                .thenApplyAsync(
                        status -> new CoordinatorAnswer(
                                status, services.journalProblem().get()),
                        services.blocking())
                .exceptionallyAsync(
                        problem -> {
                            throw failure(problem, "the coordinator of " + batch);
                        },
                        services.blocking());
    }

    /// Sends a control to a batch.
    ///
    /// @param by the name of the caller's token
    /// @return fails with a transient [FailureException] if it isn't known whether it was done; it may be
    ///     repeated
    public CompletionStage<ControlReply> control(BatchId batch, BatchControl control, String by) {
        return services.batches()
                .<ControlReply>ask(batch, replyTo -> BatchCommand.Control.of(control, by, replyTo))
                .exceptionallyAsync(
                        problem -> {
                            throw failure(problem, "the coordinator of " + batch);
                        },
                        services.blocking());
    }

    /// A failure that says what did not answer. Waits for the database.
    private FailureException failure(Throwable problem, String who) {
        Throwable cause = ProblemException.cause(problem);
        if (cause instanceof FailureException known) {
            return known;
        }
        LOG.warn("{} did not answer: {}", who, cause.toString());
        String journalProblem = services.journalProblem().get();
        return new FailureException(Failure.transientFailure(
                journalProblem != null ? journalProblem : who + " does not answer; its node may just have been lost"));
    }
}
