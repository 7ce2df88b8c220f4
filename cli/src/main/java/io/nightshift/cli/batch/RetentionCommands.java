package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import picocli.CommandLine.Command;

/// `nightshift retention`: the published batches that the retention of their jobs removes.
@Command(
        name = "retention",
        description = "Shows and removes the published batches that their jobs no longer keep.",
        subcommands = {RetentionPlanCommand.class, RetentionApplyCommand.class},
        mixinStandardHelpOptions = true)
public final class RetentionCommands extends CommandGroup {}
