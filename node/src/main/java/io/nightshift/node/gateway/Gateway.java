package io.nightshift.node.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.api.operation.ClusterApi;
import io.nightshift.api.operation.JobApi;
import io.nightshift.api.operation.ModelApi;
import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Role;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.wire.WireLimits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/// Answers programs that send messages, on every node alike.
public final class Gateway {

    private static final GatewayAccess.Challenge CHALLENGE =
            new GatewayAccess.Challenge("Bearer", "Send each request in a message Authenticated.");

    private final GatewayAccess access;
    private final BatchQueries batches;
    private final BatchOperations changes;
    private final JobQueries jobs;
    private final AppliedJobs schedules;
    private final NodeQueries nodes;
    private final AlertQueries alerts;
    private final ModelOperations models;
    private final LongSupplier nanos;

    private Gateway(
            GatewayAccess access,
            BatchQueries batches,
            BatchOperations changes,
            AppliedJobs schedules,
            NodeQueries nodes,
            AlertQueries alerts,
            ModelOperations models,
            LongSupplier nanos) {
        this.access = access;
        this.batches = batches;
        this.changes = changes;
        this.jobs = new JobQueries(batches, schedules);
        this.schedules = schedules;
        this.nodes = nodes;
        this.alerts = alerts;
        this.models = models;
        this.nanos = nanos;
    }

    public static Behavior<GatewayCommand> create(
            GatewayAccess access,
            BatchQueries batches,
            BatchOperations changes,
            AppliedJobs schedules,
            NodeQueries nodes,
            AlertQueries alerts,
            ModelOperations models) {
        return create(access, batches, changes, schedules, nodes, alerts, models, System::nanoTime);
    }

    /// @param nanos a monotonic clock, by which callers stop waiting
    static Behavior<GatewayCommand> create(
            GatewayAccess access,
            BatchQueries batches,
            BatchOperations changes,
            AppliedJobs schedules,
            NodeQueries nodes,
            AlertQueries alerts,
            ModelOperations models,
            LongSupplier nanos) {
        Gateway gateway = new Gateway(access, batches, changes, schedules, nodes, alerts, models, nanos);
        return Behaviors.receiveMessage(command -> {
            switch (command) {
                case GatewayCommand.Authenticated(String token, GatewayCommand.Request request) ->
                    gateway.receive(token, request);
                case GatewayCommand.Request request -> gateway.receive(null, request);
            }
            return Behaviors.same();
        });
    }

    private void receive(@Nullable String token, GatewayCommand.Request request) {
        switch (request) {
            case GatewayCommand.Submit(
                    String job,
                    boolean fresh,
                    String key,
                    ActorRef<GatewayReply<SubmitResult>> replyTo,
                    Map<String, String> parameters,
                    boolean full,
                    Duration timeout) ->
                answer(replyTo, () -> {
                    Caller caller = admit(token, BatchApi.SUBMIT, replyTo);
                    return changes.submit(caller, sent(job, parameters), fresh, full, key, isOver(timeout));
                });
            case GatewayCommand.CompareSchema(
                    String job,
                    Map<String, String> parameters,
                    ActorRef<GatewayReply<SchemaReport>> replyTo) ->
                answer(
                        replyTo,
                        () -> changes.compareSchema(
                                admit(token, BatchApi.COMPARE_SCHEMA, replyTo), sent(job, parameters)));
            case GatewayCommand.Describe(String batch, ActorRef<GatewayReply<BatchDescription>> replyTo, Instant at) ->
                answer(replyTo, () -> {
                    boolean mayReadValues =
                            admit(token, BatchApi.DESCRIBE, replyTo).role().covers(Role.SUBMIT);
                    return (at == null ? batches.describe(batch) : batches.describe(batch, at))
                            .thenApply(seen -> mayReadValues ? seen : seen.withoutValues());
                });
            case GatewayCommand.Watch(
                    String batch,
                    BatchDescription seen,
                    ActorRef<GatewayReply<BatchDescription>> replyTo) ->
                read(token, BatchApi.WATCH, replyTo, () -> batches.awaitChange(batch, seen));
            case GatewayCommand.List(
                    String job,
                    String state,
                    int limit,
                    String cursor,
                    ActorRef<GatewayReply<BatchPage>> replyTo) ->
                read(token, BatchApi.LIST_BATCHES, replyTo, () -> {
                    BatchQueries.Filter filter =
                            new BatchQueries.Filter(Optional.ofNullable(job), Optional.ofNullable(state));
                    return batches.page(filter, Optional.ofNullable(cursor), limit)
                            .thenApply(Gateway::fitting);
                });
            case GatewayCommand.ListJobs(ActorRef<GatewayReply<JobList>> replyTo) ->
                read(token, JobApi.LIST_JOBS, replyTo, jobs::list);
            case GatewayCommand.ListNodes(ActorRef<GatewayReply<NodeList>> replyTo) ->
                read(token, ClusterApi.LIST_NODES, replyTo, nodes::list);
            case GatewayCommand.DescribeNode(ActorRef<GatewayReply<NodeList.NodeDescription>> replyTo) ->
                describeNode(token, replyTo);
            case GatewayCommand.ListAlerts(
                    boolean onlyOpen,
                    int limit,
                    String cursor,
                    ActorRef<GatewayReply<AlertPage>> replyTo) ->
                read(
                        token,
                        ClusterApi.LIST_ALERTS,
                        replyTo,
                        () -> alerts.page(onlyOpen, cursor, limit).thenApply(Gateway::fitting));
            case GatewayCommand.ReportVerification(
                    String batch,
                    boolean holds,
                    String summary,
                    ActorRef<GatewayReply<VerificationResult>> replyTo) ->
                answer(
                        replyTo,
                        () -> alerts.verified(
                                admit(token, ClusterApi.REPORT_VERIFICATION, replyTo),
                                batch,
                                new VerificationReport(holds, summary)));
            case GatewayCommand.TestAlertChannel(String channel, ActorRef<GatewayReply<AlertTestResult>> replyTo) ->
                answer(replyTo, () -> alerts.test(admit(token, ClusterApi.TEST_ALERT_CHANNEL, replyTo), channel));
            case GatewayCommand.ReadEvents(
                    String batch,
                    long after,
                    int limit,
                    ActorRef<GatewayReply<EventPage>> replyTo) ->
                read(
                        token,
                        BatchApi.LIST_EVENTS,
                        replyTo,
                        () -> batches.events(batch, after, limit).thenApply(Gateway::fitting));
            case GatewayCommand.ListPartitions(
                    String batch,
                    String state,
                    int limit,
                    String cursor,
                    ActorRef<GatewayReply<PartitionPage>> replyTo) ->
                read(
                        token,
                        BatchApi.LIST_PARTITIONS,
                        replyTo,
                        () -> batches.partitions(batch, state, cursor, limit).thenApply(Gateway::fitting));
            case GatewayCommand.ReadDrift(String batch, String against, ActorRef<GatewayReply<DriftReport>> replyTo) ->
                read(token, BatchApi.READ_DRIFT, replyTo, () -> batches.drift(batch, against));
            case GatewayCommand.Control(
                    String batch,
                    BatchControl control,
                    ActorRef<GatewayReply<ControlResult>> replyTo) ->
                answer(replyTo, () -> changes.control(admit(token, BatchApi.of(control), replyTo), batch, control));
            case GatewayCommand.RescoreBatch(
                    String batch,
                    RescoreRequest wanted,
                    String key,
                    ActorRef<GatewayReply<SubmitResult>> replyTo,
                    Duration timeout) ->
                change(
                        token,
                        BatchApi.RESCORE_WITH_MODEL,
                        replyTo,
                        caller -> changes.rescore(caller, batch, wanted, key, isOver(timeout)));
            case GatewayCommand.ApplyRetention(
                    String job,
                    boolean dryRun,
                    ActorRef<GatewayReply<RetentionReport>> replyTo) ->
                answer(
                        replyTo,
                        () -> dryRun
                                ? planRetention(token, job, replyTo)
                                : changes.applyRetention(admit(token, ClusterApi.APPLY_RETENTION, replyTo), job)
                                        .thenApply(Gateway::fitting));
            case GatewayCommand.PromoteModel(
                    String model,
                    PromoteRequest wanted,
                    ActorRef<GatewayReply<AliasChange>> replyTo) ->
                change(token, ModelApi.PROMOTE_MODEL, replyTo, caller -> models.promote(caller, model, wanted));
            case GatewayCommand.RollBackModel(
                    String model,
                    RollbackRequest wanted,
                    ActorRef<GatewayReply<RollbackResult>> replyTo) ->
                change(
                        token,
                        ModelApi.ROLL_BACK_MODEL,
                        replyTo,
                        caller -> models.rollBack(caller, model, wanted).thenApply(Gateway::fitting));
            case GatewayCommand.ReadModelHistory(String model, ActorRef<GatewayReply<ModelHistory>> replyTo) ->
                read(
                        token,
                        ModelApi.MODEL_HISTORY,
                        replyTo,
                        () -> models.history(model).thenApply(Gateway::fitting));
            case GatewayCommand.ApplyJob(
                    String job,
                    String text,
                    String folder,
                    ActorRef<GatewayReply<ApplyResult>> replyTo) ->
                change(token, JobApi.APPLY_JOB, replyTo, caller -> jobs.apply(caller, text, folder, job));
            case GatewayCommand.DescribeJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) ->
                read(token, JobApi.SHOW_JOB, replyTo, () -> jobs.show(job));
            case GatewayCommand.PauseJob(String job, String reason, ActorRef<GatewayReply<AppliedJob>> replyTo) ->
                change(token, JobApi.PAUSE_JOB, replyTo, caller -> schedules.pause(caller, job, reason));
            case GatewayCommand.ResumeJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) ->
                change(token, JobApi.RESUME_JOB, replyTo, caller -> schedules.resume(caller, job));
            case GatewayCommand.DeleteJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) ->
                change(token, JobApi.DELETE_JOB, replyTo, caller -> schedules.delete(caller, job));
            case GatewayCommand.TriggerJob(
                    String job,
                    Map<String, String> parameters,
                    String key,
                    ActorRef<GatewayReply<JobRun>> replyTo) ->
                change(token, JobApi.TRIGGER_JOB, replyTo, caller -> schedules.trigger(caller, job, parameters, key));
            case GatewayCommand.ListRuns runs -> read(token, JobApi.LIST_RUNS, runs.replyTo(), () -> runs(runs));
            case GatewayCommand.StartBackfill(
                    String job,
                    BackfillRequest wanted,
                    String key,
                    ActorRef<GatewayReply<Backfill>> replyTo) ->
                change(
                        token,
                        JobApi.START_BACKFILL,
                        replyTo,
                        caller -> schedules.startBackfill(caller, job, wanted, key));
            case GatewayCommand.PlanBackfill(
                    String job,
                    BackfillRequest wanted,
                    ActorRef<GatewayReply<BackfillPlan>> replyTo) ->
                // Starts nothing, so the role for reading is enough.
                read(token, JobApi.LIST_BACKFILLS, replyTo, () -> schedules.planBackfill(job, wanted));
            case GatewayCommand.ListBackfills(String job, ActorRef<GatewayReply<BackfillList>> replyTo) ->
                read(token, JobApi.LIST_BACKFILLS, replyTo, () -> schedules.backfills(job));
            case GatewayCommand.DescribeBackfill(String job, String id, ActorRef<GatewayReply<Backfill>> replyTo) ->
                read(token, JobApi.SHOW_BACKFILL, replyTo, () -> schedules.backfill(job, id));
            case GatewayCommand.ControlBackfill(
                    String job,
                    String id,
                    BackfillControl control,
                    ActorRef<GatewayReply<Backfill>> replyTo) ->
                change(
                        token,
                        JobApi.of(control),
                        replyTo,
                        caller -> schedules.controlBackfill(caller, job, id, control));
        }
    }

    /// Whether the caller of a request that arrives now has stopped waiting for the reply.
    ///
    /// @param timeout after which it no longer waits; null if it has no limit
    private BooleanSupplier isOver(@Nullable Duration timeout) {
        if (timeout == null) {
            return () -> false;
        }
        long received = nanos.getAsLong();
        return () -> nanos.getAsLong() - received >= timeout.toNanos();
    }

    private CompletionStage<RetentionReport> planRetention(
            @Nullable String token, @Nullable String job, ActorRef<GatewayReply<RetentionReport>> replyTo) {
        admit(token, ClusterApi.PLAN_RETENTION, replyTo);
        return changes.planRetention(job).thenApply(Gateway::fitting);
    }

    private CompletionStage<JobRunPage> runs(GatewayCommand.ListRuns runs) {
        AppliedJobs.RunFilter filter = new AppliedJobs.RunFilter(runs.from(), runs.to(), runs.missing(), runs.failed());
        return jobs.runs(runs.job(), filter, runs.cursor(), runs.limit());
    }

    private <T extends Record> void change(
            @Nullable String token,
            Operation<T> operation,
            ActorRef<GatewayReply<T>> replyTo,
            Function<Caller, CompletionStage<T>> change) {
        answer(replyTo, () -> change.apply(admit(token, operation, replyTo)));
    }

    private static BatchOperations.SentJob sent(String text, Map<String, String> parameters) {
        return new BatchOperations.SentJob(text.getBytes(StandardCharsets.UTF_8), parameters);
    }

    /// @throws ProblemException if the caller may not do it
    private Caller admit(@Nullable String token, Operation<?> operation, ActorRef<?> replyTo) {
        Role role = Objects.requireNonNull(operation.role());
        String change = operation.changes() ? operation.action() : null;
        Address address = replyTo.path().address();
        String from = address.getHost()
                .map(host -> host + ":" + address.getPort().orElse(0))
                .orElse("this node");
        return access.admit(token, new GatewayAccess.Request(role, from, change, CHALLENGE));
    }

    private <T extends Record> void read(
            @Nullable String token,
            Operation<?> operation,
            ActorRef<GatewayReply<T>> replyTo,
            Supplier<CompletionStage<T>> question) {
        answer(replyTo, () -> {
            admit(token, operation, replyTo);
            return question.get();
        });
    }

    /// The other nodes have no token.
    private void describeNode(@Nullable String token, ActorRef<GatewayReply<NodeList.NodeDescription>> replyTo) {
        if (nodes.isNode(replyTo.path().address())) {
            answer(replyTo, () -> CompletableFuture.completedFuture(nodes.self()));
        } else {
            read(token, ClusterApi.LIST_NODES, replyTo, () -> CompletableFuture.completedFuture(nodes.self()));
        }
    }

    private static <T extends Record> void answer(
            ActorRef<GatewayReply<T>> replyTo, Supplier<CompletionStage<T>> question) {
        CompletionStage<T> answer;
        try {
            answer = question.get();
        } catch (ProblemException e) {
            replyTo.tell(new GatewayReply.Declined<>(e.problem()));
            return;
        }
        answer.whenComplete((value, problem) -> replyTo.tell(
                problem == null
                        ? checked(value)
                        : new GatewayReply.Declined<>(
                                ProblemException.of(problem).problem())));
    }

    private static <T extends Record> GatewayReply<T> checked(T value) {
        return WireLimits.fits(value)
                ? new GatewayReply.Succeeded<>(value)
                : new GatewayReply.Declined<>(
                        ProblemException.tooLarge("The answer is too large for a message; ask by HTTP.")
                                .problem());
    }

    private static BatchPage fitting(BatchPage page) {
        BatchPage fitting = page;
        while (!WireLimits.fits(fitting) && fitting.batches().size() > 1) {
            List<BatchDescription> half =
                    fitting.batches().subList(0, fitting.batches().size() / 2);
            fitting = new BatchPage(half, half.getLast().batch());
        }
        return fitting;
    }

    private static PartitionPage fitting(PartitionPage page) {
        PartitionPage fitting = page;
        while (!WireLimits.fits(fitting) && fitting.partitions().size() > 1) {
            List<PartitionPage.PartitionDescription> half =
                    fitting.partitions().subList(0, fitting.partitions().size() / 2);
            fitting = new PartitionPage(
                    page.batch(), half, String.valueOf(half.getLast().partition() + 1));
        }
        return fitting;
    }

    private static RetentionReport fitting(RetentionReport report) {
        RetentionReport fitting = report;
        while (!WireLimits.fits(fitting) && fitting.batches().size() > 1) {
            fitting = new RetentionReport(
                    fitting.batches().subList(0, fitting.batches().size() / 2), true);
        }
        return fitting;
    }

    private static RollbackResult fitting(RollbackResult result) {
        RollbackResult fitting = result;
        while (!WireLimits.fits(fitting) && fitting.batches().size() > 1) {
            fitting = new RollbackResult(
                    fitting.change(),
                    fitting.batches().subList(0, fitting.batches().size() / 2),
                    true,
                    fitting.problem());
        }
        return fitting;
    }

    private static ModelHistory fitting(ModelHistory history) {
        ModelHistory fitting = history;
        while (!WireLimits.fits(fitting) && fitting.moves().size() > 1) {
            fitting = new ModelHistory(
                    fitting.model(),
                    fitting.aliases(),
                    fitting.moves().subList(0, fitting.moves().size() / 2));
        }
        return fitting;
    }

    private static AlertPage fitting(AlertPage page) {
        AlertPage fitting = page;
        while (!WireLimits.fits(fitting) && fitting.alerts().size() > 1) {
            List<AlertDescription> half =
                    fitting.alerts().subList(0, fitting.alerts().size() / 2);
            fitting = new AlertPage(half, String.valueOf(half.getLast().number()));
        }
        return fitting;
    }

    private static EventPage fitting(EventPage page) {
        EventPage fitting = page;
        while (!WireLimits.fits(fitting) && fitting.events().size() > 1) {
            List<JsonNode> half = fitting.events().subList(0, fitting.events().size() / 2);
            fitting = new EventPage(
                    page.batch(), half, half.getLast().get("number").asLong());
        }
        return WireLimits.fits(fitting)
                ? fitting
                : new EventPage(page.batch(), List.of(abridged(fitting.events().getFirst())), fitting.next());
    }

    private static JsonNode abridged(JsonNode entry) {
        ObjectNode abridged = ((ObjectNode) entry).deepCopy().retain("number", "hash", "event", "at");
        return abridged.put("omitted_bytes", ApiJson.write(entry).length());
    }
}
