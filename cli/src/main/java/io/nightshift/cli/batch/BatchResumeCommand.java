package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch resume`.
@Command(name = "resume", description = "Resumes a paused batch.", mixinStandardHelpOptions = true)
final class BatchResumeCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.Resume();
    }

    @Override
    boolean continues() {
        return true;
    }

    @Override
    String done() {
        return "Resumed batch %s.";
    }
}
