package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.protocol.batch.BatchId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch delete`.
@Command(
        name = "delete",
        description = {
            "Deletes the output of a published batch: predictions and quarantined rows. Its ledger stays.",
            "Readers stop seeing the batch at once. Its files are deleted after the grace period."
        },
        mixinStandardHelpOptions = true)
final class BatchDeleteCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the batch's history records.")
    private String reason = "";

    @Option(
            names = "--force",
            description =
                    "Deletes the batch even if readers use it: the newest batch of its job, or of a run with an open batch.")
    private boolean force;

    @Option(names = "--dry-run", description = "Checks whether the batch can be deleted, and deletes nothing.")
    private boolean dryRun;

    @Override
    BatchControl control() {
        return new BatchControl.Delete(reason, force, dryRun);
    }

    @Override
    int finish(ClusterAccess cluster, BatchId batch) {
        if (!dryRun) {
            RetentionCommand.printLeft(
                    err(), cluster.awaitRemoval(batch.value()).removedAt() == null, serve());
        }
        return ExitStatus.DONE;
    }

    @Override
    String done() {
        return dryRun
                ? "Batch %s can be deleted. Nothing was deleted."
                : "Batch %s is being deleted. Its ledger stays.";
    }
}
