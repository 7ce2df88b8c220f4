package io.nightshift.cli.batch;

import picocli.CommandLine.Command;

/// `retention plan`.
@Command(
        name = "plan",
        description = "Shows which published batches the retention of their jobs removes now. Removes nothing.",
        mixinStandardHelpOptions = true)
final class RetentionPlanCommand extends RetentionCommand {

    @Override
    boolean isDryRun() {
        return true;
    }

    @Override
    String done() {
        return "The retention removes these %,d batches. Nothing was removed.";
    }
}
