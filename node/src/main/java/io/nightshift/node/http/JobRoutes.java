package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillRequest;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.JobQueries;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Routes of jobs: those that were submitted, and applied jobs with their runs and backfills.
final class JobRoutes {

    private static final String JOBS = "/v1/jobs";
    private static final String JOB = JOBS + "/{job}";
    private static final String BACKFILLS = JOB + "/backfills";
    private static final String BACKFILL = BACKFILLS + "/{backfill}";

    private static final int PAGE = 20;
    private static final int MOST_RUNS = 200;

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
                Endpoint.get(JOBS, Role.READ, Set.of(), call -> jobs.list().thenApply(list -> Answer.json(200, list))),
                Endpoint.get(
                        JOB, Role.READ, Set.of(), call -> jobs.show(job(call)).thenApply(JobRoutes::answer)),
                Endpoint.put(JOB, Role.SUBMIT, Set.of("folder"), ChangeRoutes.JOB_TYPES, this::apply),
                Endpoint.delete(
                        JOB,
                        Role.ADMIN,
                        call -> schedules.delete(call.caller(), job(call)).thenApply(JobRoutes::answer)),
                Endpoint.post(JOB + "/pause", Role.ADMIN, Set.of(), ChangeRoutes.JSON, this::pause),
                Endpoint.post(
                        JOB + "/resume",
                        Role.ADMIN,
                        Set.of(),
                        ChangeRoutes.JSON,
                        call -> schedules.resume(call.caller(), job(call)).thenApply(JobRoutes::answer)),
                Endpoint.post(JOB + "/trigger", Role.SUBMIT, Set.of("param"), ChangeRoutes.JSON, this::trigger),
                Endpoint.get(
                        JOB + "/runs",
                        Role.READ,
                        Set.of("from", "to", "missing", "failed", "limit", "cursor"),
                        this::runs),
                Endpoint.get(
                        BACKFILLS,
                        Role.READ,
                        Set.of(),
                        call -> schedules.backfills(job(call)).thenApply(list -> Answer.json(200, list))),
                Endpoint.post(BACKFILLS, Role.SUBMIT, Set.of("dry-run"), ChangeRoutes.JSON, this::backfill),
                Endpoint.get(
                        BACKFILL,
                        Role.READ,
                        Set.of(),
                        call -> schedules
                                .backfill(job(call), id(call))
                                .thenApply(backfill -> Answer.json(200, backfill)))));
        for (BackfillControl control : BackfillControl.values()) {
            endpoints.add(Endpoint.post(
                    BACKFILL + "/" + control.verb(),
                    Role.ADMIN,
                    Set.of(),
                    ChangeRoutes.JSON,
                    call -> schedules
                            .controlBackfill(call.caller(), job(call), id(call), control)
                            .thenApply(backfill -> Answer.json(200, backfill))));
        }
        return endpoints;
    }

    private static String job(Call call) {
        return call.segment("job");
    }

    private static String id(Call call) {
        return call.segment("backfill");
    }

    private static @Nullable String key(Call call) {
        return call.header("Idempotency-Key").map(String::strip).orElse(null);
    }

    private static Answer answer(AppliedJob job) {
        return Answer.json(200, job);
    }

    private CompletionStage<Answer> apply(Call call) {
        String folder = call.text("folder").orElse(null);
        return CompletableFuture.supplyAsync(() -> text(call.body()), blocking)
                .thenCompose(text -> jobs.apply(call.caller(), text, folder, job(call)))
                .thenApply(applied -> Answer.json(applied.created() ? 201 : 200, applied)
                        .with("Location", JOBS + "/" + applied.job().job()));
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

    private CompletionStage<Answer> pause(Call call) {
        String reason = ChangeRoutes.reason(ChangeRoutes.request(call.body()));
        return schedules.pause(call.caller(), job(call), reason).thenApply(JobRoutes::answer);
    }

    private CompletionStage<Answer> trigger(Call call) {
        return schedules
                .trigger(call.caller(), job(call), call.parameters(), key(call))
                .thenApply(run -> Answer.json(200, run));
    }

    private CompletionStage<Answer> runs(Call call) {
        int limit = (int) call.number("limit", PAGE, 1, MOST_RUNS);
        AppliedJobs.RunFilter filter = new AppliedJobs.RunFilter(
                call.time("from"), call.time("to"), call.flag("missing"), call.flag("failed"));
        return jobs.runs(job(call), filter, call.text("cursor").orElse(null), limit)
                .thenApply(page -> Answer.json(200, page));
    }

    private CompletionStage<Answer> backfill(Call call) {
        BackfillRequest request = request(call.body());
        return call.flag("dry-run")
                ? schedules.planBackfill(job(call), request).thenApply(plan -> Answer.json(200, plan))
                : schedules
                        .startBackfill(call.caller(), job(call), request, key(call))
                        .thenApply(JobRoutes::started);
    }

    private static Answer started(Backfill backfill) {
        return Answer.json(201, backfill)
                .with("Location", "%s/%s/backfills/%s".formatted(JOBS, backfill.job(), backfill.id()));
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
