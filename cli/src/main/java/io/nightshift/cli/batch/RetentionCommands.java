package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift retention`: the published batches that the retention of their jobs removes.
@Command(
        name = "retention",
        description = "Shows and removes the published batches that their jobs no longer keep.",
        mixinStandardHelpOptions = true)
@Subcommands({RetentionPlanCommand.class, RetentionApplyCommand.class})
public final class RetentionCommands extends CommandGroup {}
