package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.attempt.Leases;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Parameter;
import io.nightshift.protocol.job.ParameterType;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;

/// A batch of three partitions of ten rows, and what may happen to it.
public final class ExampleBatch {

    public static final BatchId BATCH = new BatchId("flights-1");
    public static final Instant AT = Instant.parse("2026-11-24T23:14:25Z");
    public static final ModelVersion MODEL = new ModelVersion("delays", 1, "a1".repeat(32));
    public static final ModelVersion CANDIDATE = new ModelVersion("delays", 2, "b2".repeat(32));
    public static final String DIGEST = "b2".repeat(32);
    public static final String INPUT = "1".repeat(64);

    private ExampleBatch() {}

    public static Job job(Path source, Path destination, Job.ErrorPolicy errors) {
        return JobBuilder.builder()
                .name("flights")
                .model(new ModelReference.Champion("delays"))
                .source(new Job.Source(new ParquetInput(List.of(source.toString())), null, false, Map.of(), null))
                .destination(new ParquetDestination(destination.toString()))
                .partitions(new Job.Partitions(10))
                .errors(errors)
                .output(new Job.Output(List.of()))
                .build();
    }

    public static Job job() {
        return job(Path.of("/data/a.parquet"), Path.of("/out"), new Job.ErrorPolicy(0.1, null));
    }

    /// The run of a job for a day.
    ///
    /// @param day such as `2026-11-25`
    public static Job job(String day) {
        Job job = job();
        return JobBuilder.builder(job)
                .parameters(List.of(new Parameter("day", ParameterType.DATE, day)))
                .build();
    }

    /// The same job with other times.
    public static Job job(Job job, JobTiming timing, int priority) {
        return JobBuilder.builder(job).timing(timing).priority(priority).build();
    }

    /// The same job with another answer to an input that has changed.
    public static Job job(Job job, Job.@Nullable OnChange onChange) {
        Job.Source source = job.source();
        return job(
                job,
                new Job.Source(
                        source.input(),
                        source.id(),
                        source.uniqueId(),
                        source.select(),
                        source.where(),
                        source.unseen(),
                        source.failsIfEmpty(),
                        onChange));
    }

    /// The same job with another source.
    public static Job job(Job job, Job.Source source) {
        return JobBuilder.builder(job).source(source).build();
    }

    /// The same job with checks.
    public static Job job(Job job, List<BatchCheck> checks) {
        return JobBuilder.builder(job).checks(checks).build();
    }

    /// The same job with a rollout.
    public static Job job(Job job, Rollout rollout) {
        return JobBuilder.builder(job)
                .model(new ModelReference.Champion(MODEL.name()))
                .rollout(rollout)
                .build();
    }

    /// A rollout whose candidate must agree with the champion in 9 of 10 rows, and may quarantine 2 of 10.
    public static Rollout rollout(double share, Rollout.OnPass onPass, Rollout.OnFail onFail) {
        return new Rollout(
                new ModelReference.Alias(MODEL.name(), "candidate"),
                Rollout.Mode.CANARY,
                share,
                List.of(
                        new Rollout.Guard(Rollout.Measure.QUARANTINED, 0.2),
                        new Rollout.Guard(Rollout.Measure.AGREEMENT, 0.9)),
                onPass,
                onFail);
    }

    /// What both models have made of the predictions of a commit.
    public static ModelComparison comparison(long rows, long agreed) {
        DistributionCounter counter = DistributionCounter.ofPredictions(false);
        counter.count(new double[(int) rows], (int) rows);
        return new ModelComparison(agreed, counter.distribution(), counter.distribution(), 1_000 * rows, 1_000 * rows);
    }

    /// A check of a column for NULLs.
    public static BatchCheck nulls(double limit, BatchCheck.OnFail onFail) {
        return new BatchCheck(BatchCheck.Measure.NULLS, "age", limit, null, null, onFail);
    }

    /// Times with a window in UTC.
    public static JobTiming window(String from, String to, JobWindow.Outside outside) {
        return new JobTiming("UTC", null, null, new JobWindow(from, to, outside), null);
    }

    public static Submission submission(Job job) {
        return new Submission(job, "0".repeat(64), INPUT, MODEL);
    }

    public static Submission submission(Job job, String input) {
        return new Submission(job, "0".repeat(64), input, MODEL);
    }

    /// A worker that is nobody else.
    public static Leases.Holder holder(String node) {
        return new Leases.Holder(node, TestInbox.<WorkerMessage>create().getRef());
    }

    public static BatchEvent.Submitted submitted(Job job) {
        return new BatchEvent.Submitted(AT, BATCH, job, MODEL, INPUT);
    }

    public static BatchEvent.TookOver tookOver(int incarnation) {
        return new BatchEvent.TookOver(AT, incarnation, "node:1");
    }

    public static BatchEvent.Planned planned() {
        return new BatchEvent.Planned(
                AT, List.of(new SourceFile("/data/a.parquet", 300, AT, 30, "")), PartitionPlan.of(10, 10, 10));
    }

    public static BatchEvent.Committed committed(PartitionCommit... commits) {
        return new BatchEvent.Committed(AT, List.of(commits));
    }

    public static BatchEvent.Failed failed() {
        return new BatchEvent.Failed(AT, Failure.permanent("the reason"));
    }

    public static BatchEvent.AttemptFailed attemptFailed(int partition) {
        return new BatchEvent.AttemptFailed(
                AT, partition, new Epoch(1, 1), "node:1", Failure.transientFailure("the disk is full"));
    }

    public static BatchEvent.Published published() {
        return new BatchEvent.Published(AT, "/out/batch=flights-1", DIGEST);
    }

    public static BatchEvent.Cancelled cancelled() {
        return new BatchEvent.Cancelled(AT, "no longer needed");
    }

    /// A commit of ten rows.
    public static PartitionCommit commit(int partition, Epoch epoch, int quarantined) {
        return commit(partition, epoch, 10, quarantined);
    }

    public static PartitionCommit commit(int partition, Epoch epoch, int rows, int quarantined) {
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(epoch)
                .node("node:1")
                .firstRow((long) partition * rows)
                .rows(rows)
                .read(rows)
                .part(new OutputFile(rows - quarantined, 100, DIGEST))
                .quarantine(quarantined == 0 ? null : new OutputFile(quarantined, 50, DIGEST))
                .model(MODEL.sha256())
                .build();
    }

    /// The state after the events.
    public static BatchState state(BatchEvent... events) {
        return after(BatchState.initial(BATCH), events);
    }

    public static BatchState after(BatchState state, BatchEvent... events) {
        BatchState next = state;
        for (BatchEvent event : events) {
            next = next.apply(LedgerEntry.after(next.head(), event));
        }
        return next;
    }
}
