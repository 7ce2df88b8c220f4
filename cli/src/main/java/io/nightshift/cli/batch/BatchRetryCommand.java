package io.nightshift.cli.batch;

import io.nightshift.api.BatchControl;
import picocli.CommandLine.Command;

/// `batch retry`.
@Command(
        name = "retry",
        description =
                "Continues a failed batch with the partitions that are not committed. In a running batch, retries the partitions that failed too often.",
        mixinStandardHelpOptions = true)
final class BatchRetryCommand extends ControlCommand {

    @Override
    BatchControl control() {
        return new BatchControl.Retry();
    }

    @Override
    boolean continues() {
        return true;
    }

    @Override
    String done() {
        return "Retrying batch %s.";
    }
}
