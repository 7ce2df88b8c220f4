package io.nightshift.node.gateway;

import io.nightshift.api.BatchControl;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SchemaReport;
import io.nightshift.node.submission.SubmissionResolver;
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
import java.util.function.BooleanSupplier;
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
    /// @param by the name of the token that is recorded in the batch
    public CompletionStage<SubmitReply> submit(String caller, String by, Job job, boolean fresh, @Nullable String key) {
        return submit(caller, by, job, fresh, key, () -> false);
    }

    /// As [#submit(String, String, Job, boolean, String)], for a caller that may stop waiting.
    ///
    /// @param isAbandoned whether nobody waits for the answer any more. Then no batch is opened. Called after the
    ///     inspection, on any thread
    CompletionStage<SubmitReply> submit(
            String caller, String by, Job job, boolean fresh, @Nullable String key, BooleanSupplier isAbandoned) {
        Request request = new Request(caller, job.name(), fresh, key, isAbandoned);
        Supplier<Submission> inspection =
                () -> services.submissions().resolve(job, fresh).by(by);
        CompletionStage<SubmitReply> reply = key == null
                ? resolved(request, inspection)
                : findByKey(job, key)
                        .thenCompose(found -> found instanceof BatchRegisterCommand.Found(BatchId batch)
                                ? CompletableFuture.completedFuture(
                                        new BatchRegisterCommand.Accepted(batch, false, true))
                                : resolved(request, inspection));
        return rejected(reply);
    }

    /// Opens a batch that scores partitions of a published batch again, or finds the one that does so already.
    ///
    /// @param caller the name of the caller's token
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @param isAbandoned as in [#submit]
    /// @return as [#submit]
    /// @throws ProblemException as [#submit]
    CompletionStage<SubmitReply> rescore(
            String caller, BatchId batch, RescoreRequest request, @Nullable String key, BooleanSupplier isAbandoned) {
        return rejected(resolved(
                new Request(caller, batch.value(), false, key, isAbandoned),
                () -> services.rescores().resolve(batch, request).by(caller)));
    }

    /// Compares the columns that a job writes with those of its newest published batch.
    ///
    /// @param caller the name of the caller's token
    /// @return fails with a [FailureException]; it is permanent if the job can't run
    /// @throws ProblemException if too many submissions wait already
    public CompletionStage<SchemaReport> compareSchema(String caller, Job job) {
        return services.queue()
                .inspect(caller, job.name(), () -> services.schemas().compare(job));
    }

    /// The reason why a job can't run until somebody changes it; empty if it can run, or if only its input,
    /// destination or registry is missing.
    ///
    /// @return fails if that can't be known now
    public CompletionStage<Optional<String>> refusal(String caller, Job job) {
        return services.queue().inspect(caller, job.name(), () -> {
            try {
                services.schemas().compare(job);
                return Optional.<String>empty();
            } catch (FailureException e) {
                return Optional.of(e.failure()).filter(Failure::isPermanent).map(Failure::message);
            }
        });
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

    /// A submission.
    ///
    /// @param of the job, or the batch whose partitions are scored again
    private record Request(
            String caller,
            String of,
            boolean fresh,
            @Nullable String key,
            BooleanSupplier isAbandoned) {}

    private CompletionStage<SubmitReply> resolved(Request request, Supplier<Submission> inspection) {
        return services.queue()
                .inspect(request.caller(), request.of(), () -> Inspected.of(inspection))
                .exceptionally(Inspected::notInspected)
                .<SubmitReply>thenCompose(inspected -> switch (inspected) {
                    case Inspected.Resolved(Submission submission)
                    when request.isAbandoned().getAsBoolean() ->
                        CompletableFuture.completedFuture(
                                new BatchRegisterCommand.NotNow("the caller no longer waits for the answer"));
                    case Inspected.Resolved(Submission submission) ->
                        open(request.caller(), submission, request.fresh(), request.key())
                                .thenCompose(reply -> named(reply, submission));
                    case Inspected.Failed(SubmitReply reply) -> CompletableFuture.completedFuture(reply);
                })
                .thenApply(reply -> {
                    if (reply instanceof BatchRegisterCommand.TooManyOpen) {
                        services.queue().countRefusal();
                    }
                    return reply;
                });
    }

    /// The result of the inspection of a submission.
    private sealed interface Inspected {

        record Resolved(Submission submission) implements Inspected {}

        record Failed(SubmitReply reply) implements Inspected {}

        /// The queue has stopped waiting for the inspection.
        static Inspected notInspected(Throwable problem) {
            if (ProblemException.cause(problem) instanceof FailureException e
                    && !e.failure().isPermanent()) {
                return new Failed(new BatchRegisterCommand.NotNow(e.failure().message()));
            }
            throw problem instanceof RuntimeException unknown ? unknown : new IllegalStateException(problem);
        }

        /// Blocks on disks and databases.
        static Inspected of(Supplier<Submission> inspection) {
            try {
                return new Resolved(inspection.get());
            } catch (FailureException e) {
                Failure failure = e.failure();
                if (failure.isPermanent()) {
                    return new Failed(new BatchRegisterCommand.Rejected(failure.message()));
                }
                return new Failed(
                        SubmissionResolver.isAway(failure)
                                ? new BatchRegisterCommand.Rejected(failure, null)
                                : new BatchRegisterCommand.NotNow(failure.message()));
            }
        }
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
