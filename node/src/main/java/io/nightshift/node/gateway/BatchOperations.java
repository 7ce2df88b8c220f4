package io.nightshift.node.gateway;

import io.nightshift.api.BatchControl;
import io.nightshift.api.ControlResult;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.wire.WireLimits;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Submissions and controls, however they arrive. Each is logged in the audit log, and may be repeated.
/// Stages fail with a [ProblemException]. Safe for several threads, none of which waits.
public final class BatchOperations {

    private static final String KEY = "[!-~]{1,255}";

    private static final int MOST_PARTITIONS = 10_000;

    private static final int LONGEST_REASON = 1_000;

    /// When a caller with too many open batches should submit again.
    private static final int OPEN_SECONDS = 30;

    private final RequestForwarder requests;
    private final BatchQueries batches;
    private final BatchRetention retention;
    private final Executor blocking;

    /// @param blocking a pool of threads that wait for the database
    public BatchOperations(
            RequestForwarder requests, BatchQueries batches, BatchRetention retention, Executor blocking) {
        this.requests = requests;
        this.batches = batches;
        this.retention = retention;
        this.blocking = blocking;
    }

    /// A job as a caller sends it.
    ///
    /// @param text the job file, in UTF-8
    /// @param parameters values of the job's parameters by name
    public record SentJob(byte[] text, Map<String, String> parameters) {

        /// @throws ProblemException if the job file has mistakes, or the job is too large
        private Job parse() {
            Job job;
            try {
                job = JobFile.parse(text, parameters);
            } catch (JobFileException e) {
                throw ProblemException.jobFile(e);
            }
            WireLimits.refusal(job).ifPresent(reason -> {
                throw ProblemException.rejected(reason);
            });
            return job;
        }
    }

    /// Opens a batch of a job, or finds the open one to resume.
    ///
    /// @param fresh whether a new batch is wanted in any case
    /// @param full whether a new batch of all rows is wanted
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @param isAbandoned whether nobody waits for the answer any more; then no batch is opened. Called on any
    ///     thread
    /// @throws ProblemException if the key or the job is invalid, or the caller's role does not allow the job
    public CompletionStage<SubmitResult> submit(
            Caller caller,
            SentJob sent,
            boolean fresh,
            boolean full,
            @Nullable String key,
            BooleanSupplier isAbandoned) {
        Job job;
        try {
            checkKey(key);
            Job parsed = sent.parse();
            job = full ? full(parsed) : parsed;
        } catch (ProblemException e) {
            AuditLog.refused(caller, "submit", null, e);
            throw e;
        }
        JobPermissions.check(caller, "submit", job.name(), job.effects());
        return submitted(
                caller,
                "submit",
                job.name(),
                Stream.of(key == null ? "" : "key " + key, JobPermissions.text(job.effects()))
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining(", ")),
                requests.submit(caller.name(), caller.name(), job, fresh || full, key, isAbandoned));
    }

    private static Job full(Job job) {
        try {
            return job.full();
        } catch (FailureException e) {
            throw ProblemException.rejected(e.failure().message());
        }
    }

    /// Compares the columns that a job writes with those of its newest published batch. Changes nothing.
    ///
    /// @throws ProblemException if the job is invalid, or too many submissions wait already
    public CompletionStage<SchemaReport> compareSchema(Caller caller, SentJob sent) {
        Job job = sent.parse();
        return requests.compareSchema(caller.name(), job).exceptionally(problem -> {
            throw ProblemException.cause(problem) instanceof FailureException failure
                            && (failure.failure().isPermanent() || SubmissionResolver.isAway(failure.failure()))
                    ? ProblemException.rejected(failure.failure().message())
                    : ProblemException.of(problem);
        });
    }

    /// Opens a batch that scores partitions of a published batch again with another model, or finds the one that
    /// does so already.
    ///
    /// @param batch a batch ID, the beginning of one, or `latest`
    /// @param key as in [BatchRegisterCommand.Submit]
    /// @param isAbandoned whether nobody waits for the answer any more; called on any thread
    /// @throws ProblemException if the key or the request is invalid
    public CompletionStage<SubmitResult> rescore(
            Caller caller, String batch, RescoreRequest request, @Nullable String key, BooleanSupplier isAbandoned) {
        checkKey(key);
        if (request.model() == null || request.model().isBlank()) {
            throw ProblemException.badRequest(
                    "The request names no model. Send one, such as {\"model\": \"churn@3\"}.");
        }
        if (request.partitions().size() > MOST_PARTITIONS) {
            throw ProblemException.badRequest(
                    "The list of partitions is too long. Name at most %,d partitions.".formatted(MOST_PARTITIONS));
        }
        if (!request.partitions().isEmpty() && request.whereModel() != null) {
            throw ProblemException.badRequest(
                    "The request has both partitions and where_model. Send one of them, or none to score all again.");
        }
        return batches.find(batch)
                .thenCompose(entry -> submitted(
                        caller,
                        "rescore",
                        entry.batch().value(),
                        key == null ? "" : "key " + key,
                        requests.rescore(caller.name(), entry.batch(), request, key, isAbandoned)));
    }

    private static void checkKey(@Nullable String key) {
        if (key != null && !key.matches(KEY)) {
            throw ProblemException.badRequest(
                    "The Idempotency-Key is invalid. Send 1 to 255 printable ASCII characters without spaces.");
        }
    }

    /// The result of a submission.
    ///
    /// @param subject what the audit log names if there is no batch
    /// @param detail for the audit log
    private static CompletionStage<SubmitResult> submitted(
            Caller caller,
            String action,
            String subject,
            String detail,
            CompletionStage<BatchRegisterCommand.SubmitReply> submission) {
        return submission
                .thenApply(reply -> switch (reply) {
                    case BatchRegisterCommand.Accepted(BatchId batch, boolean resumed, boolean repeated) -> {
                        AuditLog.log(caller, action, batch.value(), "done", detail);
                        yield new SubmitResult(batch.value(), resumed, false, repeated);
                    }
                    case BatchRegisterCommand.AlreadyPublished(BatchId batch) -> {
                        AuditLog.log(caller, action, batch.value(), "done", "published before");
                        yield new SubmitResult(batch.value(), false, true, false);
                    }
                    case BatchRegisterCommand.Rejected(Failure failure, BatchId _) -> {
                        AuditLog.log(caller, action, subject, "refused", failure.message());
                        throw ProblemException.rejected(failure.message());
                    }
                    case BatchRegisterCommand.TooManyOpen(String reason) -> {
                        AuditLog.log(caller, action, subject, "refused", reason);
                        throw ProblemException.tooMany(reason, OPEN_SECONDS);
                    }
                    case BatchRegisterCommand.NotNow(String reason) -> {
                        AuditLog.log(caller, action, subject, "failed", reason);
                        throw ProblemException.unavailable("Nothing was started: " + reason);
                    }
                })
                .exceptionally(problem -> {
                    throw failed(caller, action, subject, problem);
                });
    }

    /// Applies a control to a batch.
    ///
    /// @param batch a batch ID, the beginning of one, or `latest`
    /// @throws ProblemException if the control is invalid
    public CompletionStage<ControlResult> control(Caller caller, String batch, BatchControl control) {
        check(control);
        return batches.find(batch).thenCompose(entry -> switch (control) {
            case BatchControl.Delete delete -> delete(caller, entry, delete);
            default -> control(caller, entry.batch(), control);
        });
    }

    private CompletionStage<ControlResult> delete(
            Caller caller, BatchRegisterState.Entry entry, BatchControl.Delete delete) {
        BatchId batch = entry.batch();
        return CompletableFuture.supplyAsync(
                        () -> delete.force() ? Optional.<String>empty() : retention.promise(batch), blocking)
                .exceptionally(problem -> {
                    throw failed(caller, delete.verb(), batch.value(), problem);
                })
                .thenCompose(promise -> {
                    if (promise.isPresent()) {
                        AuditLog.log(caller, delete.verb(), batch.value(), "refused", promise.get());
                        throw ProblemException.refused(
                                batch.value(),
                                "Batch %s can't be deleted: %s. Force the deletion if that is intended."
                                        .formatted(batch, promise.get()));
                    }
                    if (!delete.dryRun()) {
                        return control(caller, batch, delete);
                    }
                    if (!entry.isPublished()) {
                        throw ProblemException.refused(
                                batch.value(), "Batch %s can't be deleted: it is not published.".formatted(batch));
                    }
                    return CompletableFuture.completedFuture(
                            new ControlResult(batch.value(), Phase.PUBLISHED.toString()));
                });
    }

    /// Finds the published batches that the retention of their jobs removes. Removes none.
    ///
    /// @param job the name of a job, or null for all jobs
    public CompletionStage<RetentionReport> planRetention(@Nullable String job) {
        return retention(() -> retention.report(job));
    }

    /// Removes the published batches that their jobs no longer keep.
    ///
    /// @param job the name of a job, or null for all jobs
    public CompletionStage<RetentionReport> applyRetention(Caller caller, @Nullable String job) {
        String subject = job == null ? "all jobs" : job;
        return retention(() -> retention.apply(job)).whenComplete((report, problem) -> {
            if (problem == null) {
                AuditLog.log(
                        caller,
                        "apply-retention",
                        subject,
                        "done",
                        report.batches().size() + " batches");
            } else {
                AuditLog.log(caller, "apply-retention", subject, "failed", String.valueOf(problem.getMessage()));
            }
        });
    }

    private CompletionStage<RetentionReport> retention(Supplier<RetentionReport> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.get();
                    } catch (FailureException e) {
                        throw e.failure().isPermanent()
                                ? ProblemException.notFound("job", e.failure().message())
                                : ProblemException.of(e);
                    }
                },
                blocking);
    }

    private CompletionStage<ControlResult> control(Caller caller, BatchId batch, BatchControl control) {
        return requests.control(batch, control, caller.name())
                .whenComplete((reply, problem) -> batches.invalidate(batch))
                .thenApply(reply -> switch (reply) {
                    case ControlReply.Done(BatchId of, Phase phase) -> {
                        AuditLog.log(caller, control.verb(), of.value(), "done", detail(control));
                        yield new ControlResult(of.value(), phase.toString());
                    }
                    case ControlReply.Refused(BatchId of, String reason) -> {
                        AuditLog.log(caller, control.verb(), of.value(), "refused", reason);
                        throw ProblemException.refused(
                                of.value(), "Batch %s can't be %s: %s.".formatted(of, participle(control), reason));
                    }
                })
                .exceptionally(problem -> {
                    throw failed(caller, control.verb(), batch.value(), problem);
                });
    }

    private static String participle(BatchControl control) {
        return switch (control) {
            case BatchControl.Pause pause -> "paused";
            case BatchControl.Resume resume -> "resumed";
            case BatchControl.Cancel cancel -> "cancelled";
            case BatchControl.Retry retry -> "retried";
            case BatchControl.Rescore rescore -> "rescored";
            case BatchControl.IgnoreWindow ignore -> "scored outside its window";
            case BatchControl.Approve approve -> "approved";
            case BatchControl.Delete delete -> "deleted";
            case BatchControl.Redrive redrive -> "redriven";
        };
    }

    private static void check(BatchControl control) {
        switch (control) {
            case BatchControl.Pause(String reason) -> checkReason(reason);
            case BatchControl.Cancel(String reason) -> checkReason(reason);
            case BatchControl.Rescore(List<Integer> partitions) -> {
                if (partitions.isEmpty() || partitions.size() > MOST_PARTITIONS) {
                    throw ProblemException.badRequest(
                            "The list of partitions is empty or too long. Name 1 to %,d partitions, such as {\"partitions\": [0, 7]}."
                                    .formatted(MOST_PARTITIONS));
                }
            }
            case BatchControl.Resume() -> {}
            case BatchControl.Retry() -> {}
            case BatchControl.IgnoreWindow() -> {}
            case BatchControl.Approve(String reason) -> checkReason(reason);
            case BatchControl.Delete delete -> checkReason(delete.reason());
            case BatchControl.Redrive redrive -> {
                checkReason(redrive.reason());
                checkJob(redrive.job());
            }
        }
    }

    private static void checkJob(@Nullable String job) {
        if (job == null) {
            return;
        }
        try {
            WireLimits.refusal(JobFile.parse(job.getBytes(StandardCharsets.UTF_8)))
                    .ifPresent(reason -> {
                        throw ProblemException.rejected(reason);
                    });
        } catch (FailureException e) {
            throw ProblemException.rejected(e.failure().message());
        }
    }

    private static void checkReason(String reason) {
        if (reason.length() > LONGEST_REASON) {
            throw ProblemException.badRequest(
                    "The reason is too long. Send at most %,d characters.".formatted(LONGEST_REASON));
        }
    }

    private static String detail(BatchControl control) {
        return switch (control) {
            case BatchControl.Pause(String reason) -> reason;
            case BatchControl.Cancel(String reason) -> reason;
            case BatchControl.Rescore(List<Integer> partitions) -> "%d partitions".formatted(partitions.size());
            case BatchControl.Resume() -> "";
            case BatchControl.Retry() -> "";
            case BatchControl.IgnoreWindow() -> "";
            case BatchControl.Approve(String reason) -> reason;
            case BatchControl.Redrive redrive -> redrive.reason();
            case BatchControl.Delete delete -> (delete.force() ? "forced " : "") + delete.reason();
        };
    }

    private static ProblemException failed(Caller caller, String action, String subject, Throwable thrown) {
        if (ProblemException.cause(thrown) instanceof ProblemException known) {
            return known;
        }
        ProblemException problem = ProblemException.of(thrown);
        AuditLog.log(caller, action, subject, "failed", String.valueOf(problem.getMessage()));
        return problem;
    }
}
