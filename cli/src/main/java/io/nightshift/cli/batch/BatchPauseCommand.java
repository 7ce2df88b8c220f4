package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch pause`.
@Command(
        name = "pause",
        description =
                "Pauses a batch: no more partitions are started until you resume it. Workers finish and commit the partitions that they are scoring.",
        mixinStandardHelpOptions = true)
final class BatchPauseCommand extends ControlCommand {

    @Option(names = "--reason", paramLabel = "TEXT", description = "The reason, which the batch's history records.")
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
