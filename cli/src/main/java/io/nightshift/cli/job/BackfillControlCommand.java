package io.nightshift.cli.job;

import io.nightshift.api.ApiJson;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import picocli.CommandLine.Mixin;

/// A command that changes the course of a backfill. It returns when the change is durable. Repeating it
/// changes nothing more.
abstract class BackfillControlCommand extends JobCommand {

    @Mixin
    private final BackfillParameters wanted = new BackfillParameters();

    abstract BackfillControl control();

    /// The sentence that reports success, with `%s` for the backfill and for the job.
    abstract String done();

    @Override
    protected final int run(ClusterAccess cluster) {
        String id = wanted.id(cluster);
        Backfill backfill = ask(cluster, wanted.job(), client -> client.controlBackfill(wanted.job(), id, control()));
        boolean isAwaited = cluster.endsWithCommand() && control() == BackfillControl.RESUME;
        if (!asJson()) {
            out().println(done().formatted(backfill.id(), backfill.job()));
            out().flush();
        }
        Backfill result = isAwaited ? BackfillShowCommand.await(cluster, backfill) : backfill;
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(result));
        } else if (isAwaited) {
            BackfillShowCommand.print(out(), result);
        }
        return isAwaited ? BackfillShowCommand.status(result) : ExitStatus.DONE;
    }
}
