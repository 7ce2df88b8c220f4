package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import picocli.CommandLine.Command;

/// `nightshift alert`: the alerts of batches, jobs and nodes.
@Command(
        name = "alert",
        description = "Lists alerts, and tests the channels that they are sent to.",
        subcommands = {AlertListCommand.class, AlertTestCommand.class},
        mixinStandardHelpOptions = true)
public final class AlertCommands extends CommandGroup {}
