package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.api.JobRun;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.NightshiftClient;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `job list`.
@Command(
        name = "list",
        description = "Lists the applied jobs, with their next and their latest run.",
        mixinStandardHelpOptions = true)
final class JobListCommand extends JobCommand {

    @Option(names = "--all", description = "Lists jobs that were submitted and are not applied, too.")
    private boolean all;

    @Override
    protected int run(ClusterAccess cluster) {
        List<JobDescription> jobs = ask(cluster, "", NightshiftClient::jobs).jobs().stream()
                .filter(job -> all || job.applied() != null)
                .toList();
        if (asJson()) {
            JsonOutput.print(out(), jobs.stream().map(ApiJson::tree).toList());
            return ExitStatus.DONE;
        }
        if (jobs.isEmpty()) {
            out().println("No job is applied. `nightshift job apply` applies one.");
            return ExitStatus.DONE;
        }
        TextTable table = new TextTable()
                .left("JOB")
                .left("STATE")
                .left("SCHEDULE")
                .left("TRIGGER")
                .left("NEXT RUN")
                .left("LATEST RUN")
                .right("BATCHES");
        jobs.forEach(job -> row(table, job));
        table.print(out());
        return ExitStatus.DONE;
    }

    private static void row(TextTable table, JobDescription job) {
        String batches = String.format(Locale.ROOT, "%,d", job.batches());
        AppliedJob applied = job.applied();
        if (applied == null) {
            table.row(job.job(), "not applied", "-", "-", "-", "-", batches);
            return;
        }
        ZoneId zone = ZoneId.of(applied.timeZone());
        JobRun latest = applied.latest();
        table.row(
                job.job(),
                applied.pause() == null ? "active" : "paused",
                applied.cron() == null ? "-" : applied.cron(),
                applied.trigger() == null ? "-" : applied.trigger(),
                JobTimes.localOrDash(applied.next(), zone),
                latest == null ? "-" : latest.state() + " " + JobTimes.local(latest.dueAt(), zone),
                batches);
    }
}
