package io.nightshift.cli.job;

import io.nightshift.api.BackfillControl;
import picocli.CommandLine.Command;

/// `backfill resume`.
@Command(name = "resume", description = "Resumes a paused backfill.", mixinStandardHelpOptions = true)
final class BackfillResumeCommand extends BackfillControlCommand {

    @Override
    BackfillControl control() {
        return BackfillControl.RESUME;
    }

    @Override
    String done() {
        return "Resumed backfill %s of job %s.";
    }
}
