package io.nightshift.cli.job;

import io.nightshift.api.BackfillControl;
import picocli.CommandLine.Command;

/// `backfill pause`.
@Command(
        name = "pause",
        description =
                "Pauses a backfill: it starts no further run until you resume it. Batches that were started continue.",
        mixinStandardHelpOptions = true)
final class BackfillPauseCommand extends BackfillControlCommand {

    @Override
    BackfillControl control() {
        return BackfillControl.PAUSE;
    }

    @Override
    String done() {
        return "Paused backfill %s of job %s.";
    }
}
