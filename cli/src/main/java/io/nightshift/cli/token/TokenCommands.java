package io.nightshift.cli.token;

import io.nightshift.cli.CommandGroup;
import picocli.CommandLine.Command;

/// `nightshift token`.
@Command(
        name = "token",
        description = "Creates tokens for programs that call a cluster.",
        subcommands = TokenCreateCommand.class,
        mixinStandardHelpOptions = true)
public final class TokenCommands extends CommandGroup {}
