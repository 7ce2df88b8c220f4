package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift alert`: the alerts of batches, jobs and nodes.
@Command(
        name = "alert",
        description = "Lists alerts, and tests the channels that they are sent to.",
        mixinStandardHelpOptions = true)
@Subcommands({AlertListCommand.class, AlertTestCommand.class})
public final class AlertCommands extends CommandGroup {}
