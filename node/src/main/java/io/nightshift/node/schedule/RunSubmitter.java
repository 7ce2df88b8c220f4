package io.nightshift.node.schedule;

import io.nightshift.coordinator.schedule.JobTexts;
import io.nightshift.coordinator.schedule.ScheduleServices.RunStarter;
import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.BatchQueries.RunOutcome;
import io.nightshift.node.gateway.RequestForwarder;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.wire.WireLimits;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// Submits the runs of applied jobs, through the same checks and limits as every other submission. Their
/// caller is [#CALLER]. Safe for several threads, none of which waits.
final class RunSubmitter implements RunStarter {

    /// The caller whose limits apply. The batch records the caller that applied the job.
    static final String CALLER = "schedule";

    private final RequestForwarder requests;
    private final BatchQueries batches;
    private final Executor blocking;

    /// @param blocking runs what may take a while
    RunSubmitter(RequestForwarder requests, BatchQueries batches, Executor blocking) {
        this.requests = requests;
        this.batches = batches;
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<StartResult> start(StartRequest request) {
        return CompletableFuture.supplyAsync(() -> job(request), blocking)
                .thenCompose(job -> submit(job, request))
                .exceptionally(RunSubmitter::problem);
    }

    private static Job job(StartRequest request) {
        Job job = JobTexts.job(request.text(), request.folder(), request.parameters());
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        return request.mode() == StartMode.LIVE ? job : job.withPriority(0);
    }

    private static StartResult problem(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        String message = String.valueOf(cause.getMessage());
        boolean isPermanent = cause instanceof JobFileException
                || (cause instanceof FailureException failure
                        && failure.failure().isPermanent());
        return isPermanent ? new StartResult.Refused(message) : new StartResult.NotNow(message);
    }

    private CompletionStage<StartResult> submit(Job job, StartRequest request) {
        if (request.mode() == StartMode.LIVE) {
            return requests.submit(CALLER, request.by(), job, false, request.key())
                    .thenApply(RunSubmitter::result);
        }
        return requests.find(job, request.key())
                .thenCompose(known -> known.<CompletionStage<StartResult>>map(
                                batch -> CompletableFuture.completedFuture(new StartResult.Started(batch, false)))
                        .orElseGet(() -> outcome(job).thenCompose(outcome -> backfill(job, request, outcome))));
    }

    private CompletionStage<Optional<RunOutcome>> outcome(Job job) {
        RunKey run = RunKey.of(job);
        return batches.outcomes(List.of(run)).thenApply(outcomes -> Optional.ofNullable(outcomes.get(run)));
    }

    private CompletionStage<StartResult> backfill(Job job, StartRequest request, Optional<RunOutcome> outcome) {
        boolean isPublished = outcome.filter(RunOutcome::isPublished).isPresent();
        if (isPublished && request.mode() == StartMode.BACKFILL) {
            return CompletableFuture.completedFuture(
                    new StartResult.Started(outcome.get().batch(), true));
        }
        boolean isOpen = outcome.isPresent() && !isPublished;
        boolean fresh = request.mode() == StartMode.BACKFILL_ALL && !isOpen;
        return requests.submit(CALLER, request.by(), job, fresh, request.key())
                .thenCompose(reply -> reply instanceof BatchRegisterCommand.Rejected rejected
                                && rejected.failure().isPermanent()
                                && hasFailed(outcome)
                        // The failed batch can't be resumed, for example because the job file has changed since.
                        ? requests.submit(CALLER, request.by(), job, true, request.key())
                        : CompletableFuture.completedFuture(reply))
                .thenApply(RunSubmitter::result);
    }

    private static boolean hasFailed(Optional<RunOutcome> outcome) {
        return outcome.filter(open -> open.description().state().equals("failed"))
                .isPresent();
    }

    private static StartResult result(BatchRegisterCommand.SubmitReply reply) {
        return switch (reply) {
            case BatchRegisterCommand.Accepted(BatchId batch, boolean resumed, boolean repeated) ->
                new StartResult.Started(batch, false);
            case BatchRegisterCommand.AlreadyPublished(BatchId batch) -> new StartResult.Started(batch, true);
            case BatchRegisterCommand.Rejected(Failure failure, BatchId _) ->
                failure.isPermanent()
                        ? new StartResult.Refused(failure.message())
                        : new StartResult.Away(failure.message(), isInput(failure));
            case BatchRegisterCommand.TooManyOpen(String reason) -> new StartResult.NotNow(reason);
            case BatchRegisterCommand.NotNow(String reason) -> new StartResult.Away(reason, false);
        };
    }

    private static boolean isInput(Failure failure) {
        return failure.resource() != null && failure.resource().type() == FailedResource.Type.INPUT;
    }
}
