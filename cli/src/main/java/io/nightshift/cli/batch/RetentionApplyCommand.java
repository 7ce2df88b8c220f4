package io.nightshift.cli.batch;

import picocli.CommandLine.Command;

/// `retention apply`.
@Command(
        name = "apply",
        description =
                "Removes the published batches that their jobs no longer keep, without waiting for the cluster to do so.",
        mixinStandardHelpOptions = true)
final class RetentionApplyCommand extends RetentionCommand {

    @Override
    boolean isDryRun() {
        return false;
    }

    @Override
    String done() {
        return "These %,d batches are being removed.";
    }
}
