package io.nightshift.api.operation;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Operations on jobs, their runs and their backfills.
public final class JobApi {

    private static final Parameter JOB = Parameter.path("job", "The name of a job.");

    private static final Parameter BACKFILL = Parameter.path("backfill", "The ID of a backfill.");

    private static final Parameter CURSOR = Parameter.text("cursor", "The `next` of the previous page.");

    private static final Parameter PARAM = Parameter.query(
            "param",
            new Parameter.Pairs(),
            "The value of a parameter of the job, as NAME=VALUE, such as day=2026-11-25. Repeat it for each parameter. A parameter that is not among them has the job file's default.");

    /// All submitted jobs, and all applied ones.
    public static final Operation<JobList> LIST_JOBS = Operation.get(
                    "listJobs", "/v1/jobs", Role.READ, "All submitted jobs, and all applied ones")
            .answers(JobList.class);

    /// An applied job: its state, and when it runs next.
    public static final Operation<AppliedJob> SHOW_JOB = Operation.get(
                    "showJob", "/v1/jobs/{job}", Role.READ, "An applied job: its state, and when it runs next")
            .with(JOB)
            .answers(AppliedJob.class);

    /// Applies a job: the cluster runs it by its schedule and its trigger.
    public static final Operation<ApplyResult> APPLY_JOB = Operation.put(
                    "applyJob",
                    "/v1/jobs/{job}",
                    Role.SUBMIT,
                    "Applies a job: the cluster runs it by its schedule and its trigger")
            .describedAs(
                    "The body is a job file with the job's name. The same file again changes nothing; a changed file becomes the job's next revision. The answer is sent when the change is durable.")
            .with(
                    JOB,
                    Parameter.text(
                            "folder",
                            "The absolute path of the folder on the nodes that relative paths in the job file start from. Without it, all its paths must be absolute."))
            .with(Body.JOB_FILE)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .slow()
            .auditedAs("apply")
            .answers(
                    ApplyResult.class,
                    Response.json(201, "The job was not applied before.", ApplyResult.class),
                    Response.json(200, "The job was applied before.", ApplyResult.class));

    /// Deletes an applied job: no further run is started.
    public static final Operation<AppliedJob> DELETE_JOB = Operation.delete(
                    "deleteJob", "/v1/jobs/{job}", Role.ADMIN, "Deletes an applied job: no further run is started")
            .describedAs(
                    "Batches that were started continue, and their predictions stay. The answer is the job as it was last.")
            .with(JOB)
            .mayBe(Refusal.REFUSED)
            .auditedAs("delete")
            .answers(AppliedJob.class);

    /// Pauses an applied job: its schedule and its trigger start no run until it is resumed.
    public static final Operation<AppliedJob> PAUSE_JOB = Operation.post(
                    "pauseJob",
                    "/v1/jobs/{job}/pause",
                    Role.ADMIN,
                    "Pauses an applied job: its schedule and its trigger start no run until it is resumed")
            .describedAs("Batches that were started continue.")
            .with(JOB)
            .with(Body.optional("Reason"))
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .auditedAs("pause")
            .answers(AppliedJob.class);

    /// Resumes an applied job.
    public static final Operation<AppliedJob> RESUME_JOB = Operation.post(
                    "resumeJob", "/v1/jobs/{job}/resume", Role.ADMIN, "Resumes an applied job")
            .describedAs("The schedule's catch-up decides about the ticks of the pause.")
            .with(JOB)
            .with(Body.IGNORED)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .auditedAs("resume")
            .answers(AppliedJob.class);

    /// Starts a run of an applied job now, in addition to its schedule.
    public static final Operation<JobRun> TRIGGER_JOB = Operation.post(
                    "triggerJob",
                    "/v1/jobs/{job}/trigger",
                    Role.SUBMIT,
                    "Starts a run of an applied job now, in addition to its schedule")
            .describedAs("The answer is sent when the request is durable; the run may still wait for its batch.")
            .with(
                    JOB,
                    PARAM,
                    Parameter.key(
                            "^[A-Za-z0-9_-]{1,100}$",
                            "An idempotency key. All requests with the same key mean the same run or backfill."))
            .with(Body.IGNORED)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .auditedAs("trigger")
            .answers(JobRun.class);

    /// The runs of an applied job, newest first.
    public static final Operation<JobRunPage> LIST_RUNS = Operation.get(
                    "listRuns", "/v1/jobs/{job}/runs", Role.READ, "The runs of an applied job, newest first")
            .describedAs("A page may hold fewer runs than the limit, even none, and still have a next.")
            .with(
                    JOB,
                    Parameter.time("from", "Only runs that were due from this time on."),
                    Parameter.time("to", "Only runs that were due before this time."),
                    Parameter.flag("missing", "Returns ticks of the schedule that have no run."),
                    Parameter.flag(
                            "failed",
                            "Returns runs that failed, were cancelled, refused or skipped. If neither this nor missing is set, all runs are returned."),
                    Parameter.limit(200, 20),
                    CURSOR)
            .answers(JobRunPage.class);

    /// The backfills of an applied job, newest first.
    public static final Operation<BackfillList> LIST_BACKFILLS = Operation.get(
                    "listBackfills",
                    "/v1/jobs/{job}/backfills",
                    Role.READ,
                    "The backfills of an applied job, newest first")
            .with(JOB)
            .answers(BackfillList.class);

    /// Starts the runs of an applied job in a range of dates.
    public static final Operation<Backfill> START_BACKFILL = Operation.post(
                    "startBackfill",
                    "/v1/jobs/{job}/backfills",
                    Role.SUBMIT,
                    "Starts the runs of an applied job in a range of dates")
            .describedAs(
                    "The runs have a lower priority than the job's other runs. With dry-run, nothing is started, and the answer says what would be.")
            .with(
                    JOB,
                    Parameter.flag("dry-run", "Starts nothing."),
                    Parameter.key(
                            "^[A-Za-z0-9_-]{1,100}$",
                            "An idempotency key. All requests with the same key mean the same run or backfill."))
            .with(Body.required("BackfillRequest"))
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .slow()
            .auditedAs("backfill")
            .answers(
                    Backfill.class,
                    Response.json(201, "The backfill is durable.", Backfill.class),
                    Response.json(200, "With dry-run: what the backfill would do.", BackfillPlan.class));

    /// The progress of a backfill.
    public static final Operation<Backfill> SHOW_BACKFILL = Operation.get(
                    "showBackfill", "/v1/jobs/{job}/backfills/{backfill}", Role.READ, "The progress of a backfill")
            .with(JOB, BACKFILL)
            .answers(Backfill.class);

    /// Pauses a backfill: no further run is started until it is resumed.
    public static final Operation<Backfill> PAUSE_BACKFILL = Operation.post(
                    "pauseBackfill",
                    "/v1/jobs/{job}/backfills/{backfill}/pause",
                    Role.ADMIN,
                    "Pauses a backfill: no further run is started until it is resumed")
            .with(JOB, BACKFILL)
            .with(Body.IGNORED)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .answers(Backfill.class);

    /// Resumes a paused backfill.
    public static final Operation<Backfill> RESUME_BACKFILL = Operation.post(
                    "resumeBackfill",
                    "/v1/jobs/{job}/backfills/{backfill}/resume",
                    Role.ADMIN,
                    "Resumes a paused backfill")
            .with(JOB, BACKFILL)
            .with(Body.IGNORED)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .answers(Backfill.class);

    /// Cancels a backfill: no further run is started.
    public static final Operation<Backfill> CANCEL_BACKFILL = Operation.post(
                    "cancelBackfill",
                    "/v1/jobs/{job}/backfills/{backfill}/cancel",
                    Role.ADMIN,
                    "Cancels a backfill: no further run is started")
            .with(JOB, BACKFILL)
            .with(Body.IGNORED)
            .mayBe(Refusal.REFUSED, Refusal.REJECTED)
            .answers(Backfill.class);

    /// The operations that change the course of a backfill, by the verb of the [BackfillControl].
    public static final Map<String, Operation<Backfill>> BACKFILL_CONTROLS =
            Operation.byVerb(PAUSE_BACKFILL, RESUME_BACKFILL, CANCEL_BACKFILL);

    static final List<Operation<?>> ALL = List.of(
            LIST_JOBS,
            SHOW_JOB,
            APPLY_JOB,
            DELETE_JOB,
            PAUSE_JOB,
            RESUME_JOB,
            TRIGGER_JOB,
            LIST_RUNS,
            LIST_BACKFILLS,
            START_BACKFILL,
            SHOW_BACKFILL,
            PAUSE_BACKFILL,
            RESUME_BACKFILL,
            CANCEL_BACKFILL);

    private JobApi() {}

    /// The operation of a control.
    public static Operation<Backfill> of(BackfillControl control) {
        return Objects.requireNonNull(BACKFILL_CONTROLS.get(control.verb()), control.verb());
    }
}
