package io.nightshift.cli.job;

import io.nightshift.api.BackfillControl;
import picocli.CommandLine.Command;

/// `backfill cancel`.
@Command(
        name = "cancel",
        description = "Cancels a backfill: it starts no further run. Batches that were started continue.",
        mixinStandardHelpOptions = true)
final class BackfillCancelCommand extends BackfillControlCommand {

    @Override
    BackfillControl control() {
        return BackfillControl.CANCEL;
    }

    @Override
    String done() {
        return "Cancelled backfill %s of job %s.";
    }
}
