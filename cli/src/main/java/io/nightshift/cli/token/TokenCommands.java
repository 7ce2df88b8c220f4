package io.nightshift.cli.token;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift token`.
@Command(
        name = "token",
        description = "Creates tokens for programs that call a cluster.",
        mixinStandardHelpOptions = true)
@Subcommands(TokenCreateCommand.class)
public final class TokenCommands extends CommandGroup {}
