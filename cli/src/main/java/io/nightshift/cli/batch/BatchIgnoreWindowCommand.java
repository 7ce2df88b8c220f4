package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch ignore-window`.
@Command(
        name = "ignore-window",
        description = "Lets a batch score outside its job's window, until it ends.",
        mixinStandardHelpOptions = true)
final class BatchIgnoreWindowCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.IgnoreWindow();
    }

    @Override
    boolean continues() {
        return true;
    }

    @Override
    String done() {
        return "Batch %s ignores its window.";
    }
}
