package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch cancel`.
@Command(
        name = "cancel",
        description = "Cancels a batch and removes its staged output. Its quarantined rows stay readable.",
        mixinStandardHelpOptions = true)
final class BatchCancelCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the batch's history records.")
    private String reason = "";

    @Override
    BatchControl control() {
        return new BatchControl.Cancel(reason);
    }

    @Override
    String done() {
        return "Cancelled batch %s.";
    }
}
