package io.nightshift.cli.batch;

import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `batch watch`: follows a batch of a cluster to its end.
@Command(
        name = "watch",
        description =
                "Shows the progress of a batch until it is published, has failed or is cancelled. Ctrl-C ends the command, not the batch. On a home folder without a server, the command itself continues the batch, and Ctrl-C interrupts it.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The batch is published.",
            "1:The batch has a permanent failure, or was cancelled. On a home folder without a server: or it is paused.",
            "2:The command is wrong, or no node answers.",
            "4:On a home folder without a server: the batch is held, because a check has failed.",
            "75:The batch has a transient failure, or no node has answered for 15 minutes.",
            "130:Interrupted. The batch continues, unless the command itself worked on it."
        })
final class BatchWatchCommand extends ClusterCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Override
    protected int run(ClusterAccess cluster) {
        return new BatchWatch(cluster, out(), err(), asJson(), options()).run(wanted.name());
    }
}
