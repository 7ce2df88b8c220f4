package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch pause`.
@Command(
        name = "pause",
        description =
                "Pauses a batch: its coordinator leases no more partitions until you resume it. Workers finish and commit the partitions that they are scoring.",
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
