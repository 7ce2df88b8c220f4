package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.RetentionReport;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.NightshiftException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// A command about the batches that the retention of their jobs removes.
abstract class RetentionCommand extends ClusterCommand {

    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    private static final class Which {
        @Parameters(paramLabel = "JOB", description = "The name of a job.")
        private @Nullable String job;

        @Option(names = "--all", description = "All jobs.")
        private boolean all;
    }

    /// Whether the batches are only shown.
    abstract boolean isDryRun();

    /// The sentence about the batches of the table, with `%,d` for their number.
    abstract String done();

    @Override
    protected final int run(ClusterAccess cluster) {
        RetentionReport report;
        try {
            report = cluster.ask(client -> client.applyRetention(which.all ? null : which.job, isDryRun()));
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
        if (cluster.endsWithCommand() && !isDryRun()) {
            boolean isLeft = false;
            for (RetentionReport.Expired batch : report.batches()) {
                isLeft |= cluster.awaitRemoval(batch.batch()).removedAt() == null;
            }
            printLeft(err(), isLeft, serve());
        }
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(report));
            return ExitStatus.DONE;
        }
        if (report.batches().isEmpty()) {
            out().println("The retention removes no batch.");
            return ExitStatus.DONE;
        }
        TextTable table = new TextTable()
                .left("BATCH")
                .left("PUBLISHED")
                .left("RETENTION")
                .left("DESTINATION");
        report.batches()
                .forEach(batch -> table.row(
                        batch.batch(),
                        DisplayFormat.time(batch.publishedAt()),
                        batch.retention(),
                        batch.destination()));
        table.print(out());
        out().println(done().formatted(report.batches().size()) + (report.hasMore() ? " There are more." : ""));
        return ExitStatus.DONE;
    }

    /// Says who deletes the output of removed batches, since this process ends before the grace period.
    ///
    /// @param isLeft whether some output is left
    /// @param serve the command that runs a server
    static void printLeft(PrintWriter err, boolean isLeft, String serve) {
        if (isLeft) {
            err.println(
                    "Readers no longer see what is removed. After the grace period, a server deletes the files: %s. The same command again deletes them, too."
                            .formatted(serve));
        }
    }
}
