package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Share;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.ValueType.Whole;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sections `errors` and `retry` of a job file: what happens when rows or work fail.
final class ErrorKeys {

    static final JobKey ERRORS = JobKey.optional(
                    "errors",
                    new Section(List.of(
                            JobKey.optional(
                                            "max-rate",
                                            new Share(),
                                            "The largest share of the input's rows that may be quarantined. Above it, the batch fails.",
                                            "1%")
                                    .or(Job.ErrorPolicy.DEFAULT_MAX_RATE)
                                    .inFingerprint(Job.ErrorPolicy.class, Job.ErrorPolicy::maxRate),
                            JobKey.optional(
                                            "max-rows",
                                            new Whole(0, Long.MAX_VALUE),
                                            "The largest number of rows that may be quarantined. Above it, the batch fails. Without this key, only `max-rate` applies.",
                                            "1000")
                                    .inFingerprint(Job.ErrorPolicy.class, Job.ErrorPolicy::maxRows),
                            JobKey.optional(
                                            "on-failed-partition",
                                            new Choice(List.of("fail", "continue")),
                                            "What happens when a partition has used up its attempts: `fail` fails the batch at once; `continue` scores all other partitions first, and then fails the batch with a list of the failed partitions. In both cases, no output is published.",
                                            "continue")
                                    .or("fail")
                                    .inFingerprintUnlessDefault(
                                            Job.ErrorPolicy.class,
                                            errors -> errors.scoresTheRest() ? "continue" : "fail"))),
                    "Conditions under which quarantined rows or failed partitions fail the batch.",
                    "")
            .from(Job.class, Job::errors);

    static final JobKey RETRY = JobKey.optional(
                    "retry",
                    new Section(List.of(
                            JobKey.optional(
                                            "attempts",
                                            new Whole(1, 100),
                                            "The number of attempts at a partition before it fails. Failures of storage or of a database do not count. Without this key, the cluster's `nightshift.batch.retry.attempts` applies.",
                                            "6")
                                    .from(Job.Retry.class, Job.Retry::attempts),
                            JobKey.optional(
                                            "storage",
                                            new Time(),
                                            "How long failures of storage (a file system or an object store) are retried, from the first failure on. After a success, the time starts anew. Without this key, the cluster's `nightshift.batch.retry.storage` applies.",
                                            "2h")
                                    .from(Job.Retry.class, Job.Retry::storage),
                            JobKey.optional(
                                            "database",
                                            new Time(),
                                            "How long failures of the destination's database are retried, as for `storage`. Without this key, the cluster's `nightshift.batch.retry.database` applies.",
                                            "30m")
                                    .from(Job.Retry.class, Job.Retry::database),
                            JobKey.optional(
                                            "node",
                                            new Time(),
                                            "How long the batch waits for a node that has no fault, for example a node that sees the input files. Without this key, the cluster's `nightshift.batch.retry.node` applies.",
                                            "1h")
                                    .from(Job.Retry.class, Job.Retry::node))),
                    "How often and how long failed work is retried. You can change these keys while a batch is open.",
                    "")
            .from(Job.class, Job::retry);

    private ErrorKeys() {}

    static Job.ErrorPolicy policy(JobValues values) {
        return new Job.ErrorPolicy(
                values.share("errors.max-rate"),
                values.wholeOrNull("errors.max-rows"),
                values.text("errors.on-failed-partition").equals("continue"));
    }

    static Job.@Nullable Retry retry(JobValues values) {
        return values.has("retry")
                ? new Job.Retry(
                        values.numberOrNull("retry.attempts"),
                        values.timeOrNull("retry.storage"),
                        values.timeOrNull("retry.database"),
                        values.timeOrNull("retry.node"))
                : null;
    }
}
