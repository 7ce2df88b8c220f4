package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch approve`.
@Command(
        name = "approve",
        description = "Publishes a batch that is held because a check of its job has failed.",
        mixinStandardHelpOptions = true)
final class BatchApproveCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the batch's history records.")
    private String reason = "";

    @Override
    BatchControl control() {
        return new BatchControl.Approve(reason);
    }

    @Override
    boolean continues() {
        return true;
    }

    @Override
    String done() {
        return "Approved batch %s.";
    }
}
