package io.nightshift.node.gateway;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.AppliedJobList;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Applied jobs, however a request about them arrives: by a command, HTTP or a message. Each change is logged
/// in the audit log, and may be repeated. Stages fail with a [ProblemException]; a method throws it at once
/// if the request is wrong. Safe for several threads, none of which waits.
public interface AppliedJobs {

    /// Applies a job file.
    ///
    /// @param text the job file
    /// @param folder the absolute path of the folder that relative paths start from; null if all must be
    ///     absolute
    /// @param expected the job's name as the caller gives it beside the file, such as in a URL; null if it
    ///     gives none
    CompletionStage<ApplyResult> apply(Caller caller, String text, @Nullable String folder, @Nullable String expected);

    /// All applied jobs.
    CompletionStage<AppliedJobList> list();

    /// An applied job, with its job file.
    CompletionStage<AppliedJob> show(String job);

    /// Pauses a job.
    ///
    /// @param reason may be empty; at most 1,000 characters
    CompletionStage<AppliedJob> pause(Caller caller, String job, String reason);

    /// Resumes a job.
    CompletionStage<AppliedJob> resume(Caller caller, String job);

    /// Starts a run now.
    ///
    /// @param parameters values of the job's parameters by name
    /// @param id an idempotency key: 1 to 100 letters, digits, `-` and `_`; null for a new run in any case
    /// @return the run, with its batch unless the submission takes longer than 10 s
    CompletionStage<JobRun> trigger(Caller caller, String job, Map<String, String> parameters, @Nullable String id);

    /// Deletes a job.
    ///
    /// @return the job as it was last
    CompletionStage<AppliedJob> delete(Caller caller, String job);

    /// Which runs of a job.
    ///
    /// @param from the first time when they were due; null for all that are kept, and for those missing since
    ///     the first of them
    /// @param to the end of the range, exclusive; null for now
    /// @param missing whether to return ticks without a run
    /// @param failed whether to return runs that failed, were cancelled, refused or skipped. If neither flag
    ///     is set, all runs are returned
    record RunFilter(@Nullable Instant from, @Nullable Instant to, boolean missing, boolean failed) {

        /// Whether a run is among those that are wanted.
        public boolean accepts(JobRun run) {
            if (!missing && !failed) {
                return true;
            }
            return switch (run.state()) {
                case "missing" -> missing;
                case "failed", "cancelled", "refused", "skipped" -> failed;
                default -> false;
            };
        }
    }

    /// A page of a job's runs, newest first. It may hold fewer runs than the limit, even none, and still have
    /// a `next`. The state of a run is the present one: that of a run that was published by other means, too.
    ///
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param limit 1 to 200
    CompletionStage<JobRunPage> runs(String job, RunFilter filter, @Nullable String cursor, int limit);

    /// Starts a backfill.
    ///
    /// @param id an idempotency key: 1 to 100 letters, digits, `-` and `_`; null for a new backfill in any
    ///     case
    CompletionStage<Backfill> startBackfill(Caller caller, String job, BackfillRequest request, @Nullable String id);

    /// Plans a backfill. Starts nothing.
    CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request);

    /// The backfills of a job.
    CompletionStage<BackfillList> backfills(String job);

    /// One backfill.
    CompletionStage<Backfill> backfill(String job, String id);

    /// Changes the course of a backfill.
    CompletionStage<Backfill> controlBackfill(Caller caller, String job, String id, BackfillControl control);
}
