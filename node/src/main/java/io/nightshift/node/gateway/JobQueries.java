package io.nightshift.node.gateway;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.AppliedJobList;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.JobList;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.ClockChanges;
import io.nightshift.coordinator.schedule.UpcomingTicks;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Describes jobs and their runs from both sides: how they run by themselves, and the batches that they have.
/// Safe for several threads, none of which waits.
public final class JobQueries {

    private final BatchQueries batches;
    private final AppliedJobs schedules;

    public JobQueries(BatchQueries batches, AppliedJobs schedules) {
        this.batches = batches;
        this.schedules = schedules;
    }

    /// All submitted jobs, and all applied ones.
    public CompletionStage<JobList> list() {
        return batches.jobs().thenCombine(schedules.list(), JobQueries::merged);
    }

    private static JobList merged(JobList submitted, AppliedJobList applied) {
        TreeMap<String, JobDescription> jobs = new TreeMap<>();
        submitted.jobs().forEach(job -> jobs.put(job.job(), job));
        for (AppliedJob job : applied.jobs()) {
            JobDescription before = jobs.get(job.job());
            jobs.put(
                    job.job(),
                    before == null
                            ? new JobDescription(job.job(), 0, null, null, job)
                            : new JobDescription(
                                    job.job(), before.batches(), before.latest(), before.submittedAt(), job));
        }
        return new JobList(List.copyOf(jobs.values()));
    }

    /// An applied job, with its job file and its next ticks.
    public CompletionStage<AppliedJob> show(String job) {
        return schedules.show(job).thenApply(UpcomingTicks::describe);
    }

    /// Applies a job file, as [AppliedJobs#apply] does.
    ///
    /// @return the job with its next ticks, and warnings
    public CompletionStage<ApplyResult> apply(
            Caller caller, String text, @Nullable String folder, @Nullable String expected) {
        return schedules
                .apply(caller, text, folder, expected)
                .thenApply(result -> new ApplyResult(
                        UpcomingTicks.describe(result.job()),
                        result.created(),
                        result.changed(),
                        ClockChanges.warnings(result.job())));
    }

    /// A page of a job's runs, newest first, with the totals of their batches.
    ///
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param limit 1 to 200
    /// @return fails with a [ProblemException]
    public CompletionStage<JobRunPage> runs(
            String job, AppliedJobs.RunFilter filter, @Nullable String cursor, int limit) {
        return schedules.runs(job, filter, cursor, limit).thenCompose(this::withTotals);
    }

    private CompletionStage<JobRunPage> withTotals(JobRunPage page) {
        List<CompletableFuture<JobRun>> runs =
                page.runs().stream().map(this::withTotals).toList();
        return CompletableFuture.allOf(runs.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> new JobRunPage(
                        runs.stream().map(CompletableFuture::join).toList(), page.next()));
    }

    /// A batch that can't be described now leaves its run without totals.
    private CompletableFuture<JobRun> withTotals(JobRun run) {
        return run.batch() == null
                ? CompletableFuture.completedFuture(run)
                : batches.describe(run.batch())
                        .thenApply(run::withTotalsOf)
                        .exceptionally(problem -> run)
                        .toCompletableFuture();
    }
}
