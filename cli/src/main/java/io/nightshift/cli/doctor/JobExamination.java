package io.nightshift.cli.doctor;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.api.JobRun;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.job.JobTimes;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.RunFilter;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.Diagnosis;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Examines whether the jobs that a server runs by itself get their batches: a run may be refused, or wait for
/// something that is away.
final class JobExamination {

    private static final String WHAT = "applied jobs";

    /// The most that a server gives at a time.
    private static final int PAGE = 200;

    private JobExamination() {}

    /// @param reason why no server is asked
    static Diagnosis withoutServer(@Nullable String reason) {
        return Diagnosis.fine(WHAT, "not examined: " + reason);
    }

    /// @param reason why the server gives no answer
    static Diagnosis unknown(@Nullable String reason) {
        return Diagnosis.warning(
                WHAT,
                "the server does not list them: " + reason,
                "If it needs a token, set the environment variable %s.".formatted(ServerOption.TOKEN));
    }

    /// One diagnosis for each job whose runs get no batch, or one that there is none.
    static List<Diagnosis> of(ClusterAccess cluster) {
        try {
            List<AppliedJob> jobs = cluster.ask(NightshiftClient::jobs).jobs().stream()
                    .map(JobDescription::applied)
                    .filter(Objects::nonNull)
                    .filter(job -> job.pause() == null)
                    .toList();
            List<Diagnosis> found = new ArrayList<>();
            for (AppliedJob job : jobs) {
                JobRun run = withoutBatch(job, cluster);
                if (run != null) {
                    found.add(problem(job, run));
                }
            }
            return found.isEmpty()
                    ? List.of(Diagnosis.fine(
                            WHAT, "%,d run by themselves; no latest run is refused or delayed".formatted(jobs.size())))
                    : found;
        } catch (NightshiftException | FailureException e) {
            return List.of(unknown(e.getMessage()));
        }
    }

    /// The latest run if it was refused, or the first of the waiting runs if something that it needs is away. The
    /// runs behind that one only wait for it, without a reason.
    private static @Nullable JobRun withoutBatch(AppliedJob job, ClusterAccess cluster) {
        JobRun latest = job.latest();
        if (latest == null) {
            return null;
        }
        if (latest.state().equals("refused") || isDelayed(latest)) {
            return latest;
        }
        if (job.waiting() < 2) {
            return null;
        }
        List<JobRun> runs = cluster.ask(client -> client.runs(job.job(), RunFilter.ALL.atMost(PAGE)))
                .runs();
        return runs.stream()
                .filter(JobExamination::isDelayed)
                .reduce((_, earlier) -> earlier)
                .orElse(null);
    }

    private static boolean isDelayed(JobRun run) {
        return run.state().equals("waiting") && run.reason() != null;
    }

    private static Diagnosis problem(AppliedJob job, JobRun run) {
        boolean isRefused = run.state().equals("refused");
        return Diagnosis.problem(
                "job " + job.job(),
                "the run of %s %s: %s"
                        .formatted(
                                JobTimes.local(run.dueAt(), ZoneId.of(job.timeZone())),
                                isRefused ? "was refused" : "waits",
                                run.reason()),
                isRefused
                        ? "Correct the job file and apply it again, or correct what it names. `nightshift job runs %s` lists the runs."
                                .formatted(job.job())
                        : "Bring back what is away; the run then starts by itself. `nightshift job runs %s` lists the runs."
                                .formatted(job.job()));
    }
}
