package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.RunFilter;
import io.nightshift.protocol.failure.FailureException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `job runs`.
@Command(
        name = "runs",
        description = "Lists the runs of an applied job, newest first: when each was scheduled, started and ended, its"
                + " state, its rows and its duration.",
        mixinStandardHelpOptions = true)
final class JobRunsCommand extends JobCommand {

    /// The most that a server gives at a time.
    private static final int PAGE = 200;

    @Mixin
    private final JobParameter wanted = new JobParameter();

    @Option(names = "--missing", description = "Only ticks of the schedule that have no run.")
    private boolean missing;

    @Option(names = "--failed", description = "Only runs that failed, were cancelled, refused or skipped.")
    private boolean failed;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Only runs from this date on, in the job's time zone, or from this time on, such as"
                    + " 2026-11-25T01:00:00Z. With --missing, ticks before the job was applied count as well.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Only runs before this date or time; default: now.")
    private @Nullable String to;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "The largest number of runs to list (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    protected int run(ClusterAccess cluster) {
        if (limit < 1) {
            throw FailureException.permanent("--limit must be 1 or more, not %d".formatted(limit));
        }
        String name = wanted.name();
        AppliedJob job = ask(cluster, name, client -> client.appliedJob(name));
        ZoneId zone = ZoneId.of(job.timeZone());
        List<JobRun> runs = runs(cluster, name, time("--from", from, zone), time("--to", to, zone));
        if (asJson()) {
            JsonOutput.print(out(), runs.stream().map(ApiJson::tree).toList());
        } else if (runs.isEmpty()) {
            out().println(nothing());
        } else {
            RunTable.of(runs, zone).print(out());
        }
        return ExitStatus.DONE;
    }

    private List<JobRun> runs(ClusterAccess cluster, String name, @Nullable Instant first, @Nullable Instant end) {
        List<JobRun> runs = new ArrayList<>();
        String cursor = null;
        do {
            RunFilter filter = new RunFilter(first, end, missing, failed, Math.min(PAGE, limit - runs.size()), cursor);
            JobRunPage page = ask(cluster, name, client -> client.runs(name, filter));
            runs.addAll(page.runs());
            cursor = page.next();
        } while (cursor != null && runs.size() < limit);
        return runs;
    }

    private static @Nullable Instant time(String option, @Nullable String text, ZoneId zone) {
        if (text == null) {
            return null;
        }
        Instant time = JobTimes.parse(text, zone);
        if (time == null) {
            throw FailureException.permanent(
                    "%s must be a date such as 2026-11-25 or a time such as 2026-11-25T01:00:00Z, not %s"
                            .formatted(option, text));
        }
        return time;
    }

    private String nothing() {
        if (missing && failed) {
            return "No run is missing, and none has failed.";
        }
        return missing ? "No run is missing." : failed ? "No run has failed." : "The job has no run yet.";
    }
}
