package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch pause`.
@Command(
        name = "pause",
        description =
                "Pauses a batch: it leases no more partitions until it is resumed. Partitions being scored are finished and committed.",
        mixinStandardHelpOptions = true)
final class BatchPauseCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "Recorded in the batch's history.")
    private String reason = "";

    @Override
    BatchControl control() {
        return new BatchControl.Pause(reason);
    }

    @Override
    String done() {
        return "Paused batch %s.";
    }
}
