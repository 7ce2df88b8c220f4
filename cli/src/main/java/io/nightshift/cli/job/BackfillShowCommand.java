package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.JobRun;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `backfill show`.
@Command(
        name = "show",
        description = "Shows the progress of a backfill, and why runs have failed.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The backfill was shown. With --wait: all its runs are published.",
            "1:With --wait: a run has failed, or the backfill was cancelled.",
            "2:The command is wrong, or no server answers."
        })
final class BackfillShowCommand extends JobCommand {

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    @Mixin
    private final BackfillParameters wanted = new BackfillParameters();

    @Option(names = "--wait", description = "Waits until the backfill has ended.")
    private boolean waits;

    @Override
    protected int run(ClusterAccess cluster) {
        String id = wanted.id(cluster);
        Backfill backfill = ask(cluster, wanted.job(), client -> client.backfill(wanted.job(), id));
        if (waits) {
            backfill = await(cluster, backfill);
        }
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(backfill));
        } else {
            print(out(), backfill);
        }
        return waits ? status(backfill) : ExitStatus.DONE;
    }

    /// Waits until a backfill has ended, or, if the node ends with the command, is paused.
    static Backfill await(ClusterAccess cluster, Backfill first) {
        String job = first.job();
        Backfill backfill = first;
        if (cluster.endsWithCommand() && backfill.state().equals("running")) {
            // The node continues no backfill that it is not asked for.
            backfill = ask(cluster, job, client -> client.controlBackfill(job, first.id(), BackfillControl.RESUME));
        }
        while (backfill.endedAt() == null
                && !(cluster.endsWithCommand() && backfill.state().equals("paused"))) {
            LockSupport.parkNanos(INTERVAL.toNanos());
            backfill = ask(cluster, job, client -> client.backfill(job, first.id()));
        }
        return backfill;
    }

    /// The exit status for a backfill that the command has waited for.
    static int status(Backfill backfill) {
        return backfill.endedAt() != null
                        && backfill.failed() == 0
                        && !backfill.state().equals("cancelled")
                ? ExitStatus.DONE
                : ExitStatus.FAILED;
    }

    static void print(PrintWriter out, Backfill backfill) {
        TextTable table = new TextTable().left("").left("");
        table.row("backfill", backfill.id());
        table.row("job", "%s, revision %d".formatted(backfill.job(), backfill.revision()));
        table.row("dates", "%s to %s".formatted(backfill.from(), backfill.to()));
        table.row("state", backfill.state());
        table.row("started", BackfillTable.time(backfill.startedAt()) + " by " + backfill.startedBy());
        if (backfill.endedAt() != null) {
            table.row("ended", BackfillTable.time(backfill.endedAt()));
        }
        table.row("runs", "%d, %d at a time".formatted(backfill.runs(), backfill.parallel()));
        table.row("published", String.valueOf(backfill.published()));
        table.row("untouched", "%d, published before".formatted(backfill.untouched()));
        table.row("failed", String.valueOf(backfill.failed()));
        table.row("running", String.valueOf(backfill.running()));
        table.row("waiting", String.valueOf(backfill.waiting()));
        table.print(out);
        for (JobRun run : backfill.problems()) {
            out.println("%s: %s%s"
                    .formatted(
                            JobTimes.parameters(run.parameters()),
                            run.state(),
                            run.reason() == null ? "" : ": " + run.reason()));
        }
    }
}
