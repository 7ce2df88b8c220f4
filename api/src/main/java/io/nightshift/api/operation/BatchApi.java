package io.nightshift.api.operation;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.QuarantinePage;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Operations on batches.
public final class BatchApi {

    private static final Parameter BATCH =
            Parameter.path("batch", "A batch ID, the beginning of one if no other ID begins with it, or `latest`.");

    private static final Parameter CURSOR = Parameter.text("cursor", "The `next` of the previous page.");

    private static final Parameter PARAM = Parameter.query(
            "param",
            new Parameter.Pairs(),
            "The value of a parameter of the job, as NAME=VALUE, such as day=2026-11-25. Repeat it for each parameter. A parameter that is not among them has the job file's default.");

    /// Batches of all jobs, newest first.
    public static final Operation<BatchPage> LIST_BATCHES = Operation.get(
                    "listBatches", "/v1/batches", Role.READ, "Batches of all jobs, newest first")
            .with(
                    Parameter.text("job", "Only batches of this job."),
                    Parameter.query("state", new Parameter.Named("State"), "Only batches in this state."),
                    Parameter.limit(100, 20),
                    CURSOR,
                    Parameter.text(
                            "fields",
                            "The fields of each batch that the answer has, separated by commas: `batch,state,use.cost`. All fields by default."))
            .answers(BatchPage.class);

    /// Opens a batch of a job, or resumes the job's open batch.
    public static final Operation<SubmitResult> SUBMIT = Operation.post(
                    "submit", "/v1/batches", Role.SUBMIT, "Opens a batch of a job, or resumes the job's open batch")
            .describedAs(
                    "The body is a job file with absolute paths, which are resolved on the nodes. The answer is sent when the decision is durable.")
            .with(
                    Parameter.flag(
                            "new",
                            "Always starts a new batch. Cancels the job's open batch, and does not look for a published batch of the same input."),
                    Parameter.flag(
                            "full",
                            "Starts a new batch of an incremental job that reads all rows, also those that an earlier batch has read. Cancels the job's open batch."),
                    PARAM,
                    Parameter.key(
                            "^[!-~]{1,255}$",
                            "An idempotency key. Only the first submission of a job with this key opens a batch; every later submission returns that batch."))
            .with(Body.JOB_FILE)
            .mayBe(Refusal.REJECTED)
            .slow()
            .answers(
                    SubmitResult.class,
                    Response.json(201, "The result.", SubmitResult.class),
                    Response.json(
                            200,
                            "The batch already existed: it was resumed, it was published before, or the key was used before.",
                            SubmitResult.class));

    /// The state and progress of a batch.
    public static final Operation<BatchDescription> DESCRIBE = Operation.get(
                    "describe", "/v1/batches/{batch}", Role.READ, "The state and progress of a batch")
            .with(
                    BATCH,
                    Parameter.time(
                            "at", "The time for which the state is wanted, from the ledger; now if it is absent."))
            .answers(BatchDescription.class);

    /// How much the predictions and features of a batch differ from those of another.
    public static final Operation<DriftReport> READ_DRIFT = Operation.get(
                    "readDrift",
                    "/v1/batches/{batch}/drift",
                    Role.READ,
                    "How much the predictions and features of a batch differ from those of another")
            .with(
                    BATCH,
                    Parameter.text(
                            "against",
                            "The batch to compare with, written as `batch`. Without it, the batch that the checks have compared with."))
            .mayBe(Refusal.REFUSED)
            .answers(DriftReport.class);

    /// The partitions of a batch.
    public static final Operation<PartitionPage> LIST_PARTITIONS = Operation.get(
                    "listPartitions", "/v1/batches/{batch}/partitions", Role.READ, "The partitions of a batch")
            .with(
                    BATCH,
                    Parameter.query(
                            "state",
                            new Parameter.Choice(List.of("committed", "waiting"), null),
                            "Only partitions in this state."),
                    Parameter.limit(1000, 100),
                    CURSOR)
            .mayBe(Refusal.REFUSED)
            .answers(PartitionPage.class);

    /// The ledger of a batch.
    public static final Operation<EventPage> LIST_EVENTS = Operation.get(
                    "listEvents", "/v1/batches/{batch}/events", Role.READ, "The ledger of a batch")
            .with(
                    BATCH,
                    Parameter.query(
                            "after",
                            new Parameter.Number(0, Long.MAX_VALUE, 0L),
                            "The number of the entry after which the result begins."),
                    Parameter.limit(1000, 100))
            .mayBe(Refusal.REFUSED)
            .answers(EventPage.class);

    /// The quarantined rows of a batch.
    public static final Operation<QuarantinePage> QUARANTINE = Operation.get(
                    "quarantine", "/v1/batches/{batch}/quarantine", Role.READ, "The quarantined rows of a batch")
            .with(BATCH, Parameter.limit(1000, 100), CURSOR)
            .mayBe(Refusal.REFUSED)
            .answers(QuarantinePage.class);

    /// Why rows of a batch are quarantined.
    public static final Operation<QuarantineReasons> QUARANTINE_REASONS = Operation.get(
                    "quarantineReasons",
                    "/v1/batches/{batch}/quarantine/reasons",
                    Role.SUBMIT,
                    "Why rows of a batch are quarantined")
            .describedAs("The answer contains values of rows, so it needs the role submit.")
            .with(BATCH)
            .mayBe(Refusal.REFUSED)
            .answers(QuarantineReasons.class);

    /// The quarantined rows of a batch, with their values.
    public static final Operation<QuarantinedRowPage> QUARANTINED_ROWS = Operation.get(
                    "quarantinedRows",
                    "/v1/batches/{batch}/quarantine/rows",
                    Role.SUBMIT,
                    "The quarantined rows of a batch, with their values")
            .describedAs("The answer contains values of rows, so it needs the role submit.")
            .with(
                    BATCH,
                    Parameter.text("reason", "Only rows whose reason contains this text, in any case."),
                    Parameter.limit(1000, 100),
                    CURSOR)
            .mayBe(Refusal.REFUSED)
            .answers(QuarantinedRowPage.class);

    /// The first predictions of a published batch.
    public static final Operation<PredictionRows> PREDICTIONS = Operation.get(
                    "predictions",
                    "/v1/batches/{batch}/predictions",
                    Role.SUBMIT,
                    "The first predictions of a published batch")
            .describedAs("The answer contains values of rows, so it needs the role submit.")
            .with(BATCH, Parameter.query("limit", new Parameter.Number(1, 10000, 10L), "The largest number of rows."))
            .mayBe(Refusal.REFUSED)
            .answers(PredictionRows.class);

    /// Verifies a batch, as server-sent events.
    public static final Operation<Void> VERIFY = Operation.get(
                    "verify", "/v1/batches/{batch}/verify", Role.SUBMIT, "Verifies a batch, as server-sent events")
            .describedAs(
                    "The node compares the ledger, the output and the input of the batch, and changes nothing. Each finding is an event named `finding`, whose data is a VerificationFinding. The last event is named `proof`, and its data is a BatchProof; or `problem`, and its data is a Problem. When the client leaves, the verification ends with its next finding. A node verifies or replays one batch at a time.")
            .with(BATCH)
            .mayBe(Refusal.REFUSED)
            .answers(Response.text("The result.", "text/event-stream"));

    /// Scores partitions of a published batch again, as server-sent events.
    public static final Operation<Void> REPLAY = Operation.get(
                    "replay",
                    "/v1/batches/{batch}/replay",
                    Role.SUBMIT,
                    "Replays a published batch, as server-sent events")
            .describedAs(
                    "The node scores the batch again, from the same input and with the same model, and compares the scores with those that were published. It changes nothing. The events named `progress` have a ReplayProgress as data. The last event is named `report`, and its data is a ReplayReport; or `problem`, and its data is a Problem. When the client leaves, the replay ends with its next partition. A node verifies or replays one batch at a time.")
            .with(
                    BATCH,
                    Parameter.text(
                            "partitions",
                            "The partitions to score, such as `0,7,12-15`. Default: all that the batch has not reused from another one."),
                    Parameter.query(
                            "threads",
                            new Parameter.Number(1, Long.MAX_VALUE, 1L),
                            "The number of scoring threads, at most those of the node."))
            .mayBe(Refusal.REFUSED)
            .answers(Response.text("The result.", "text/event-stream"));

    /// Watches a batch, as server-sent events.
    public static final Operation<Void> WATCH = Operation.get(
                    "watch", "/v1/batches/{batch}/watch", Role.READ, "Watches a batch, as server-sent events")
            .describedAs(
                    "Each entry of the ledger is sent as an event. Its ID is the number of the entry, its name is the kind of the ledger event, and its data is an Event. The stream also has events named `progress`, without ID, whose data is a BatchDescription. The stream ends when the batch is published, failed or cancelled.")
            .with(
                    BATCH,
                    Parameter.query(
                            "after",
                            new Parameter.Number(0, Long.MAX_VALUE, 0L),
                            "The number of the entry after which the result begins."),
                    new Parameter(
                            "Last-Event-ID",
                            Parameter.Place.HEADER,
                            new Parameter.Number(0, Long.MAX_VALUE, null),
                            "Resumes the stream after this event."))
            .answers(
                    Response.text("The result.", "text/event-stream"),
                    Response.empty("The batch has ended, and has no event after the Last-Event-ID. Do not reconnect."));

    /// Pauses a batch: no more partitions are leased until it is resumed.
    public static final Operation<ControlResult> PAUSE = control(
                    "pause", "pause", "Pauses a batch: no more partitions are leased until it is resumed")
            .describedAs("Attempts in flight finish and are committed.")
            .with(Body.optional("Reason"))
            .answers(ControlResult.class);

    /// Resumes a paused batch.
    public static final Operation<ControlResult> RESUME = control("resume", "resume", "Resumes a paused batch")
            .with(Body.IGNORED)
            .answers(ControlResult.class);

    /// Cancels a batch.
    public static final Operation<ControlResult> CANCEL = control("cancel", "cancel", "Cancels a batch")
            .describedAs(
                    "The staged output is deleted. Refused if readers already see the batch, or if it is being published and the destination does not answer.")
            .with(Body.optional("Reason"))
            .answers(ControlResult.class);

    /// Retries a failed batch from its committed partitions.
    public static final Operation<ControlResult> RETRY = control(
                    "retry", "retry", "Retries a failed batch from its committed partitions")
            .describedAs("In a running batch, retries the partitions that have used up their attempts.")
            .with(Body.IGNORED)
            .answers(ControlResult.class);

    /// Lets a batch score outside its job's window.
    public static final Operation<ControlResult> IGNORE_WINDOW = control(
                    "ignoreWindow", "ignore-window", "Lets a batch score outside its job's window")
            .describedAs("Until the batch ends. Refused if the job has no window.")
            .with(Body.IGNORED)
            .answers(ControlResult.class);

    /// Publishes a batch that is held because a check of its job has failed.
    public static final Operation<ControlResult> APPROVE = control(
                    "approve", "approve", "Publishes a batch that is held because a check of its job has failed")
            .describedAs("Refused if the batch is not held.")
            .with(Body.optional("Reason"))
            .answers(ControlResult.class);

    /// Deletes the output of a published batch.
    public static final Operation<ControlResult> DELETE_BATCH = control(
                    "deleteBatch", "delete", "Deletes the output of a published batch")
            .describedAs(
                    "Readers stop seeing the batch at once. Its output is deleted after the grace period, and its ledger stays. Refused if the batch is not published, or if readers use it and `force` is not set: it is the newest of its job, or its run has an open batch.")
            .with(Body.optional("Deletion"))
            .answers(ControlResult.class);

    /// Scores quarantined rows of a published batch again.
    public static final Operation<ControlResult> REDRIVE_BATCH = control(
                    "redriveBatch", "redrive", "Scores quarantined rows of a published batch again")
            .describedAs(
                    "Adds the rows that can be scored now to the batch; rows that fail again stay quarantined. The answer comes when it is durable that the redrive has begun; `redrive` of the batch says how far it is. Refused if the batch is not published or has no quarantined rows, if another redrive is in progress, if the job differs from that of the batch in more than what is read and how, or if the destination can't take the rows.")
            .with(Body.optional("Redrive"))
            .answers(ControlResult.class);

    /// Rescores committed partitions.
    public static final Operation<ControlResult> RESCORE = control(
                    "rescore", "rescore", "Rescores committed partitions")
            .describedAs("Only for a batch that is not published.")
            .with(Body.required("Partitions"))
            .answers(ControlResult.class);

    /// Opens a batch that scores partitions of a published batch with another model, and reuses the other parts.
    public static final Operation<SubmitResult> RESCORE_WITH_MODEL = Operation.post(
                    "rescoreWithModel",
                    "/v1/batches/{batch}/successors",
                    Role.SUBMIT,
                    "Opens a batch that scores partitions of a published batch again with another model, and reuses its other parts")
            .describedAs(
                    "The same request again leads to the same batch. The answer is sent when the batch is durable.")
            .with(BATCH, Parameter.key("^[!-~]{1,255}$", "An idempotency key, as for a submission."))
            .with(Body.required("RescoreRequest"))
            .mayBe(Refusal.REJECTED)
            .slow()
            .auditedAs("rescore")
            .answers(
                    SubmitResult.class,
                    Response.json(201, "The result.", SubmitResult.class),
                    Response.json(
                            200,
                            "The batch already existed: it was resumed, it was published before, or the key was used before.",
                            SubmitResult.class));

    /// The columns that the next batch of a job writes, compared with those of its newest published batch.
    public static final Operation<SchemaReport> COMPARE_SCHEMA = Operation.post(
                    "compareSchema",
                    "/v1/schema",
                    Role.SUBMIT,
                    "The columns that the next batch of a job writes, compared with those of its newest published batch")
            .describedAs(
                    "The body is a job file with absolute paths, which are resolved on the nodes. Nothing is started.")
            .with(PARAM)
            .with(Body.JOB_FILE)
            .mayBe(Refusal.REJECTED)
            .slow()
            .answers(SchemaReport.class);

    /// The operations that change the course of a batch, by the verb of the [BatchControl].
    public static final Map<String, Operation<ControlResult>> CONTROLS = Operation.byVerb(
            PAUSE, RESUME, CANCEL, RETRY, IGNORE_WINDOW, APPROVE, DELETE_BATCH, REDRIVE_BATCH, RESCORE);

    static final List<Operation<?>> ALL = List.of(
            LIST_BATCHES,
            SUBMIT,
            DESCRIBE,
            READ_DRIFT,
            LIST_PARTITIONS,
            LIST_EVENTS,
            QUARANTINE,
            QUARANTINE_REASONS,
            QUARANTINED_ROWS,
            PREDICTIONS,
            VERIFY,
            REPLAY,
            WATCH,
            PAUSE,
            RESUME,
            CANCEL,
            RETRY,
            IGNORE_WINDOW,
            APPROVE,
            DELETE_BATCH,
            REDRIVE_BATCH,
            RESCORE,
            RESCORE_WITH_MODEL,
            COMPARE_SCHEMA);

    private BatchApi() {}

    /// An operation that changes the course of a batch.
    private static Operation.Draft control(String id, String verb, String summary) {
        return Operation.post(id, "/v1/batches/{batch}/" + verb, Role.ADMIN, summary)
                .with(BATCH)
                .mayBe(Refusal.REFUSED)
                .auditedAs(verb);
    }

    /// The operation of a control.
    public static Operation<ControlResult> of(BatchControl control) {
        return Objects.requireNonNull(CONTROLS.get(control.verb()), control.verb());
    }
}
