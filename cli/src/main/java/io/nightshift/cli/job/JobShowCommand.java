package io.nightshift.cli.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.Backfill;
import io.nightshift.api.JobRun;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.RunFilter;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `job show`.
@Command(
        name = "show",
        description = "Shows an applied job: its state, when it runs next, its last runs, and its open backfills.",
        mixinStandardHelpOptions = true)
final class JobShowCommand extends JobCommand {

    private static final int LAST_RUNS = 5;

    @Mixin
    private final JobParameter wanted = new JobParameter();

    @Option(names = "--text", description = "Prints the job file instead, as it was applied.")
    private boolean text;

    @Override
    protected int run(ClusterAccess cluster) {
        String name = wanted.name();
        AppliedJob job = ask(cluster, name, client -> client.appliedJob(name));
        if (text) {
            out().print(job.text());
            return ExitStatus.DONE;
        }
        List<JobRun> runs = ask(cluster, name, client -> client.runs(name, RunFilter.ALL.atMost(LAST_RUNS)))
                .runs();
        List<Backfill> open = ask(cluster, name, client -> client.backfills(name)).backfills().stream()
                .filter(backfill -> backfill.endedAt() == null)
                .toList();
        if (asJson()) {
            ObjectNode json = (ObjectNode) ApiJson.tree(job);
            json.set("runs", ApiJson.tree(runs));
            json.set("backfills", ApiJson.tree(open));
            JsonOutput.print(out(), json);
            return ExitStatus.DONE;
        }
        print(job, runs, open);
        return ExitStatus.DONE;
    }

    private void print(AppliedJob job, List<JobRun> runs, List<Backfill> open) {
        ZoneId zone = ZoneId.of(job.timeZone());
        TextTable table = JobTable.of(job, JobTable.header(job));
        AppliedJob.Pause pause = job.pause();
        table.row(
                "state",
                pause == null
                        ? "active"
                        : "paused since %s by %s%s"
                                .formatted(
                                        JobTimes.local(pause.at(), zone),
                                        pause.by(),
                                        pause.reason().isBlank() ? "" : ": " + pause.reason()));
        table.row("applied", "%s by %s".formatted(JobTimes.local(job.appliedAt(), zone), job.appliedBy()));
        table.row("open runs", "%d waiting, %d running".formatted(job.waiting(), job.running()));
        table.print(out());
        if (!runs.isEmpty()) {
            out().println();
            out().println("Last runs:");
            RunTable.of(runs, zone).print(out());
        }
        if (!open.isEmpty()) {
            out().println();
            out().println("Open backfills:");
            BackfillTable.of(open).print(out());
        }
    }
}
