package io.nightshift.protocol.ledger;

import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillRequest;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.PublishedOutput;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.GoldenJobs;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParameterType;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.register.ReadTimes;
import io.nightshift.protocol.register.RegisteredBatch;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The events that the golden files under `src/test/resources/golden` hold. A file is never changed once it
/// is released: when a record has grown, a new example with a new name joins the old one. One example has all
/// of a job, `submitted-full`. [io.nightshift.protocol.WriteGoldenFiles] writes the files.
public final class GoldenEvents {

    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");
    private static final Instant AT = Instant.parse("2026-11-24T23:14:25.123456789Z");
    private static final String TAG = "c3".repeat(SourceFile.TAG_DIGITS / 2);
    private static final ModelVersion MODEL = new ModelVersion("delays", 3, "a1".repeat(32));
    private static final ModelVersion CANDIDATE = new ModelVersion("delays", 4, "b1".repeat(32));

    private GoldenEvents() {}

    static Map<String, BatchEvent> batch() {
        Map<String, BatchEvent> events = new LinkedHashMap<>();
        events.put("submitted-full", submitted(GoldenJobs.full()));
        events.put("submitted-least", submitted(GoldenJobs.least(new ModelReference.Champion("m"))));
        events.put("submitted-exact", submitted(GoldenJobs.least(new ModelReference.Exact("m", 3))));
        events.put("submitted-alias", submitted(GoldenJobs.least(new ModelReference.Alias("m", "blue"))));
        events.put("submitted-digest", submitted(GoldenJobs.least(new ModelReference.Digest("m", MODEL.sha256()))));
        events.put("submitted-mlflow", submitted(GoldenJobs.mlflow()));
        events.put("submitted-csv", submitted(GoldenJobs.csv()));
        events.put("submitted-loads", submitted(GoldenJobs.loads()));
        events.put("submitted-postgres", submitted(GoldenJobs.postgres()));
        events.put("submitted-mariadb", submitted(GoldenJobs.mariadb()));
        events.put("submitted-redis", submitted(GoldenJobs.redis()));
        events.put("submitted-iceberg", submitted(GoldenJobs.iceberg()));
        events.put("submitted-delta", submitted(GoldenJobs.delta()));
        events.put("submitted-several", submitted(GoldenJobs.several()));
        events.put("submitted-query", submitted(GoldenJobs.query()));
        events.put("submitted-table", submitted(GoldenJobs.table()));
        events.put("submitted-iceberg-source", submitted(GoldenJobs.icebergSource()));
        events.put("submitted-delta-source", submitted(GoldenJobs.deltaSource()));
        events.put("submitted-csv-source", submitted(GoldenJobs.csvSource()));
        events.put("submitted-csv-source-least", submitted(GoldenJobs.csvSourceLeast()));
        events.put("submitted-ndjson-source", submitted(GoldenJobs.ndjsonSource()));
        events.put("submitted-folders", submitted(GoldenJobs.folders()));
        events.put("submitted-by-day", submitted(GoldenJobs.partitionedByDay()));
        events.put("submitted-by-hash", submitted(GoldenJobs.partitionedByHash()));
        events.put("submitted-categories", submitted(GoldenJobs.categories()));
        events.put("submitted-lookups", submitted(GoldenJobs.lookups()));
        events.put("submitted-parquet", submitted(GoldenJobs.parquet()));
        events.put(
                "submitted-file-size",
                submitted(GoldenJobs.parquet()
                        .withDestination(new ParquetDestination("/out").withFileBytes(256_000_000L))));
        events.put("submitted-output", submitted(GoldenJobs.shapedOutput()));
        events.put(
                "submitted-by",
                new BatchEvent.Submitted(AT, BATCH, GoldenJobs.plain(), MODEL, null, null, null, null, "airflow"));
        events.put("submitted-without-input", new BatchEvent.Submitted(AT, BATCH, GoldenJobs.plain(), MODEL, null));
        events.put(
                "submitted-reuse",
                new BatchEvent.Submitted(
                        AT,
                        BATCH,
                        GoldenJobs.csv(),
                        MODEL,
                        "07".repeat(32),
                        null,
                        new Reuse("flights-20261123t231425-0a1b", List.of(3, 7), null)));
        events.put("took-over", new BatchEvent.TookOver(AT, 2, "127.0.0.1:25520"));
        events.put(
                "planned",
                new BatchEvent.Planned(
                        AT,
                        List.of(
                                new SourceFile(
                                        "/data/a.parquet", 1_000, Instant.parse("2026-01-01T00:00:00Z"), 70, TAG),
                                new SourceFile("/data/b.parquet", 5_000_000_000L, AT, 5, TAG)),
                        PartitionPlan.of(25, 25, 20, 5)));
        SourceFile late = new SourceFile("/data/late.parquet", 2_000, AT, 30, TAG);
        events.put(
                "planned-input",
                new BatchEvent.Planned(AT, List.of(late), PartitionPlan.of(25, 5), "08".repeat(32), null));
        events.put("extension-requested", new BatchEvent.ExtensionRequested(AT, "08".repeat(32)));
        events.put("extension-requested-retry", new BatchEvent.ExtensionRequested(AT, null));
        events.put(
                "plan-extended",
                new BatchEvent.PlanExtended(AT, "09".repeat(32), 2, 3, List.of(late), PartitionPlan.of(25, 10)));
        events.put(
                "planned-schema",
                new BatchEvent.Planned(
                        AT,
                        List.of(new SourceFile("/data/c.csv", 2_000, AT, 40, TAG, "{\"types\":{\"hour\":\"BIGINT\"}}")),
                        PartitionPlan.of(40)));
        events.put(
                "planned-cuts",
                new BatchEvent.Planned(
                        AT,
                        List.of(new SourceFile("/data/a.parquet", 1_000, AT, 70, TAG)),
                        PartitionPlan.of(30, 40),
                        null,
                        new CutPlan(
                                List.of(new Cut("day < DATE '2026-11-02'", "2026-11-01"), new Cut("day IS NULL", null)),
                                List.of(new CutPlan.Piece(0, 0, 0, 50, 30), new CutPlan.Piece(1, 0, 10, 60, 40)))));
        events.put(
                "planned-lookups",
                new BatchEvent.Planned(
                        AT,
                        List.of(
                                new SourceFile("/data/a.parquet", 1_000, AT, 70, TAG),
                                new SourceFile("/data/carriers.parquet", 700, AT, 16, TAG).ofLookup(0)),
                        PartitionPlan.of(70)));
        events.put(
                "committed",
                new BatchEvent.Committed(
                        AT,
                        List.of(
                                PartitionCommitBuilder.builder()
                                        .partition(0)
                                        .epoch(new Epoch(1, 7))
                                        .node("127.0.0.1:25520")
                                        .firstRow(0)
                                        .rows(25)
                                        .read(24)
                                        .part(new OutputFile(22, 4_096, "b2".repeat(32)))
                                        .quarantine(new OutputFile(2, 512, "c3".repeat(32)))
                                        .model(MODEL.sha256())
                                        .build(),
                                PartitionCommitBuilder.builder()
                                        .partition(3)
                                        .epoch(new Epoch(2, 1))
                                        .node("node-b:25520")
                                        .firstRow(70)
                                        .rows(5)
                                        .read(5)
                                        .part(new OutputFile(5, 6_000_000_000L, "d4".repeat(32)))
                                        .model(MODEL.sha256())
                                        .build())));
        events.put(
                "committed-unseen-categories",
                new BatchEvent.Committed(
                        AT,
                        List.of(PartitionCommitBuilder.builder()
                                .partition(3)
                                .epoch(new Epoch(2, 1))
                                .node("node-b:25520")
                                .firstRow(70)
                                .rows(5)
                                .read(5)
                                .part(new OutputFile(5, 4_096, "d4".repeat(32)))
                                .model(MODEL.sha256())
                                .unseenCategories(Map.of("plan", 2L, "city", 5_000_000_000L))
                                .build())));
        events.put(
                "committed-divided",
                new BatchEvent.Committed(
                        AT,
                        List.of(PartitionCommitBuilder.builder()
                                .partition(3)
                                .epoch(new Epoch(2, 1))
                                .node("node-b:25520")
                                .firstRow(70)
                                .rows(5)
                                .read(5)
                                .part(new OutputFile(
                                        5,
                                        6_000_000_512L,
                                        "d4".repeat(32),
                                        List.of(
                                                new OutputFile(3, 6_000_000_000L, "e5".repeat(32)),
                                                new OutputFile(2, 512, "f6".repeat(32)))))
                                .model(MODEL.sha256())
                                .build())));
        events.put(
                "attempt-failed",
                new BatchEvent.AttemptFailed(
                        AT, 3, new Epoch(2, 4), "node-b:25520", Failure.transientFailure("the disk is full")));
        Failure away = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");
        events.put(
                "attempt-failed-storage",
                new BatchEvent.AttemptFailed(AT, 3, new Epoch(2, 4), "node-b:25520", away, AT.plusSeconds(900)));
        events.put("step-failed", new BatchEvent.StepFailed(AT, "node-b:25520", away, AT.plusSeconds(900)));
        events.put(
                "step-failed-promotion",
                new BatchEvent.StepFailed(AT, "node-b:25520", away, AT.plusSeconds(900), true));
        Use use = new Use(5_000_000, 6_000_000, 700_000, 80_000, 9_000_000_000L, 4_096);
        events.put(
                "attempt-failed-use",
                new BatchEvent.AttemptFailed(AT, 3, new Epoch(2, 4), "node-b:25520", away, AT.plusSeconds(900), use));
        PartitionCommit used = PartitionCommitBuilder.builder()
                .partition(3)
                .epoch(new Epoch(2, 1))
                .node("node-b:25520")
                .firstRow(70)
                .rows(5)
                .read(5)
                .part(new OutputFile(5, 4_096, "d4".repeat(32)))
                .model(MODEL.sha256())
                .build()
                .withUse(use, 8, 7);
        events.put("committed-use", new BatchEvent.Committed(AT, List.of(used), use, 2));
        events.put(
                "submitted-rollout",
                new BatchEvent.Submitted(AT, BATCH, GoldenJobs.rollout(), MODEL, null, null, null, CANDIDATE));
        events.put("canary-started", new BatchEvent.CanaryStarted(AT, List.of(0, 7, 14)));
        events.put("canary-decided", new BatchEvent.CanaryDecided(AT, 21, List.of(GoldenJobs.guardResult()), null));
        events.put(
                "canary-decided-early", new BatchEvent.CanaryDecided(AT, 0, List.of(), "partition 7 failed 3 times"));
        events.put("candidate-promoted", new BatchEvent.CandidatePromoted(AT, "champion", null));
        events.put(
                "candidate-promoted-written-back",
                new BatchEvent.CandidatePromoted(
                        AT, "champion", null, "on the MLflow server, the alias champion points to mlflow:/delays/8"));
        events.put(
                "submitted-untried",
                new BatchEvent.Submitted(
                        AT,
                        BATCH,
                        GoldenJobs.rollout(),
                        MODEL,
                        null,
                        null,
                        null,
                        null,
                        "airflow",
                        "the MLflow server is away"));
        events.put(
                "candidate-not-promoted",
                new BatchEvent.CandidatePromoted(AT, "champion", "delays@champion is version 5, not version 3"));
        events.put(
                "committed-comparison",
                new BatchEvent.Committed(AT, List.of(used.withComparison(GoldenJobs.comparison()))));
        events.put(
                "submitted-shadow",
                new BatchEvent.Submitted(AT, BATCH, GoldenJobs.shadow(), MODEL, null, null, null, CANDIDATE));
        events.put("shadow-started", new BatchEvent.ShadowStarted(AT, List.of(0, 7, 14)));
        events.put("shadow-abandoned", new BatchEvent.ShadowAbandoned(AT, "the file is damaged"));
        events.put(
                "committed-differences",
                new BatchEvent.Committed(AT, List.of(used.withComparison(GoldenJobs.differences()))));
        events.put(
                "committed-failed-candidate",
                new BatchEvent.Committed(
                        AT, List.of(used.withComparison(ModelComparison.failed("the file is damaged")))));
        events.put("outage-ended", new BatchEvent.OutageEnded(AT));
        events.put("failed", new BatchEvent.Failed(AT, Failure.permanent("the column «délai» is missing")));
        events.put("paused", new BatchEvent.Paused(AT, "the warehouse is being loaded"));
        events.put("paused-by", new BatchEvent.Paused(AT, "the warehouse is being loaded", "ops"));
        events.put("resumed", new BatchEvent.Resumed(AT));
        events.put("resumed-by", new BatchEvent.Resumed(AT, "ops"));
        events.put(
                "submitted-due",
                new BatchEvent.Submitted(AT, BATCH, GoldenJobs.csv(), MODEL, "07".repeat(32), AT.minusSeconds(60)));
        events.put("submitted-incremental", submitted(GoldenJobs.incremental()));
        events.put("submitted-new-files", submitted(GoldenJobs.newFiles()));
        events.put("submitted-changed-rows", submitted(GoldenJobs.changedRows()));
        events.put("window-ignored", new BatchEvent.WindowIgnored(AT, "ops"));
        events.put("submitted-retention", new BatchEvent.Submitted(AT, BATCH, GoldenJobs.retention(), MODEL, null));
        events.put("submitted-checks", new BatchEvent.Submitted(AT, BATCH, GoldenJobs.checks(), MODEL, null));
        events.put(
                "checked",
                new BatchEvent.Checked(
                        AT,
                        List.of(
                                new CheckResult(GoldenJobs.rowsCheck(), 2_000_000, true),
                                new CheckResult(GoldenJobs.nullsCheck(), 0.34, false))));
        events.put(
                "checked-compared",
                new BatchEvent.Checked(
                        AT,
                        List.of(
                                new CheckResult(GoldenJobs.psiCheck(), 0.34, false, BATCH, null, null),
                                new CheckResult(GoldenJobs.meanCheck(), 0.5, false, BATCH, 0.5, 0.75)),
                        List.of(GoldenJobs.distribution(), new Distribution("age", 3, 128, -1, List.of(), null))));
        events.put(
                "parts-reused",
                new BatchEvent.PartsReused(
                        AT,
                        2,
                        List.of(PartitionCommitBuilder.builder()
                                .partition(1)
                                .epoch(new Epoch(4, 17))
                                .node("node-b:25520")
                                .firstRow(25)
                                .rows(25)
                                .read(25)
                                .part(new OutputFile(24, 4_096, "d4".repeat(32)))
                                .quarantine(new OutputFile(1, 512, "c3".repeat(32)))
                                .model("0b".repeat(32))
                                .build()
                                .reused(1))));
        events.put("approved", new BatchEvent.Approved(AT, "the app was down yesterday", "ops"));
        events.put("rescored", new BatchEvent.Rescored(AT, List.of(3, 0)));
        events.put("rescored-by", new BatchEvent.Rescored(AT, List.of(3, 0), "ops"));
        events.put("retried", new BatchEvent.Retried(AT));
        events.put("retried-by", new BatchEvent.Retried(AT, "ops"));
        events.put("published", new BatchEvent.Published(AT, "/out/batch=" + BATCH, "e5".repeat(32)));
        events.put(
                "published-several",
                new BatchEvent.Published(
                        AT,
                        "/out/batch=" + BATCH,
                        "e5".repeat(32),
                        List.of(new PublishedOutput("table delays in data source warehouse", "e7".repeat(32)))));
        events.put("removal-begun", new BatchEvent.RemovalBegun(AT, "ops", "a wrong model"));
        events.put("unpublished", new BatchEvent.Unpublished(AT));
        events.put("removed", new BatchEvent.Removed(AT));
        events.put(
                "redrive-begun",
                new BatchEvent.RedriveBegun(AT, 1, GoldenJobs.csv(), "value = 'n/a'", "ops", "the source is repaired"));
        events.put("redrive-begun-least", new BatchEvent.RedriveBegun(AT, 1, null, null, "ops", ""));
        events.put(
                "redrive-failed", new BatchEvent.RedriveFailed(AT, Failure.permanent("the column «délai» is missing")));
        PartitionCommit healed = PartitionCommitBuilder.builder()
                .partition(4)
                .epoch(new Epoch(3, 1))
                .node("node-b:25520")
                .firstRow(0)
                .rows(5)
                .read(5)
                .part(new OutputFile(3, 4_096, "d4".repeat(32)))
                .quarantine(new OutputFile(2, 512, "c3".repeat(32)))
                .model(MODEL.sha256())
                .build();
        events.put(
                "supplement-committed",
                new BatchEvent.SupplementCommitted(AT, new Supplement(1, AT, healed, List.of(late))));
        events.put(
                "withdrawal-begun",
                new BatchEvent.WithdrawalBegun(AT, Failure.permanent("the table was rewritten by another program")));
        events.put("supplement-published", new BatchEvent.SupplementPublished(AT, "e6".repeat(32)));
        events.put(
                "supplement-published-several",
                new BatchEvent.SupplementPublished(AT, "e6".repeat(32), List.of("e8".repeat(32))));
        events.put(
                "committed-several",
                new BatchEvent.Committed(
                        AT,
                        List.of(PartitionCommitBuilder.builder()
                                .partition(4)
                                .epoch(new Epoch(3, 1))
                                .node("node-b:25520")
                                .firstRow(0)
                                .rows(5)
                                .read(5)
                                .part(new OutputFile(
                                        3, 4_096, "d4".repeat(32), List.of(new OutputFile(3, 2_048, "d5".repeat(32)))))
                                .quarantine(new OutputFile(
                                        2,
                                        512,
                                        "c3".repeat(32),
                                        List.of(),
                                        List.of(new OutputFile(2, 256, "c4".repeat(32)))))
                                .model(MODEL.sha256())
                                .build())));
        events.put("cancelled", new BatchEvent.Cancelled(AT, "given up for a later batch"));
        events.put("cancelled-by", new BatchEvent.Cancelled(AT, "wrong input", "ops"));
        return events;
    }

    private static BatchEvent submitted(Job job) {
        return new BatchEvent.Submitted(AT, BATCH, job, MODEL, "07".repeat(32));
    }

    static Map<String, BatchRegisterEvent> register() {
        Map<String, BatchRegisterEvent> events = new LinkedHashMap<>();
        events.put(
                "opened",
                new BatchRegisterEvent.Opened(
                        AT,
                        BATCH,
                        new Submission(GoldenJobs.plain(), "f6".repeat(32), "07".repeat(32), MODEL),
                        null,
                        null));
        events.put(
                "opened-with-key",
                new BatchRegisterEvent.Opened(
                        AT,
                        BATCH,
                        new Submission(GoldenJobs.plain(), "f6".repeat(32), "07".repeat(32), MODEL),
                        "2026-11-24",
                        "airflow"));
        events.put(
                "opened-reuse",
                new BatchRegisterEvent.Opened(
                        AT,
                        BATCH,
                        new Submission(
                                GoldenJobs.csv(),
                                "f6".repeat(32),
                                "07".repeat(32),
                                MODEL,
                                null,
                                new Reuse("flights-20261123t231425-0a1b", List.of(), "0b".repeat(32))),
                        null,
                        "airflow"));
        events.put("keyed", new BatchRegisterEvent.Keyed(AT, BATCH, "2026-11-25", "f6".repeat(32)));
        events.put("keyed-job", new BatchRegisterEvent.Keyed(AT, BATCH, "2026-11-25", "f6".repeat(32), "flights"));
        events.put(
                "archived",
                new BatchRegisterEvent.Archived(
                        AT,
                        BATCH,
                        List.of(new BatchId("flights-20261123t231425-0a1b"), BATCH),
                        List.of(new BatchRegisterEvent.SubmissionKey("flights", "2026-11-25")),
                        5_000_000_000L));
        events.put("ended-published", new BatchRegisterEvent.Ended(AT, BATCH, Phase.PUBLISHED));
        events.put(
                "ended-published-run",
                new BatchRegisterEvent.Ended(
                        AT, BATCH, Phase.PUBLISHED, new PastRun(5_000_000_000L, 7_200_000, 1_500, 7.5)));
        events.put(
                "ended-published-input",
                new BatchRegisterEvent.Ended(AT, BATCH, Phase.PUBLISHED, null, "08".repeat(32)));
        events.put(
                "resubmitted",
                new BatchRegisterEvent.Resubmitted(
                        AT, BATCH, new Submission(GoldenJobs.extended(), "f6".repeat(32), "08".repeat(32), MODEL)));
        events.put(
                "ended-published-read",
                new BatchRegisterEvent.Ended(
                        AT,
                        BATCH,
                        Phase.PUBLISHED,
                        null,
                        null,
                        new ReadTimes("3b".repeat(16), List.of(new TimeRange(AT.minusSeconds(60), AT)))));
        events.put(
                "ended-published-candidate",
                new BatchRegisterEvent.Ended(AT, BATCH, Phase.PUBLISHED, null, null, null, CANDIDATE));
        events.put("ended-cancelled", new BatchRegisterEvent.Ended(AT, BATCH, Phase.CANCELLED));
        Submission lost = new Submission(GoldenJobs.plain(), "f6".repeat(32), "07".repeat(32), MODEL);
        events.put("reentered", new BatchRegisterEvent.Reentered(AT.plusSeconds(60), BATCH, AT, lost, null));
        events.put(
                "reentered-superseded",
                new BatchRegisterEvent.Reentered(AT.plusSeconds(60), BATCH, AT, lost, null, true));
        events.put(
                "reentered-published",
                new BatchRegisterEvent.Reentered(AT.plusSeconds(60), BATCH, AT, lost, Phase.PUBLISHED));
        return events;
    }

    /// Batches of the archive.
    static Map<String, RegisteredBatch> archive() {
        RunKey run = new RunKey("flights", List.of(new Parameter("day", ParameterType.DATE, "2026-11-24")));
        return Map.of(
                "published",
                new RegisteredBatch(
                        BATCH,
                        5_000_000_000L,
                        AT,
                        run,
                        "f6".repeat(32),
                        "07".repeat(32),
                        MODEL,
                        null,
                        null,
                        false,
                        Phase.PUBLISHED));
    }

    /// Snapshots of the batch register.
    static Map<String, BatchRegisterSnapshot> snapshots() {
        RegisteredBatch open = new RegisteredBatch(
                BATCH,
                7,
                AT,
                new RunKey("flights", List.of()),
                "f6".repeat(32),
                "07".repeat(32),
                MODEL,
                new Submission(GoldenJobs.plain(), "f6".repeat(32), "07".repeat(32), MODEL),
                "nightly",
                true,
                null);
        return Map.of(
                "register",
                new BatchRegisterSnapshot(
                        List.of(Objects.requireNonNull(archive().get("published")), open),
                        List.of(new BatchRegisterSnapshot.JobBatches(
                                "flights",
                                8,
                                BATCH,
                                7,
                                AT,
                                BATCH,
                                6,
                                List.of(new PastRun(5_000_000_000L, 7_200_000, 1_500, 7.5)))),
                        List.of(new BatchRegisterSnapshot.KeyUse("flights", "2026-11-25", "f6".repeat(32), BATCH)),
                        8,
                        BATCH,
                        3,
                        5_000_000_000L,
                        4,
                        List.of(new ReadTimes("3b".repeat(16), List.of(new TimeRange(null, AT))))));
    }

    static Map<String, ScheduledJobEvent> jobs() {
        Instant tick = Instant.parse("2026-11-25T01:00:00Z");
        String run = "tick:2026-11-25T01:00:00Z";
        Map<String, String> day = Map.of("day", "2026-11-24");
        Map<String, ScheduledJobEvent> events = new LinkedHashMap<>();
        events.put("applied", new ScheduledJobEvent.Applied(AT, 2, "job: flights\n", null, "ops", AT));
        events.put("applied-folder", new ScheduledJobEvent.Applied(AT, 1, "job: flights\n", "/jobs", "ops", AT));
        events.put("paused", new ScheduledJobEvent.Paused(AT, "the warehouse is being loaded", "ops"));
        events.put("resumed", new ScheduledJobEvent.Resumed(AT, "ops"));
        events.put("deleted", new ScheduledJobEvent.Deleted(AT, "ops"));
        events.put("tick-due", new ScheduledJobEvent.TickDue(AT, tick, day, 2));
        events.put(
                "ticks-skipped",
                new ScheduledJobEvent.TicksSkipped(AT, tick, tick.plusSeconds(7_200), 3, true, "no node was up", 2));
        ScheduledJobEvent.Observation observation =
                new ScheduledJobEvent.Observation("a1".repeat(32), "/lake/*.parquet", 5_000_000_000L, 70);
        events.put("trigger-fired", new ScheduledJobEvent.TriggerFired(AT, observation, day, 2));
        events.put("source-shrunk", new ScheduledJobEvent.SourceShrunk(AT, observation));
        events.put("requested", new ScheduledJobEvent.Requested(AT, "2f6a", day, 2, "ops"));
        events.put("run-started", new ScheduledJobEvent.RunStarted(AT, run, BATCH, false));
        events.put("run-postponed", new ScheduledJobEvent.RunPostponed(AT, run, "there is no folder /in"));
        events.put("run-refused", new ScheduledJobEvent.RunRefused(AT, run, "there is no model m"));
        events.put("run-skipped", new ScheduledJobEvent.RunSkipped(AT, run, "the run before is not over"));
        events.put("run-ended", new ScheduledJobEvent.RunEnded(AT, run, Phase.PUBLISHED, null));
        events.put("run-ended-failed", new ScheduledJobEvent.RunEnded(AT, run, Phase.FAILED, "the disk is full"));
        events.put(
                "backfill-started",
                new ScheduledJobEvent.BackfillStarted(
                        AT, "2f6a", new BackfillRequest("2026-11-01", "2026-11-25", 3, true, "day"), 2, 25, "ops"));
        events.put("backfill-run-started", new ScheduledJobEvent.BackfillRunStarted(AT, "2f6a", 7, BATCH, true));
        events.put(
                "backfill-run-ended",
                new ScheduledJobEvent.BackfillRunEnded(AT, "2f6a", 7, Phase.FAILED, "the disk is full"));
        events.put("backfill-run-refused", new ScheduledJobEvent.BackfillRunEnded(AT, "2f6a", 8, null, "no model m"));
        events.put(
                "backfill-controlled",
                new ScheduledJobEvent.BackfillControlled(AT, "2f6a", BackfillControl.CANCEL, "ops"));
        return events;
    }

    static Map<String, JobCatalogueEvent> catalogue() {
        return Map.of(
                "added", new JobCatalogueEvent.Added(AT, "flights"),
                "removed", new JobCatalogueEvent.Removed(AT, "flights"));
    }

    static Map<String, AlertEvent> alerts() {
        Map<String, AlertEvent> events = new LinkedHashMap<>();
        String key = "batch/%s/failed/1795907665123".formatted(BATCH);
        events.put(
                "raised",
                new AlertEvent.Raised(
                        AT,
                        17,
                        key,
                        AlertSubject.of(BATCH),
                        AlertCause.FAILED,
                        21_504,
                        "flights",
                        "Batch %s failed: the column is missing".formatted(BATCH),
                        List.of("ops", "chat")));
        events.put(
                "raised-node",
                new AlertEvent.Raised(
                        AT,
                        18,
                        "node/node-b:25520/node-excluded/1795907665123",
                        AlertSubject.node("node-b:25520"),
                        AlertCause.NODE_EXCLUDED,
                        1_795_907_665_123L,
                        null,
                        "Node node-b:25520 gets no work",
                        List.of("ops")));
        events.put("send-started", new AlertEvent.SendStarted(AT, 17, "ops", AlertStep.RAISED, 1, null));
        events.put(
                "send-started-again",
                new AlertEvent.SendStarted(
                        AT, 17, "ops", AlertStep.RAISED, 2, "the receiver answered with status 503"));
        events.put("delivered", new AlertEvent.Delivered(AT, 17, "ops", AlertStep.RAISED));
        events.put("gave-up", new AlertEvent.GaveUp(AT, 17, "chat", AlertStep.RAISED, "nothing listens there"));
        events.put("resolved", new AlertEvent.Resolved(AT.plusSeconds(60), 17, 22_528, "The batch is published."));
        return events;
    }

    /// The content of every golden file, by its path below `golden`.
    public static Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        batch().forEach((name, event) -> files.put("batch/" + name + ".cbor", EventCodec.encode(event)));
        register()
                .forEach((name, event) ->
                        files.put("register/" + name + ".cbor", EventCodec.encodeRegisterEvent(event)));
        jobs().forEach((name, event) -> files.put("job/" + name + ".cbor", EventCodec.encodeJobEvent(event)));
        catalogue()
                .forEach((name, event) ->
                        files.put("catalogue/" + name + ".cbor", EventCodec.encodeCatalogueEvent(event)));
        alerts().forEach((name, event) -> files.put("alerts/" + name + ".cbor", EventCodec.encodeAlertEvent(event)));
        archive().forEach((name, batch) -> files.put("archive/" + name + ".cbor", EventCodec.encodeArchived(batch)));
        snapshots()
                .forEach((name, snapshot) -> files.put(
                        "snapshot/" + name + ".cbor",
                        EventCodec.encodeSnapshot(BatchRegisterSnapshot.class, snapshot)));
        return files;
    }
}
