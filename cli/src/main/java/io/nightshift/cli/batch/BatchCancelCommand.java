package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch cancel`.
@Command(
        name = "cancel",
        description = "Gives a batch up and removes what it has staged.",
        mixinStandardHelpOptions = true)
final class BatchCancelCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Stays in the batch's history.")
    private String reason = "";

    @Override
    BatchControl control() {
        return new BatchControl.Cancel(reason);
    }

    @Override
    String done() {
        return "is given up";
    }
}
