package io.nightshift.client;

import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.ControlResult;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client of a cluster: reads its batches, and controls them, its jobs and its models.
///
/// Any number of threads may share a client. No method blocks: each returns a stage, which completes on a
/// thread of the client. Code that runs in a stage must not block for long; use the `…Async` methods of the
/// stage for that.
///
/// Every stage may fail with a [NightshiftException]. Its kind says whether trying again may help. All
/// requests can be repeated safely, and the client has then already retried as often as it was configured to.
///
/// A parameter `batch` is a batch's ID, a prefix of it that no other batch's ID has, or `latest`.
public interface NightshiftClient extends BatchReader, ModelAliases {

    /// Configures a client that connects over HTTP.
    ///
    /// @param server base URL of a node, such as `https://nightshift.example.org:7380`
    /// @param others other nodes of the same cluster, which the client tries when one doesn't answer
    /// @throws IllegalArgumentException if a URL has another scheme than `http` or `https`, or no host
    static HttpClientBuilder overHttp(URI server, URI... others) {
        return new HttpClientBuilder(server, List.of(others));
    }

    /// Submits a job: opens a batch of it, or resumes the job's open batch. When the stage completes, the
    /// batch is durable; nothing has been scored yet.
    ///
    /// Without a key in the options, the client generates one for this call, so that the call opens one batch
    /// even if the client has to retry. With a key in the options, such as the day, all calls for this job
    /// with the same key mean one batch, permanently.
    ///
    /// The stage fails with the kind `REJECTED` if the job file has mistakes, which
    /// [NightshiftException#problem()] then lists, or if the cluster can't run the job.
    ///
    /// @param job the text of a job file, in YAML or JSON; its paths are absolute, and the same on every node
    /// @param options whether to open another batch in any case, and the caller's key
    CompletionStage<SubmitResult> submit(String job, SubmitOptions options);

    /// Reads which columns the next batch of a job writes, and how they differ from those of its newest published
    /// batch. Starts nothing.
    ///
    /// The stage fails with the kind `REJECTED` as for [#submit].
    ///
    /// @param job the text of a job file, as for [#submit]
    /// @param parameters values of the job's parameters by name; a parameter that is not among them has the job
    ///     file's default
    CompletionStage<SchemaReport> compareSchema(String job, Map<String, String> parameters);

    /// Applies a job: the cluster runs it by itself from now on, by its schedule and its trigger, until it is
    /// deleted. Applying the same job file again changes nothing; a changed one becomes the job's new
    /// revision.
    ///
    /// The stage fails with the kind `REJECTED` if the job file has mistakes, which
    /// [NightshiftException#problem()] then lists, or if the cluster can't run the job.
    ///
    /// @param job the job's name, which the job file has too
    /// @param text the text of a job file, in YAML or JSON
    /// @param folder the absolute path of the folder on the nodes that relative paths in the job file start
    ///     from; null if all its paths are absolute
    CompletionStage<ApplyResult> applyJob(String job, String text, @Nullable String folder);

    /// Reads an applied job: its state, and when it runs next.
    ///
    /// @param job the job's name
    CompletionStage<AppliedJob> appliedJob(String job);

    /// Pauses an applied job: no further run is started until it is resumed. Batches that were started
    /// continue.
    ///
    /// @param job the job's name
    /// @param reason for the history; may be empty
    CompletionStage<AppliedJob> pauseJob(String job, String reason);

    /// Resumes an applied job. The schedule's `catch-up` decides about the ticks of the pause.
    ///
    /// @param job the job's name
    CompletionStage<AppliedJob> resumeJob(String job);

    /// Deletes an applied job: no further run is started. Batches that were started continue, and their
    /// predictions stay.
    ///
    /// @param job the job's name
    /// @return the job as it was last
    CompletionStage<AppliedJob> deleteJob(String job);

    /// Starts a run of an applied job now, in addition to its schedule.
    ///
    /// @param job the job's name
    /// @param parameters values of the job's parameters by name; a parameter that is not among them has the
    ///     job file's default
    /// @param key an idempotency key of 1 to 100 letters, digits, `-` and `_`: all requests with the same key
    ///     mean one run. Null to have the client generate one for this call
    /// @return the run, which may still wait for its batch
    CompletionStage<JobRun> triggerJob(String job, Map<String, String> parameters, @Nullable String key);

    /// Lists runs of an applied job, newest first.
    ///
    /// @param job the job's name
    /// @param filter the runs to list, and where the page begins
    CompletionStage<JobRunPage> runs(String job, RunFilter filter);

    /// Starts a backfill: the runs of an applied job in a range of dates, at a lower priority than its other
    /// runs.
    ///
    /// @param job the job's name
    /// @param request which runs
    /// @param key an idempotency key as for [#triggerJob]; null to have the client generate one for this call
    CompletionStage<Backfill> startBackfill(String job, BackfillRequest request, @Nullable String key);

    /// Says what a backfill would do, and starts nothing.
    ///
    /// @param job the job's name
    /// @param request which runs
    CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request);

    /// Lists the backfills of an applied job, newest first.
    ///
    /// @param job the job's name
    CompletionStage<BackfillList> backfills(String job);

    /// Reads the progress of a backfill.
    ///
    /// @param job the job's name
    /// @param id the backfill's ID
    CompletionStage<Backfill> backfill(String job, String id);

    /// Pauses, resumes or cancels a backfill.
    ///
    /// @param job the job's name
    /// @param id the backfill's ID
    /// @param control the change
    CompletionStage<Backfill> controlBackfill(String job, String id, BackfillControl control);

    /// Lists the nodes of the cluster: the state of each, and which faults keep it from work.
    CompletionStage<NodeList> nodes();

    /// Reports the verification of a batch. An error raises the alert `verification-failed`, and a
    /// verification without one ends it. When the stage completes, that is durable.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param report what the verification found
    CompletionStage<VerificationResult> reportVerification(String batch, VerificationReport report);

    /// Sends a test message to a channel of alerts. The stage completes when the channel's receiver has
    /// answered or its time is over, and says which.
    ///
    /// @param channel the name of the channel in the configuration of the nodes
    CompletionStage<AlertTestResult> testAlertChannel(String channel);

    /// Reads a page of a batch's partitions, in the order of the plan: the rows, the value of a partition
    /// key, and, of a committed partition, what was read and written.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param filter the partitions to read, and where the page begins
    CompletionStage<PartitionPage> partitions(String batch, PartitionFilter filter);

    /// Pauses, resumes, cancels, retries, rescores, approves, deletes or redrives a batch, or lets it ignore its
    /// window. When the stage completes, the change is durable.
    ///
    /// The stage fails with the kind `REFUSED` if the batch's state doesn't allow the control.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param control the change of the batch
    CompletionStage<ControlResult> control(String batch, BatchControl control);

    /// Opens a batch that scores partitions of a published batch again with another model, and reuses all other
    /// parts, unchanged. The same request again leads to the same batch. When the stage completes, the batch is
    /// durable.
    ///
    /// The stage fails with the kind `REJECTED` if the parts can't be reused, or the model does not fit.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param request the model and the partitions
    /// @param key an idempotency key as for [#submit]; null for none
    CompletionStage<SubmitResult> rescore(String batch, RescoreRequest request, @Nullable String key);

    /// Finds the published batches that the retention of their jobs removes, and removes them. When the stage
    /// completes, readers may still see them for a moment.
    ///
    /// @param job the name of a job; null for all jobs
    /// @param dryRun whether to remove nothing
    CompletionStage<RetentionReport> applyRetention(@Nullable String job, boolean dryRun);

    /// Follows a batch until it is published, failed, cancelled or damaged. If the connection is lost, the
    /// client reconnects and continues where it left off.
    ///
    /// An exception that the listener throws ends the watch, and the stage fails with it.
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param progress called with each new status that the client receives, by one thread at a time; must
    ///     not block
    /// @return completes with the last status; cancelling it ends the watch
    CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress);

    /// Closes the connections. Stages that haven't completed may fail or never complete.
    @Override
    void close();
}
