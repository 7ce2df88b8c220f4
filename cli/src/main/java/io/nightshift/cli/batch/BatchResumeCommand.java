package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch resume`.
@Command(name = "resume", description = "Lets a paused batch go on.", mixinStandardHelpOptions = true)
final class BatchResumeCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.Resume();
    }

    @Override
    String done() {
        return "goes on";
    }
}
