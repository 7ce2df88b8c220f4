package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch retry`.
@Command(
        name = "retry",
        description =
                "Retries a failed batch from its committed partitions, or the partitions of a running batch that failed too often.",
        mixinStandardHelpOptions = true)
final class BatchRetryCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.Retry();
    }

    @Override
    String done() {
        return "Retrying batch %s.";
    }
}
