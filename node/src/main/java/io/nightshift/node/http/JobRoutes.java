package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.operation.JobApi;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.JobQueries;
import io.nightshift.node.gateway.ProblemException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// Routes of jobs: those that were submitted, and applied jobs with their runs and backfills.
final class JobRoutes {

    private final JobQueries jobs;
    private final AppliedJobs schedules;
    private final Executor blocking;

    /// @param blocking runs what reads job files
    JobRoutes(JobQueries jobs, AppliedJobs schedules, Executor blocking) {
        this.jobs = jobs;
        this.schedules = schedules;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        List<Endpoint> endpoints = new ArrayList<>(List.of(
                Endpoint.of(JobApi.LIST_JOBS, call -> jobs.list()),
                Endpoint.of(JobApi.SHOW_JOB, call -> jobs.show(job(call))),
                new Endpoint(JobApi.APPLY_JOB, this::apply),
                Endpoint.of(JobApi.DELETE_JOB, call -> schedules.delete(call.caller(), job(call))),
                Endpoint.of(JobApi.PAUSE_JOB, this::pause),
                Endpoint.of(JobApi.RESUME_JOB, call -> schedules.resume(call.caller(), job(call))),
                Endpoint.of(
                        JobApi.TRIGGER_JOB,
                        call -> schedules.trigger(call.caller(), job(call), call.parameters(), call.key())),
                Endpoint.of(JobApi.LIST_RUNS, this::runs),
                Endpoint.of(JobApi.LIST_BACKFILLS, call -> schedules.backfills(job(call))),
                new Endpoint(JobApi.START_BACKFILL, this::backfill),
                Endpoint.of(JobApi.SHOW_BACKFILL, call -> schedules.backfill(job(call), id(call)))));
        for (BackfillControl control : BackfillControl.values()) {
            endpoints.add(Endpoint.of(
                    JobApi.of(control),
                    call -> schedules.controlBackfill(call.caller(), job(call), id(call), control)));
        }
        return endpoints;
    }

    private static String job(Call call) {
        return call.segment("job");
    }

    private static String id(Call call) {
        return call.segment("backfill");
    }

    private CompletionStage<Answer> apply(Call call) {
        String folder = call.text("folder").orElse(null);
        return CompletableFuture.supplyAsync(() -> text(call.body()), blocking)
                .thenCompose(text -> jobs.apply(call.caller(), text, folder, job(call)))
                .thenApply(applied -> Answer.json(applied.created() ? 201 : 200, applied)
                        .with("Location", JobApi.SHOW_JOB.path(applied.job().job())));
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ProblemException.badRequest("The job file is not a text in UTF-8.");
        }
    }

    private CompletionStage<AppliedJob> pause(Call call) {
        String reason =
                Objects.requireNonNullElse(ChangeRoutes.request(call.body()).reason(), "");
        return schedules.pause(call.caller(), job(call), reason);
    }

    private CompletionStage<JobRunPage> runs(Call call) {
        AppliedJobs.RunFilter filter = new AppliedJobs.RunFilter(
                call.time("from"), call.time("to"), call.flag("missing"), call.flag("failed"));
        return jobs.runs(job(call), filter, call.text("cursor").orElse(null), call.limit());
    }

    private CompletionStage<Answer> backfill(Call call) {
        BackfillRequest request = request(call.body());
        return call.flag("dry-run")
                ? schedules.planBackfill(job(call), request).thenApply(plan -> Answer.json(200, plan))
                : schedules
                        .startBackfill(call.caller(), job(call), request, call.key())
                        .thenApply(JobRoutes::started);
    }

    private static Answer started(Backfill backfill) {
        return Answer.json(201, backfill).with("Location", JobApi.SHOW_BACKFILL.path(backfill.job(), backfill.id()));
    }

    private static BackfillRequest request(byte[] body) {
        try {
            BackfillRequest request = ApiJson.read(new String(body, StandardCharsets.UTF_8), BackfillRequest.class);
            if (request.from() == null || request.to() == null) {
                throw ProblemException.badRequest("The body has no from or no to. Send both, as dates.");
            }
            return request.parallel() == 0
                    ? new BackfillRequest(request.from(), request.to(), 1, request.all(), request.parameter())
                    : request;
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object such as {\"from\": \"2026-11-01\", \"to\": \"2026-11-25\"}: %s"
                            .formatted(e.getMessage()));
        }
    }
}
