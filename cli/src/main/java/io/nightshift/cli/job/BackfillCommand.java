package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.Subcommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.protocol.failure.FailureException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `backfill`: the runs of an applied job in a range of dates.
@Command(
        name = "backfill",
        description =
                "Runs an applied job for each date in a range, with the lowest priority: by default, only the runs"
                        + " that are missing or have failed. Returns when the backfill is durable. It continues after a crash of"
                        + " the server or of any node.",
        mixinStandardHelpOptions = true)
@Subcommands({
    BackfillListCommand.class,
    BackfillShowCommand.class,
    BackfillPauseCommand.class,
    BackfillResumeCommand.class,
    BackfillCancelCommand.class
})
public final class BackfillCommand extends JobCommand {

    // Not required, since the subcommands do without them.

    @Parameters(paramLabel = "JOB", arity = "0..1", description = "The name of an applied job.")
    private @Nullable String job;

    @Option(names = "--from", paramLabel = "DATE", description = "The first date, such as 2026-11-01.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "DATE", description = "The last date, such as 2026-11-25.")
    private @Nullable String to;

    @Option(names = "--dry-run", description = "Lists what the backfill would do, and starts nothing.")
    private boolean dryRun;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "1",
            description = "The most runs at the same time, 1 to 100 (default: ${DEFAULT-VALUE}).")
    private int parallel;

    @Option(names = "--all", description = "Runs again what is published already, too.")
    private boolean all;

    @Option(
            names = "--parameter",
            paramLabel = "NAME",
            description = "The parameter of the type date or timestamp that takes the dates, if the job has several.")
    private @Nullable String parameter;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "The idempotency key: 1 to 100 letters, digits, - and _. The same key again starts nothing more.")
    private @Nullable String key;

    @Override
    protected int run(ClusterAccess cluster) {
        if (job == null) {
            throw FailureException.permanent(
                    "name the job, such as `nightshift backfill churn --from 2026-11-01 --to" + " 2026-11-25`");
        }
        String name = job;
        BackfillRequest request = request();
        if (dryRun) {
            BackfillPlan plan = ask(cluster, name, client -> client.planBackfill(name, request));
            print(plan);
            return ExitStatus.DONE;
        }
        Backfill backfill = ask(cluster, name, client -> client.startBackfill(name, request, key));
        if (cluster.endsWithCommand()) {
            return await(cluster, backfill);
        }
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(backfill));
        } else {
            out().println("Started backfill %s of job %s with %d runs, %d at a time."
                    .formatted(backfill.id(), name, backfill.runs(), backfill.parallel()));
            out().println("Look at it: %s backfill show %s %s%s"
                    .formatted(ShellCommands.program(), name, backfill.id(), options()));
        }
        return ExitStatus.DONE;
    }

    /// Waits for the backfill, since the node ends with this command.
    private int await(ClusterAccess cluster, Backfill started) {
        if (!asJson()) {
            out().println("Started backfill %s of job %s with %d runs, %d at a time."
                    .formatted(started.id(), started.job(), started.runs(), started.parallel()));
            out().flush();
        }
        Backfill ended = BackfillShowCommand.await(cluster, started);
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(ended));
        } else {
            BackfillShowCommand.print(out(), ended);
        }
        return BackfillShowCommand.status(ended);
    }

    private BackfillRequest request() {
        LocalDate first = date("--from", from);
        LocalDate last = date("--to", to);
        if (last.isBefore(first)) {
            throw FailureException.permanent("--to %s lies before --from %s. Swap them".formatted(last, first));
        }
        if (parallel < 1 || parallel > 100) {
            throw FailureException.permanent("--parallel must be 1 to 100, not %d".formatted(parallel));
        }
        return new BackfillRequest(first.toString(), last.toString(), parallel, all, parameter);
    }

    private static LocalDate date(String option, @Nullable String text) {
        if (text == null) {
            throw FailureException.permanent("%s is missing. Give a date, such as 2026-11-25".formatted(option));
        }
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException e) {
            throw FailureException.permanent("%s must be a date such as 2026-11-25, not %s".formatted(option, text));
        }
    }

    private void print(BackfillPlan plan) {
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(plan));
            return;
        }
        long starts =
                plan.runs().stream().filter(BackfillPlan.PlannedRun::starts).count();
        TextTable table = new TextTable().left("RUN").left("NOW").left("BATCH").left("BACKFILL");
        for (BackfillPlan.PlannedRun planned : plan.runs()) {
            table.row(
                    JobTimes.parameters(planned.run().parameters()),
                    planned.run().state(),
                    planned.run().batch() == null ? "-" : planned.run().batch(),
                    planned.starts() ? "starts" : "leaves");
        }
        table.print(out());
        out().println("The backfill would start %d of %d runs. Nothing was started."
                .formatted(starts, plan.runs().size()));
    }
}
