package io.nightshift.protocol.wire;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.AliasMove;
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
import io.nightshift.api.BatchDescriptionBuilder;
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
import io.nightshift.api.Problem;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationResult;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.StepReply;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.GoldenJobs;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.wire.WireTypes.WireType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The messages in the golden files under `src/test/resources/golden/wire`. A file is never changed once it
/// is released: when a record has grown, a new example with the new component joins the old one.
/// [io.nightshift.protocol.WriteGoldenFiles] writes the files.
///
/// One example of a message has all of a job, `open`, of a status, or of a description. The others have as little
/// as their own test needs, so that a new component changes few files.
public final class GoldenMessages {

    private static final Failure AWAY = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");
    private static final Instant AT = Instant.parse("2026-11-24T23:14:25.123456789Z");
    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");
    private static final String TAG = "c3".repeat(SourceFile.TAG_DIGITS / 2);
    private static final ModelVersion MODEL = new ModelVersion("delays", 3, "a1".repeat(32));
    private static final ModelVersion CANDIDATE = new ModelVersion("delays", 4, "b1".repeat(32));
    private static final Attempt ATTEMPT = new Attempt(BATCH, 3, new Epoch(2, 7));
    private static final String NODE = "node-b:25520";
    private static final PastRun PAST_RUN = new PastRun(5_000_000_000L, 7_200_000, 1_500, 7.5);
    private static final Use USE = new Use(5_000_000, 6_000_000, 700_000, 80_000, 9_000_000_000L, 4_096);
    private static final String NONCE = "Y2FmZWJhYmVkZWFkYmVlZg";

    private final Map<String, Object> messages = new LinkedHashMap<>();

    private GoldenMessages() {}

    /// The messages in the golden files that this version also writes, by name.
    ///
    /// @param system whose name is in the paths of the actors
    static Map<String, Object> current(LocalActorSystem system) {
        GoldenMessages golden = new GoldenMessages();
        golden.batchCommands(system.actor("worker"), system.actor("asker"));
        golden.control(system.actor("asker"));
        golden.statuses();
        golden.workerMessages();
        golden.steps(system);
        golden.registerCommands(system.actor("worker"), system.actor("asker"));
        golden.findCommands(system.actor("asker"), system.actor("asker"));
        golden.gatewayCommands(system);
        golden.gatewayReplies();
        golden.jobCommands(system);
        golden.jobReplies();
        golden.alertMessages(system);
        return golden.messages;
    }

    /// Messages that this version no longer writes but still reads, by name: none before the first release.
    ///
    /// @param system whose name is in the paths of the actors
    static Map<String, Object> old(LocalActorSystem system) {
        return new LinkedHashMap<>();
    }

    private void batchCommands(ActorRef<WorkerMessage> worker, ActorRef<BatchStatus> asker) {
        add("open", new BatchCommand.Open(submission(GoldenJobs.full())));
        add("open-csv", new BatchCommand.Open(submission(GoldenJobs.csv())));
        add("open-loads", new BatchCommand.Open(submission(GoldenJobs.loads())));
        add("open-incremental", new BatchCommand.Open(submission(GoldenJobs.incremental())));
        add("open-new-files", new BatchCommand.Open(submission(GoldenJobs.newFiles())));
        add("open-changed-rows", new BatchCommand.Open(submission(GoldenJobs.changedRows())));
        Submission reusing = submission(GoldenJobs.csv());
        add(
                "open-reuse",
                new BatchCommand.Open(new Submission(
                        reusing.job(),
                        reusing.fingerprint(),
                        reusing.input(),
                        reusing.model(),
                        null,
                        new Reuse("flights-20261123t231425-0a1b", List.of(3, 7), null))));
        add("open-table", new BatchCommand.Open(submission(GoldenJobs.postgres())));
        add("open-mariadb", new BatchCommand.Open(submission(GoldenJobs.mariadb())));
        add("open-redis", new BatchCommand.Open(submission(GoldenJobs.redis())));
        add("open-iceberg", new BatchCommand.Open(submission(GoldenJobs.iceberg())));
        add("open-delta", new BatchCommand.Open(submission(GoldenJobs.delta())));
        add("open-mlflow", new BatchCommand.Open(submission(GoldenJobs.mlflow())));
        add("open-categories", new BatchCommand.Open(submission(GoldenJobs.categories())));
        add("open-checks", new BatchCommand.Open(submission(GoldenJobs.checks())));
        add(
                "open-rollout",
                new BatchCommand.Open(submission(GoldenJobs.rollout()).trying(CANDIDATE)));
        add("open-retention", new BatchCommand.Open(submission(GoldenJobs.retention())));
        add("open-history", new BatchCommand.Open(submission(GoldenJobs.csv()), List.of(PAST_RUN)));
        add(
                "wake-history",
                new BatchCommand.EnsureStarted(
                        submission(GoldenJobs.least(new ModelReference.Champion("m"))), List.of(PAST_RUN)));
        add("wake", new BatchCommand.EnsureStarted(submission(GoldenJobs.least(new ModelReference.Champion("m")))));
        add("describe", new BatchCommand.Describe(asker));
        add("request-lease", new BatchCommand.RequestLease(NODE, worker, NONCE));
        add("heartbeat", new BatchCommand.Heartbeat(ATTEMPT, 70_000, worker, USE));
        add("commit", new BatchCommand.Commit(commit(null), List.of(), worker));
        add("commit-unseen-categories", new BatchCommand.Commit(commitOfUnseen(), List.of(), worker));
        add(
                "commit-quarantined",
                new BatchCommand.Commit(
                        commit(new OutputFile(2, 512, "c3".repeat(32))),
                        List.of("distance is missing", "hour is not a number"),
                        worker));
        add("commit-use", new BatchCommand.Commit(commit(null).withUse(USE, 8, 7), List.of(), worker));
        add(
                "commit-statistics",
                new BatchCommand.Commit(
                        commit(null).withStatistics(new PartitionStatistics(List.of(0L, 7L, 2L))), List.of(), worker));
        add(
                "commit-distributions",
                new BatchCommand.Commit(
                        commit(null)
                                .withStatistics(
                                        new PartitionStatistics(List.of(0L), List.of(GoldenJobs.distribution()))),
                        List.of(),
                        worker));
        add(
                "commit-comparison",
                new BatchCommand.Commit(commit(null).withComparison(GoldenJobs.comparison()), List.of(), worker));
        add(
                "commit-differences",
                new BatchCommand.Commit(commit(null).withComparison(GoldenJobs.differences()), List.of(), worker));
        add("give-back", new BatchCommand.ReleaseLease(ATTEMPT, USE));
        add("attempt-discarded", new BatchCommand.AttemptDiscarded(ATTEMPT, USE));
        add(
                "attempt-ended",
                new BatchCommand.AttemptFailed(ATTEMPT, NODE, Failure.transientFailure("the disk is full"), USE));
    }

    private void control(ActorRef<ControlReply> operator) {
        add("pause", new BatchCommand.Pause("the warehouse is loaded", operator, "ops"));
        add("resume", new BatchCommand.Resume(operator, "ops"));
        add("cancel", new BatchCommand.Cancel("«délai» is wrong", operator, "ops"));
        add("retry", new BatchCommand.Retry(operator, "ops"));
        add("rescore", new BatchCommand.Rescore(List.of(0, 7, 999_999), operator, "ops"));
        add("ignore-window", new BatchCommand.IgnoreWindow(operator, "ops"));
        add("approve", new BatchCommand.Approve("the app was down", operator, "ops"));
        add("delete", new BatchCommand.Delete("a wrong model", operator, "ops"));
        add(
                "redrive",
                new BatchCommand.Redrive(GoldenJobs.csv(), "value = 'n/a'", "the source is repaired", operator, "ops"));
        add("redrive-least", new BatchCommand.Redrive(null, null, "", operator, "ops"));
        add("retire", new BatchCommand.Retire("keep: 30, for: 90d"));
        add("done", new ControlReply.Done(BATCH, Phase.PAUSED));
        add("refused", new ControlReply.Refused(BATCH, "it is being published"));
    }

    private static BatchStatus status() {
        return new BatchStatus(
                BATCH,
                Phase.FAILED,
                Failure.permanent("the column is missing"),
                "08".repeat(32),
                true,
                CANDIDATE,
                PAST_RUN,
                new BatchUse(USE, USE, 2, 9_000_000, 72_000_000, 63_000_000, 1, 8, 7),
                description());
    }

    private void statuses() {
        add("status", status());
        add("status-none", BatchStatus.of(BATCH, null, null));
    }

    private void steps(LocalActorSystem system) {
        add("step-run", new StepCommand.Run(BATCH, 3, Phase.SUBMITTED, "5e1f", system.actor("coordinator")));
        add("step-send-part", new StepCommand.SendPart(12));
        add("step-working", new StepReply.Working("5e1f"));
        add("step-part", new StepReply.Part("5e1f", 11, true, "v2R0eXBl", system.actor("node")));
        add("step-failed", new StepReply.Failed("5e1f", AWAY, true));
    }

    private void workerMessages() {
        add("work-at", new WorkerMessage.WorkAt(BATCH));
        add("lease", lease(GoldenJobs.plain()));
        add("lease-least", leaseOfLeast());
        add("lease-canary", leaseOfCanary());
        add("lease-shadow", lease(GoldenJobs.shadow()));
        add("lease-schema", leaseWithSchema());
        add("lease-query", lease(GoldenJobs.query()));
        add("lease-table", lease(GoldenJobs.table()));
        add("lease-csv-source", lease(GoldenJobs.csvSource()));
        add("lease-csv-source-least", lease(GoldenJobs.csvSourceLeast()));
        add("lease-ndjson-source", lease(GoldenJobs.ndjsonSource()));
        add("lease-folders", lease(GoldenJobs.folders()));
        add("lease-by-day", leaseOfCut(GoldenJobs.partitionedByDay(), "2026-11-01"));
        add("lease-by-hash", leaseOfCut(GoldenJobs.partitionedByHash(), null));
        add("lease-lookups", leaseWithLookups());
        add("lease-several", lease(GoldenJobs.several()));
        add("lease-parquet", lease(GoldenJobs.parquet()));
        add("lease-output", lease(GoldenJobs.shapedOutput()));
        add("nothing-to-lease", new WorkerMessage.NothingToLease(BATCH));
        add("held-off", new WorkerMessage.NothingToLease(BATCH, Duration.ofMillis(12_345)));
        add("committed", new WorkerMessage.Committed(ATTEMPT));
        add("abandon", new WorkerMessage.Abandon(ATTEMPT, "the lease ran out"));
    }

    private static WorkerMessage.Lease lease(Job job) {
        SourceFile b = new SourceFile("/data/b.parquet", 5_000_000_000L, AT, 5_000_000, TAG);
        return new WorkerMessage.Lease(
                ATTEMPT,
                job,
                MODEL,
                60,
                List.of(new Slice(smallFile(), 60, 10), new Slice(b, 0, 250_000)),
                "/out/.staging/batch=" + BATCH + "/attempts",
                NONCE);
    }

    private static WorkerMessage.Lease leaseWithLookups() {
        SourceFile carriers = new SourceFile("/data/carriers.parquet", 700, AT, 16, TAG).ofLookup(0);
        return new WorkerMessage.Lease(
                ATTEMPT,
                GoldenJobs.lookups(),
                MODEL,
                60,
                List.of(new Slice(smallFile(), 60, 10), new Slice(carriers, 0, 0)),
                "/out/.staging/batch=" + BATCH + "/attempts",
                NONCE);
    }

    private static WorkerMessage.Lease leaseOfCanary() {
        return new WorkerMessage.Lease(
                ATTEMPT,
                GoldenJobs.rollout(),
                CANDIDATE,
                0,
                List.of(new Slice(smallFile(), 0, 70)),
                "/out",
                NONCE,
                MODEL);
    }

    private static WorkerMessage.Lease leaseOfLeast() {
        return new WorkerMessage.Lease(
                ATTEMPT,
                GoldenJobs.least(new ModelReference.Exact("m", 3)),
                MODEL,
                0,
                List.of(new Slice(smallFile(), 0, 70)),
                "/out");
    }

    private static WorkerMessage.Lease leaseWithSchema() {
        SourceFile csv = new SourceFile("/data/c.csv", 2_000, AT, 40, TAG, "{\"types\":{\"hour\":\"BIGINT\"}}");
        return new WorkerMessage.Lease(
                ATTEMPT,
                GoldenJobs.least(new ModelReference.Exact("m", 3)),
                MODEL,
                0,
                List.of(new Slice(csv, 0, 40)),
                "/out",
                NONCE);
    }

    private static WorkerMessage.Lease leaseOfCut(Job job, @Nullable String value) {
        return new WorkerMessage.Lease(
                ATTEMPT,
                job,
                MODEL,
                60,
                List.of(new Slice(smallFile(), 10, 50, 20, new Cut("day < DATE '2026-11-02'", value))),
                "/out",
                NONCE);
    }

    private static SourceFile smallFile() {
        return new SourceFile("/data/a.parquet", 1_000, Instant.parse("2026-01-01T00:00:00Z"), 70, TAG);
    }

    private void registerCommands(ActorRef<WorkerMessage> worker, ActorRef<BatchRegisterCommand.SubmitReply> asker) {
        add(
                "submit",
                new BatchRegisterCommand.Submit(
                        submission(GoldenJobs.least(new ModelReference.Alias("m", "blue"))),
                        true,
                        asker,
                        "2026-11-24",
                        new SubmissionTicket(7, 1_000_000),
                        new OpenBatchLimit("airflow", 1_000)));
        add("too-many-open", new BatchRegisterCommand.TooManyOpen("The caller airflow has 1,000 open batches."));
        add("not-now", new BatchRegisterCommand.NotNow("the submission has waited too long"));
        add("submission-ticket", new SubmissionTicket(7, 1_000_000));
        add("find-work", new BatchRegisterCommand.FindWork(worker));
        add("has-work", new BatchRegisterCommand.HasWork(BATCH));
        add("has-no-work", new BatchRegisterCommand.HasNoWork(BATCH));
        BatchDescription.Timing timing =
                new BatchDescription.Timing(7, "Europe/Berlin", null, AT, true, false, null, null);
        add("failure-changed", new BatchRegisterCommand.FailureChanged(BATCH, timing));
        add("failure-changed-retried", new BatchRegisterCommand.FailureChanged(BATCH, null));
        add("leased", new BatchRegisterCommand.Leased(BATCH, List.of(worker)));
        add("has-work-timed", new BatchRegisterCommand.HasWork(BATCH, 4_200));
        add("batch-ended", new BatchRegisterCommand.BatchEnded(BATCH, Phase.PUBLISHED));
        add("batch-ended-run", new BatchRegisterCommand.BatchEnded(BATCH, Phase.PUBLISHED, PAST_RUN));
        add(
                "batch-ended-input",
                new BatchRegisterCommand.BatchEnded(BATCH, Phase.PUBLISHED, PAST_RUN, "08".repeat(32)));
        add(
                "batch-ended-candidate",
                new BatchRegisterCommand.BatchEnded(BATCH, Phase.PUBLISHED, PAST_RUN, null, CANDIDATE));
        add("accepted", new BatchRegisterCommand.Accepted(BATCH, false, true));
        add("already-published", new BatchRegisterCommand.AlreadyPublished(BATCH));
        add("rejected", new BatchRegisterCommand.Rejected("the batch is being published"));
        add("rejected-input", new BatchRegisterCommand.Rejected(Failure.permanent("its input has changed"), BATCH));
    }

    private void findCommands(ActorRef<BatchRegisterCommand.FindReply> asker, ActorRef<SubmissionTicket> ticketHolder) {
        add("ask-ticket", new BatchRegisterCommand.AskTicket(ticketHolder));
        add("find", new BatchRegisterCommand.Find("latest", asker));
        add("recall", new BatchRegisterCommand.FindByKey("flights", "2026-11-24", "f6".repeat(32), asker));
        add("found", new BatchRegisterCommand.Found(BATCH));
        add("not-found", new BatchRegisterCommand.NotFound("there is no batch 'x'"));
        add("tend", new BatchRegisterCommand.WakeOpenBatches());
    }

    private void gatewayCommands(LocalActorSystem system) {
        add(
                "gateway-submit",
                new GatewayCommand.Submit(
                        "job: flights\n…",
                        false,
                        "2026-11-24",
                        system.actor("asker"),
                        Map.of("day", "2026-11-24"),
                        true,
                        Duration.ofSeconds(50)));
        add("gateway-describe", new GatewayCommand.Describe("latest", system.actor("asker"), AT));
        add("gateway-watch", new GatewayCommand.Watch("latest", leastDescription(), system.actor("asker")));
        add("gateway-list", new GatewayCommand.List("flights", "failed", 20, BATCH.value(), system.actor("asker")));
        add("gateway-list-jobs", new GatewayCommand.ListJobs(system.actor("asker")));
        add("gateway-list-nodes", new GatewayCommand.ListNodes(system.actor("asker")));
        add("gateway-list-alerts", new GatewayCommand.ListAlerts(true, 50, "17", system.actor("asker")));
        add(
                "gateway-report-verification",
                new GatewayCommand.ReportVerification(
                        BATCH.value(), false, "A file of the output was altered.", system.actor("asker")));
        add("gateway-test-alert", new GatewayCommand.TestAlertChannel("ops", system.actor("asker")));
        add("gateway-describe-node", new GatewayCommand.DescribeNode(system.actor("asker")));
        add(
                "gateway-list-partitions",
                new GatewayCommand.ListPartitions("latest", "waiting", 100, "7", system.actor("asker")));
        add(
                "gateway-compare-schema",
                new GatewayCommand.CompareSchema(
                        "job: flights\n…", Map.of("day", "2026-11-25"), system.actor("asker")));
        add("gateway-read-drift", new GatewayCommand.ReadDrift("latest", null, system.actor("asker")));
        add("gateway-read-events", new GatewayCommand.ReadEvents("latest", 17, 1_000, system.actor("asker")));
        add(
                "gateway-authenticated",
                new GatewayCommand.Authenticated("nst_secret", new GatewayCommand.ListJobs(system.actor("asker"))));
        gatewayJobCommands(system);
        control("pause", new BatchControl.Pause("the warehouse is loaded"), system);
        control("resume", new BatchControl.Resume(), system);
        control("cancel", new BatchControl.Cancel(""), system);
        control("retry", new BatchControl.Retry(), system);
        control("rescore", new BatchControl.Rescore(List.of(0, 7)), system);
        control("ignore-window", new BatchControl.IgnoreWindow(), system);
        control("approve", new BatchControl.Approve("the app was down"), system);
        control("delete", new BatchControl.Delete("a wrong model", true, false), system);
        control("redrive", new BatchControl.Redrive("job: flights", "value = 'n/a'", "the source is repaired"), system);
        add(
                "gateway-rescore-batch",
                new GatewayCommand.RescoreBatch(
                        "latest",
                        new RescoreRequest("churn@3", List.of(0, 7), "0b".repeat(32)),
                        "2026-11-28",
                        system.actor("asker"),
                        Duration.ofSeconds(50)));
        add("gateway-apply-retention", new GatewayCommand.ApplyRetention("flights", true, system.actor("asker")));
        add(
                "gateway-promote-model",
                new GatewayCommand.PromoteModel(
                        "churn",
                        new PromoteRequest("candidate", "champion", 3, "fewer errors"),
                        system.actor("asker")));
        add(
                "gateway-roll-back-model",
                new GatewayCommand.RollBackModel(
                        "churn", new RollbackRequest(4, "champion", 3, "it drifts"), system.actor("asker")));
        add("gateway-read-model-history", new GatewayCommand.ReadModelHistory("churn", system.actor("asker")));
    }

    private void gatewayJobCommands(LocalActorSystem system) {
        add(
                "gateway-apply-job",
                new GatewayCommand.ApplyJob("flights", "job: flights\n…", "/jobs", system.actor("asker")));
        add("gateway-describe-job", new GatewayCommand.DescribeJob("flights", system.actor("asker")));
        add("gateway-pause-job", new GatewayCommand.PauseJob("flights", "holidays", system.actor("asker")));
        add("gateway-resume-job", new GatewayCommand.ResumeJob("flights", system.actor("asker")));
        add("gateway-delete-job", new GatewayCommand.DeleteJob("flights", system.actor("asker")));
        add(
                "gateway-trigger-job",
                new GatewayCommand.TriggerJob("flights", Map.of("day", "2026-11-24"), "k1", system.actor("asker")));
        add(
                "gateway-list-runs",
                new GatewayCommand.ListRuns(
                        "flights", AT, AT.plusSeconds(60), true, false, 200, "7", system.actor("asker")));
        add(
                "gateway-start-backfill",
                new GatewayCommand.StartBackfill("flights", backfillRequest(), "k2", system.actor("asker")));
        add(
                "gateway-plan-backfill",
                new GatewayCommand.PlanBackfill("flights", backfillRequest(), system.actor("asker")));
        add("gateway-list-backfills", new GatewayCommand.ListBackfills("flights", system.actor("asker")));
        add("gateway-describe-backfill", new GatewayCommand.DescribeBackfill("flights", "2f6a", system.actor("asker")));
        add(
                "gateway-control-backfill",
                new GatewayCommand.ControlBackfill("flights", "2f6a", BackfillControl.CANCEL, system.actor("asker")));
    }

    private void control(String name, BatchControl control, LocalActorSystem system) {
        add("gateway-" + name, new GatewayCommand.Control(BATCH.value(), control, system.actor("asker")));
    }

    private void gatewayReplies() {
        answer("submitted", new SubmitResult(BATCH.value(), true, false, true));
        answer("description", description());
        answer(
                "description-mlflow",
                BatchDescriptionBuilder.builder(description())
                        .modelOrigin(new BatchDescription.ModelOrigin(
                                "mlflow:/churn@champion",
                                "mlflow:/churn/7",
                                "bf212703d1874eee9dcb37c8a92a6de6",
                                "mlflow-artifacts:/1/model",
                                "model.xgb",
                                "d4".repeat(32),
                                "mlflow:/churn/7: model.xgb"))
                        .build());
        answer("batches", new BatchPage(List.of(leastDescription()), BATCH.value()));
        answer("jobs", new JobList(List.of(new JobList.JobDescription("flights", 3, BATCH.value(), AT, appliedJob()))));
        JobRun run = jobRun();
        answer("applied", new ApplyResult(appliedJob(), true, true));
        answer(
                "job",
                appliedJob().withSchedule("at 02:00", List.of(new AppliedJob.Tick(AT, Map.of("day", "2026-11-24")))));
        answer("run", run);
        answer("runs", new JobRunPage(List.of(run.withTotalsOf(description())), "7"));
        answer("backfill", backfill());
        answer("backfill-list", new BackfillList(List.of(backfill())));
        answer("backfill-plan", new BackfillPlan("flights", List.of(new BackfillPlan.PlannedRun(run, true))));
        answer(
                "retention",
                new RetentionReport(
                        List.of(new RetentionReport.Expired(
                                BATCH.value(), "flights", AT, "/out", "keep: 30, for: 90d")),
                        true));
        AliasChange change = new AliasChange("churn", "champion", 4, 3, true);
        answer("alias-change", change);
        answer(
                "rollback",
                new RollbackResult(
                        change,
                        List.of(new RollbackResult.UsedBatch(BATCH.value(), "flights", AT, true)),
                        true,
                        "the ledger can't be read"));
        answer(
                "model-history",
                new ModelHistory(
                        "churn",
                        Map.of("champion", 3),
                        List.of(new AliasMove("champion", 4, 3, AliasMove.ROLLBACK, AT, "mara", "it drifts"))));
        answer("node", node());
        answer("nodes", new NodeList(List.of(node())));
        answer("alerts", alerts());
        answer("verification", new VerificationResult(BATCH.value(), false, "A file of the output was altered."));
        answer("alert-test", new AlertTestResult("ops", true, "200 ok", NODE));
        JsonNode entry = ApiJson.tree(Map.of("number", 4_000_000_000L));
        answer(
                "partitions",
                new PartitionPage(
                        BATCH.value(),
                        List.of(
                                new PartitionPage.PartitionDescription(
                                        7, 700, 100, "2026-11-01", "committed", 1, "2-7", 99L, 98L, 1L, 4_000_000_000L),
                                new PartitionPage.PartitionDescription(
                                        8, 800, 100, null, "waiting", 0, null, null, null, null, null)),
                        "9"));
        answer(
                "drift",
                new DriftReport(
                        BATCH.value(),
                        "flights-20261124t020000-0000",
                        98,
                        95L,
                        List.of(
                                new DriftReport.ColumnDrift(null, 0.04, 0.01, 0, 0.0, 0, 0.0, 0.2, 0.3),
                                new DriftReport.ColumnDrift("origin", null, null, 0.1, null, 0.02, null, null, null))));
        answer(
                "schema",
                new SchemaReport(
                        "flights",
                        3,
                        new SchemaReport.Published(BATCH.value(), 2),
                        List.of(
                                new SchemaReport.Column("record_id", "BIGINT"),
                                new SchemaReport.Column("risk", "FLOAT")),
                        false,
                        List.of(
                                new SchemaReport.Change("risk", "retyped", "DOUBLE", "FLOAT"),
                                new SchemaReport.Change("record_id", "added", null, "BIGINT"))));
        answer("events", new EventPage(BATCH.value(), List.of(entry), 4_000_000_000L));
        answer("controlled", new ControlResult(BATCH.value(), "paused"));
        add(
                "gateway-declined",
                new GatewayReply.Declined<>(new Problem(
                        Problem.TYPE + "job-file",
                        "The job file has mistakes",
                        422,
                        "1 mistake",
                        BATCH.value(),
                        List.of(new Problem.JobMistake(3, "errors.max-rate", "'a lot'", "a number", null)))));
    }

    private void jobCommands(LocalActorSystem system) {
        add("job-apply", new ScheduledJobCommand.Apply("job: flights\n…", "/jobs", "ops", system.actor("asker")));
        add("job-show", new ScheduledJobCommand.Show(system.actor("asker")));
        add("job-pause", new ScheduledJobCommand.Pause("the warehouse is loaded", "ops", system.actor("asker")));
        add("job-resume", new ScheduledJobCommand.Resume("ops", system.actor("asker")));
        add("job-delete", new ScheduledJobCommand.Delete("ops", system.actor("asker")));
        add(
                "job-trigger",
                new ScheduledJobCommand.Trigger("2f6a", Map.of("day", "2026-11-24"), "ops", system.actor("asker")));
        add("job-runs", new ScheduledJobCommand.Runs(AT, AT.plusSeconds(60), 200, "7", system.actor("asker")));
        add(
                "job-start-backfill",
                new ScheduledJobCommand.StartBackfill("2f6a", backfillRequest(), "ops", system.actor("asker")));
        add("job-show-backfills", new ScheduledJobCommand.ShowBackfills("2f6a", system.actor("asker")));
        add(
                "job-control-backfill",
                new ScheduledJobCommand.ControlBackfill("2f6a", BackfillControl.CANCEL, "ops", system.actor("asker")));
        add("job-wake", new ScheduledJobCommand.Wake());
        add("catalogue-add", new JobCatalogueCommand.Add("flights", system.actor("asker")));
        add("catalogue-remove", new JobCatalogueCommand.Remove("flights"));
        add("catalogue-list", new JobCatalogueCommand.ListNames(system.actor("asker")));
        add("catalogue-wake", new JobCatalogueCommand.WakeJobs());
        add("catalogue-names", new JobCatalogueCommand.JobNames(List.of("churn", "flights")));
    }

    private void jobReplies() {
        jobAnswer("job", appliedJob());
        jobAnswer("applied", new ApplyResult(appliedJob(), true, true));
        jobAnswer("run", jobRun());
        jobAnswer("runs", new JobRunPage(List.of(jobRun().withTotalsOf(description())), "7"));
        jobAnswer("backfill", backfill());
        jobAnswer("backfills", new BackfillList(List.of(backfill())));
        add(
                "job-declined",
                new ScheduledJobReply.Declined<>(ScheduledJobReply.Reason.UNKNOWN, "No job flights is applied."));
    }

    private void jobAnswer(String name, Record value) {
        add("job-answer-" + name, new ScheduledJobReply.Succeeded<>(value));
    }

    private static AppliedJob appliedJob() {
        return new AppliedJob(
                "flights",
                2,
                AT.minusSeconds(60),
                AT,
                "ops",
                new AppliedJob.Pause(AT, "the warehouse is loaded", "ops"),
                "0 2 * * *",
                "Europe/Berlin",
                "100,000 rows",
                AT,
                jobRun(),
                3,
                1,
                "job: flights\n…",
                "/jobs");
    }

    private static JobRun jobRun() {
        return new JobRun(
                "tick:2026-11-25T01:00:00Z",
                "schedule",
                AT,
                Map.of("day", "2026-11-24"),
                "failed",
                BATCH.value(),
                "the disk is full",
                2,
                AT,
                AT.plusSeconds(1),
                AT.plusSeconds(60));
    }

    private static BackfillRequest backfillRequest() {
        return new BackfillRequest("2026-11-01", "2026-11-25", 3, true, "day");
    }

    private static Backfill backfill() {
        return new Backfill(
                "2f6a",
                "flights",
                2,
                "2026-11-01",
                "2026-11-25",
                3,
                true,
                "running",
                AT,
                "ops",
                AT.plusSeconds(60),
                25,
                10,
                3,
                9,
                2,
                1,
                List.of(jobRun()));
    }

    private void answer(String name, Record value) {
        add("gateway-answer-" + name, new GatewayReply.Succeeded<>(value));
    }

    private static AlertPage alerts() {
        return new AlertPage(
                List.of(
                        new AlertDescription(
                                18,
                                "node/node-b:25520/node-excluded/1795907665123",
                                "node",
                                NODE,
                                null,
                                "node-excluded",
                                "open",
                                "Node node-b:25520 gets no work",
                                AT,
                                null,
                                null,
                                List.of(new AlertDescription.Delivery(
                                        "ops", "waiting", 3, "the receiver answered with status 503", AT))),
                        new AlertDescription(
                                17,
                                "batch/%s/failed/1795907665123".formatted(BATCH),
                                "batch",
                                BATCH.value(),
                                "flights",
                                "failed",
                                "resolved",
                                "Batch %s failed: the column is missing".formatted(BATCH),
                                AT,
                                AT.plusSeconds(60),
                                "The batch is published.",
                                List.of(new AlertDescription.Delivery("ops", "delivered", 1, null, null)))),
                "17");
    }

    private void alertMessages(LocalActorSystem system) {
        add("report-alerts", new BatchCommand.ReportAlerts());
        add(
                "alert-raise",
                new AlertCommand.Raise(
                        AlertSubject.of(BATCH),
                        AlertCause.FAILED,
                        21_504,
                        "flights",
                        "Batch %s failed: the column is missing".formatted(BATCH),
                        List.of("ops", "chat"),
                        system.actor("asker")));
        add(
                "alert-resolve",
                new AlertCommand.Resolve(
                        AlertSubject.job("flights"),
                        AlertCause.SCHEDULE_MISSED,
                        3,
                        "The next run started.",
                        system.actor("asker")));
        add("alert-wake", new AlertCommand.Wake());
        add("alert-list", new AlertCommand.ListIncidents(true, 17, 100, system.actor("asker")));
        add("alert-recorded", new AlertReply.Recorded(AlertSubject.node(NODE), AlertCause.NODE_EXCLUDED, 7));
        add("alert-listed", new AlertReply.Listed(alerts()));
    }

    private static NodeList.NodeDescription node() {
        return new NodeList.NodeDescription(
                NODE,
                "up",
                List.of("coordinator", "worker"),
                "1.2.3",
                new NodeList.NodeWork(
                        4,
                        5,
                        3,
                        1,
                        new NodeList.NodeMemory(3_000_000_000L, 200_000_000, 1_000_000_000, 8_000_000_000L),
                        new NodeList.NodeScratch("/data/spill", 0, 50_000_000_000L, 100_000_000_000L),
                        List.of(new NodeList.NodeScoring("flights-20261124t231425-3f9a", 3, 120_000, AT))),
                List.of(
                        new NodeList.NodeFault(
                                "input", "/data/a.parquet", "it does not exist", AT, AT.plusSeconds(9), false, null),
                        new NodeList.NodeFault(
                                "library",
                                "onnxruntime",
                                "no such file",
                                AT,
                                AT.plusSeconds(9),
                                true,
                                AT.plusSeconds(39))));
    }

    private static BatchDescription leastDescription() {
        return BatchDescriptionBuilder.builder()
                .batch(BATCH.value())
                .job("flights")
                .model("delays@3")
                .state("running")
                .submittedAt(AT)
                .ledger(new BatchDescription.LedgerHead(17, "ab".repeat(32)))
                .build();
    }

    private static BatchDescription description() {
        return new BatchDescription(
                BATCH.value(),
                "flights",
                "delays@3",
                "running",
                AT,
                5_000_000_000L,
                70,
                60,
                10,
                4_096,
                12,
                4,
                2,
                null,
                null,
                new BatchDescription.LedgerHead(17, "ab".repeat(32)),
                new BatchDescription.Progress(1_000_000, 2, 3, false),
                "the journal does not answer",
                Map.of("plan", 7L),
                new BatchDescription.Pause(AT, "the warehouse is loaded", "ops"),
                new BatchDescription.Outage("the share is away", AT, AT.plusSeconds(900)),
                Map.of("day", "2026-11-24"),
                true,
                new BatchDescription.Timing(
                        7,
                        "Europe/Berlin",
                        AT,
                        AT.plusSeconds(3_600),
                        false,
                        true,
                        new BatchDescription.Forecast(AT.plusSeconds(3_000), AT.plusSeconds(4_000), 7.5, 12),
                        "50%"),
                new BatchDescription.Use(
                        12.5,
                        14.25,
                        1.5,
                        0.25,
                        4_096,
                        512,
                        20.125,
                        1,
                        8,
                        7,
                        0.625,
                        "For 30 % of the processors' time, the batch waited for input.",
                        new BatchDescription.Discarded(2, 0.5, 0.75, 1_024, 0),
                        new BatchDescription.Cost("EUR", 0.0125, 0.001, 208.333333)),
                List.of(new BatchDescription.Check(
                        "prediction.mean-change",
                        0.34,
                        false,
                        "hold",
                        "the mean has changed by 34 %",
                        0.1,
                        BATCH.value(),
                        0.5)),
                new BatchDescription.Approval(AT, "the app was down", "ops"),
                new BatchDescription.Removal(
                        AT, "ops", "a wrong model", AT, AT, "deleted by ops on 2026-11-24: a wrong model"),
                new BatchDescription.Redrive(
                        1,
                        AT,
                        "ops",
                        "the source is repaired",
                        "failed",
                        7,
                        AT,
                        "no such column",
                        "supplement 1 by ops: failed: no such column"),
                new BatchDescription.Rollout(
                        AT,
                        "delays@4",
                        "delays@3",
                        "canary",
                        "passed",
                        3,
                        AT,
                        21,
                        List.of(new BatchDescription.Guard(
                                "prediction-psi", 0.31, 0.4, true, "prediction-psi is 0.31, expected at most 0.4")),
                        "champion",
                        "delays@4 has passed"),
                new BatchDescription.Shadow(
                        AT,
                        "delays@4",
                        "delays@3",
                        "abandoned",
                        3,
                        2,
                        21,
                        0.95,
                        0.31,
                        1,
                        2,
                        0.04,
                        1.5,
                        1.25,
                        0.1,
                        List.of(new BatchDescription.Shadow.Bin(0, 0.5, 20, 19)),
                        List.of(new BatchDescription.Shadow.Difference(3, 7, 0.1, null, Map.of("distance", "700"))),
                        AT,
                        "the file is damaged",
                        "delays@4 was abandoned"),
                new BatchDescription.Reuse(
                        BATCH.value(),
                        List.of(new BatchDescription.Reuse.Parts("ab".repeat(32), 4, 70)),
                        "4 parts with 70 rows"),
                List.of("table delays in data source warehouse"),
                null);
    }

    private void add(String name, Object message) {
        if (messages.put(name, message) != null) {
            throw new IllegalArgumentException("two messages named " + name);
        }
    }

    private static PartitionCommit commit(@Nullable OutputFile quarantine) {
        long quarantined = quarantine == null ? 0 : quarantine.rows();
        return PartitionCommitBuilder.builder()
                .partition(3)
                .epoch(ATTEMPT.epoch())
                .node(NODE)
                .firstRow(70)
                .rows(25)
                .read(22 + quarantined)
                .part(new OutputFile(22, 6_000_000_000L, "b2".repeat(32)))
                .quarantine(quarantine)
                .model(MODEL.sha256())
                .build();
    }

    private static PartitionCommit commitOfUnseen() {
        PartitionCommit commit = commit(null);
        return PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(commit.epoch())
                .node(commit.node())
                .firstRow(commit.firstRow())
                .rows(commit.rows())
                .read(commit.read())
                .part(commit.part())
                .model(commit.model())
                .unseenCategories(Map.of("plan", 2L, "city", 5_000_000_000L))
                .build();
    }

    private static Submission submission(Job job) {
        return new Submission(job, "f6".repeat(32), "07".repeat(32), MODEL);
    }

    /// A line of the golden table of types: `20 BatchId(String value)`, `23 Phase{SUBMITTED, RUNNING}`.
    static String line(WireType type) {
        String name = type.type().getName().replaceFirst("^.*\\.", "").replace('$', '.');
        if (type.type().isEnum()) {
            return Arrays.stream(type.type().getEnumConstants())
                    .map(constant -> ((Enum<?>) constant).name())
                    .collect(Collectors.joining(", ", type.id() + " " + name + "{", "}"));
        }
        return Arrays.stream(type.type().getRecordComponents())
                .map(component -> component.getGenericType().getTypeName().replaceAll("[a-z.]+\\.|\\w+\\$", "") + " "
                        + component.getName())
                .collect(Collectors.joining(", ", type.id() + " " + name + "(", ")"));
    }

    /// The content of every golden file that this version writes, by file name.
    public static Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        try (LocalActorSystem system = new LocalActorSystem()) {
            current(system)
                    .forEach((name, message) ->
                            files.put(name + ".bin", system.serializer().toBinary(message)));
        }
        String table = WireTypes.ALL.stream().map(GoldenMessages::line).collect(Collectors.joining("\n", "", "\n"));
        files.put("types.txt", table.getBytes(StandardCharsets.UTF_8));
        return files;
    }
}
