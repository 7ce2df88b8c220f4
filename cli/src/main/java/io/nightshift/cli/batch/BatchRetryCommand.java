package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch retry`.
@Command(
        name = "retry",
        description =
                "Lets a failed batch go on with what is not committed, or a running one with the partitions that failed too often.",
        mixinStandardHelpOptions = true)
final class BatchRetryCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.Retry();
    }

    @Override
    String done() {
        return "is tried again";
    }
}
