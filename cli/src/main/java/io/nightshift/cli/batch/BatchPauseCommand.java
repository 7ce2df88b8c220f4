package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch pause`.
@Command(
        name = "pause",
        description =
                "Lets a batch lease nothing more until it is resumed; what is being scored is finished and committed.",
        mixinStandardHelpOptions = true)
final class BatchPauseCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Stays in the batch's history.")
    private String reason = "";

    @Override
    BatchControl control() {
        return new BatchControl.Pause(reason);
    }

    @Override
    String done() {
        return "is paused";
    }
}
