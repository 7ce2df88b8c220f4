package io.nightshift.protocol.gateway;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
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
import io.nightshift.api.VerificationResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A message of a program to a node's gateway; `docs/reference/messages.md` is its contract.
///
/// A program sends a [Request] in an [Authenticated]. The gateway declines a request without a token.
///
/// The gateway replies to every request, even if only with the reason why it failed. Every request may be
/// sent twice. A component `batch` is a batch's ID, a prefix of it that no other batch's ID has, or `latest`.
/// `replyTo` receives the reply.
public sealed interface GatewayCommand {

    /// The name of the gateway, an actor below `/system` on every node.
    String ACTOR = "gateway";

    /// A request with the caller's token.
    ///
    /// @param token a token that the node knows
    /// @param request what the caller wants; its reply is the answer
    record Authenticated(String token, Request request) implements GatewayCommand {

        /// Without the token, because this may be logged.
        @Override
        public String toString() {
            return "Authenticated[" + request + "]";
        }
    }

    /// A request of a program, without its token.
    sealed interface Request extends GatewayCommand {}

    /// Submits a job: opens a batch of the run that its parameters name, or resumes the run's open batch.
    /// The node resolves the model and inspects the source. It replies when the batch is durable.
    ///
    /// @param job the text of a job file, whose paths are absolute and the same on every node
    /// @param fresh whether to cancel an open batch of the job, and to run even if the same was published
    ///     before
    /// @param key the caller's idempotency key: 1 to 255 printable ASCII characters without spaces, or null.
    ///     All submissions of a job with the same key mean the batch of the first
    /// @param replyTo receives the reply
    /// @param parameters values of the job's parameters by name; a parameter that is not among them has the
    ///     job file's default
    /// @param full whether the new batch of an incremental job reads all rows; implies `fresh`
    /// @param timeout how long the caller waits for the reply. Afterwards, the node opens no batch. Null to open
    ///     one however long that takes
    record Submit(
            String job,
            boolean fresh,
            @Nullable String key,
            ActorRef<GatewayReply<SubmitResult>> replyTo,
            Map<String, String> parameters,
            boolean full,
            @Nullable Duration timeout)
            implements Request {
        public Submit {
            parameters = Map.copyOf(parameters);
        }
    }

    /// Asks which columns the next batch of a job writes, and how they differ from those of its newest published
    /// batch. The node resolves the model, and inspects the source and the destination. It starts nothing.
    ///
    /// @param job the text of a job file, as in [Submit]
    /// @param parameters values of the job's parameters by name, as in [Submit]
    /// @param replyTo receives the reply
    record CompareSchema(String job, Map<String, String> parameters, ActorRef<GatewayReply<SchemaReport>> replyTo)
            implements Request {
        public CompareSchema {
            parameters = Map.copyOf(parameters);
        }
    }

    /// Asks for a batch's status.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param replyTo receives the reply
    /// @param at the time for which to tell the state, from the ledger; null for now
    record Describe(
            String batch,
            ActorRef<GatewayReply<BatchDescription>> replyTo,
            @Nullable Instant at) implements Request {}

    /// Asks for a batch's status once it differs from the one that the caller knows. The node replies as soon
    /// as it does, and after ten seconds in any case. To watch the batch further, the caller sends another
    /// request.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param seen the status that the caller knows, or null to get a reply at once
    /// @param replyTo receives the reply
    record Watch(String batch, @Nullable BatchDescription seen, ActorRef<GatewayReply<BatchDescription>> replyTo)
            implements Request {}

    /// Asks for a page of batches, newest first. The page may hold fewer than the limit and still have a
    /// `next`.
    ///
    /// @param job the job's name, or null for all jobs
    /// @param state such as `running`, or null for all states
    /// @param limit the most batches in the page, 1 to 100
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param replyTo receives the reply
    record List(
            @Nullable String job,
            @Nullable String state,
            int limit,
            @Nullable String cursor,
            ActorRef<GatewayReply<BatchPage>> replyTo)
            implements Request {}

    /// Asks for all jobs that were ever submitted, and all applied jobs.
    ///
    /// @param replyTo receives the reply
    record ListJobs(ActorRef<GatewayReply<JobList>> replyTo) implements Request {}

    /// Asks for all nodes of the cluster. The node asks each of them for its faults, and replies after three
    /// seconds even if one has not answered.
    ///
    /// @param replyTo receives the reply
    record ListNodes(ActorRef<GatewayReply<NodeList>> replyTo) implements Request {}

    /// Asks a node for its own description. The nodes of a cluster ask each other without a token.
    ///
    /// @param replyTo receives the reply
    record DescribeNode(ActorRef<GatewayReply<NodeList.NodeDescription>> replyTo) implements Request {}

    /// Asks for a page of alerts, newest first. The page may hold fewer than the limit and still have a
    /// `next`.
    ///
    /// @param onlyOpen whether to leave out alerts whose cause has ended
    /// @param limit the most alerts in the page, 1 to 100
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param replyTo receives the reply
    record ListAlerts(boolean onlyOpen, int limit, @Nullable String cursor, ActorRef<GatewayReply<AlertPage>> replyTo)
            implements Request {}

    /// Reports the verification of a batch. An error raises the alert `verification-failed`, and a
    /// verification without one ends it. The node replies when that is durable.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param holds whether the verification found no error
    /// @param summary what it found, in one or two sentences; at most 1,000 characters
    /// @param replyTo receives the reply
    record ReportVerification(
            String batch, boolean holds, String summary, ActorRef<GatewayReply<VerificationResult>> replyTo)
            implements Request {}

    /// Sends a test message to a channel of alerts, by the node that receives this request. The node replies
    /// when the receiver of the channel has answered.
    ///
    /// @param channel the name of the channel in the node's configuration
    /// @param replyTo receives the reply
    record TestAlertChannel(String channel, ActorRef<GatewayReply<AlertTestResult>> replyTo) implements Request {}

    /// Asks for a page of a batch's history. The page may hold fewer entries than the limit and still have a
    /// `next`. An entry that is too large for a message comes without its event's fields, and with its size
    /// as `omitted_bytes`.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param after number of the last entry that the caller knows; 0 to begin with the first
    /// @param limit the most entries in the page, 1 to 1,000
    /// @param replyTo receives the reply
    record ReadEvents(String batch, long after, int limit, ActorRef<GatewayReply<EventPage>> replyTo)
            implements Request {}

    /// Asks for a page of a batch's partitions, in the order of the plan. The reply is a [PartitionPage].
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param state `committed` or `waiting`; null for all partitions
    /// @param limit most partitions in the page, 1 to 1,000. If they do not fit into a message, the page has fewer
    /// @param cursor `next` of the page before, or null for the first page
    /// @param replyTo receives the reply
    record ListPartitions(
            String batch,
            @Nullable String state,
            int limit,
            @Nullable String cursor,
            ActorRef<GatewayReply<PartitionPage>> replyTo)
            implements Request {}

    /// Asks how much the predictions and features of a batch differ from those of another. The reply is a
    /// [DriftReport].
    ///
    /// @param batch ID, unambiguous prefix of an ID, or `latest`
    /// @param against the batch to compare with, written as `batch`; null for the one that the checks have
    ///     compared with
    /// @param replyTo receives the reply
    record ReadDrift(String batch, @Nullable String against, ActorRef<GatewayReply<DriftReport>> replyTo)
            implements Request {}

    /// Pauses, resumes, cancels, retries or rescores a batch. The node replies when the change is durable.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param control the change of the batch
    /// @param replyTo receives the reply
    record Control(String batch, BatchControl control, ActorRef<GatewayReply<ControlResult>> replyTo)
            implements Request {}

    /// Opens a batch that scores partitions of a published batch again with another model, and reuses the other
    /// parts. The node replies when the batch is durable.
    ///
    /// @param batch a batch ID, a prefix that no other batch ID has, or `latest`
    /// @param wanted the model and the partitions
    /// @param key the idempotency key as in [Submit]; null for none
    /// @param replyTo receives the reply
    /// @param timeout as in [Submit]
    record RescoreBatch(
            String batch,
            RescoreRequest wanted,
            @Nullable String key,
            ActorRef<GatewayReply<SubmitResult>> replyTo,
            @Nullable Duration timeout)
            implements Request {}

    /// Asks which batches the retention of their jobs removes, and removes them. The node replies before
    /// readers stop seeing them.
    ///
    /// @param job the name of a job, or null for all jobs
    /// @param dryRun whether to remove nothing
    /// @param replyTo receives the reply
    record ApplyRetention(@Nullable String job, boolean dryRun, ActorRef<GatewayReply<RetentionReport>> replyTo)
            implements Request {}

    /// Moves an alias of a model to another version. The node replies when that is durable.
    ///
    /// @param model the model's name
    /// @param wanted the version and the alias
    /// @param replyTo receives the reply
    record PromoteModel(String model, PromoteRequest wanted, ActorRef<GatewayReply<AliasChange>> replyTo)
            implements Request {}

    /// Moves an alias of a model back to the version before. The node replies when that is durable, and names the
    /// batches that used the withdrawn version.
    ///
    /// @param model the model's name
    /// @param wanted the withdrawn version and the alias
    /// @param replyTo receives the reply
    record RollBackModel(String model, RollbackRequest wanted, ActorRef<GatewayReply<RollbackResult>> replyTo)
            implements Request {}

    /// Asks for the aliases of a model, and how they were moved.
    ///
    /// @param model the model's name
    /// @param replyTo receives the reply
    record ReadModelHistory(String model, ActorRef<GatewayReply<ModelHistory>> replyTo) implements Request {}

    /// Applies a job: the cluster runs it by itself from now on, by its schedule and its trigger. The node
    /// replies when that is durable.
    ///
    /// @param job the job's name, which the job file has too
    /// @param text the text of a job file
    /// @param folder the absolute path of the folder that relative paths in the job file start from; null if
    ///     all its paths are absolute
    /// @param replyTo receives the reply
    record ApplyJob(String job, String text, @Nullable String folder, ActorRef<GatewayReply<ApplyResult>> replyTo)
            implements Request {}

    /// Asks for an applied job.
    ///
    /// @param job the job's name
    /// @param replyTo receives the reply
    record DescribeJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) implements Request {}

    /// Pauses an applied job. The node replies when that is durable.
    ///
    /// @param job the job's name
    /// @param reason for the history; may be empty
    /// @param replyTo receives the reply
    record PauseJob(String job, String reason, ActorRef<GatewayReply<AppliedJob>> replyTo) implements Request {}

    /// Resumes an applied job. The node replies when that is durable.
    ///
    /// @param job the job's name
    /// @param replyTo receives the reply
    record ResumeJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) implements Request {}

    /// Deletes an applied job: no further run is started. The node replies when that is durable.
    ///
    /// @param job the job's name
    /// @param replyTo receives the job as it was last
    record DeleteJob(String job, ActorRef<GatewayReply<AppliedJob>> replyTo) implements Request {}

    /// Starts a run of an applied job now. The node replies when the request is durable; the run may still
    /// wait for its batch then.
    ///
    /// @param job the job's name
    /// @param parameters values of the job's parameters by name
    /// @param key the caller's idempotency key: 1 to 100 letters, digits, `-` and `_`, or null. All requests
    ///     with the same key mean one run
    /// @param replyTo receives the reply
    record TriggerJob(
            String job,
            Map<String, String> parameters,
            @Nullable String key,
            ActorRef<GatewayReply<JobRun>> replyTo) implements Request {
        public TriggerJob {
            parameters = Map.copyOf(parameters);
        }
    }

    /// Asks for a page of an applied job's runs, newest first. The page may hold fewer than the limit and
    /// still have a `next`.
    ///
    /// @param job the job's name
    /// @param from only runs that were due from this time on; null for all that are kept
    /// @param to only runs that were due before this time; null for now
    /// @param missing whether to return ticks without a run
    /// @param failed whether to return runs that failed, were cancelled, refused or skipped. If neither flag
    ///     is set, all runs are returned
    /// @param limit the most runs in the page, 1 to 200
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param replyTo receives the reply
    record ListRuns(
            String job,
            @Nullable Instant from,
            @Nullable Instant to,
            boolean missing,
            boolean failed,
            int limit,
            @Nullable String cursor,
            ActorRef<GatewayReply<JobRunPage>> replyTo)
            implements Request {}

    /// Starts a backfill of an applied job. The node replies when it is durable.
    ///
    /// @param job the job's name
    /// @param request which runs
    /// @param key the caller's idempotency key as in [TriggerJob], or null
    /// @param replyTo receives the reply
    record StartBackfill(
            String job, BackfillRequest request, @Nullable String key, ActorRef<GatewayReply<Backfill>> replyTo)
            implements Request {}

    /// Asks what a backfill would do. Starts nothing.
    ///
    /// @param job the job's name
    /// @param request which runs
    /// @param replyTo receives the reply
    record PlanBackfill(String job, BackfillRequest request, ActorRef<GatewayReply<BackfillPlan>> replyTo)
            implements Request {}

    /// Asks for the backfills of an applied job, newest first.
    ///
    /// @param job the job's name
    /// @param replyTo receives the reply
    record ListBackfills(String job, ActorRef<GatewayReply<BackfillList>> replyTo) implements Request {}

    /// Asks for the progress of a backfill.
    ///
    /// @param job the job's name
    /// @param id the backfill's ID
    /// @param replyTo receives the reply
    record DescribeBackfill(String job, String id, ActorRef<GatewayReply<Backfill>> replyTo) implements Request {}

    /// Pauses, resumes or cancels a backfill. The node replies when that is durable.
    ///
    /// @param job the job's name
    /// @param id the backfill's ID
    /// @param control the change
    /// @param replyTo receives the reply
    record ControlBackfill(String job, String id, BackfillControl control, ActorRef<GatewayReply<Backfill>> replyTo)
            implements Request {}
}
