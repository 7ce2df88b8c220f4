package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import picocli.CommandLine.Command;

/// `nightshift quarantine`: the rows that could not be scored, of a batch in any phase.
@Command(
        name = "quarantine",
        description = "Shows and exports the rows of a batch that could not be scored, and the reasons.",
        subcommands = {QuarantineListCommand.class, QuarantineShowCommand.class, QuarantineExportCommand.class},
        mixinStandardHelpOptions = true)
public final class QuarantineCommands extends CommandGroup {}
