package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift quarantine`: the rows that could not be scored, of a batch in any phase.
@Command(
        name = "quarantine",
        description = "Shows and exports the rows of a batch that could not be scored, and scores them again.",
        mixinStandardHelpOptions = true)
@Subcommands({
    QuarantineListCommand.class,
    QuarantineShowCommand.class,
    QuarantineExportCommand.class,
    QuarantineRedriveCommand.class
})
public final class QuarantineCommands extends CommandGroup {}
