package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import io.nightshift.cli.Subcommands;
import picocli.CommandLine.Command;

/// `nightshift ledger`: checks, exports and imports the ledger of a home folder or the journal of a cluster.
@Command(
        name = "ledger",
        description = "Checks, exports and imports the ledger of a home folder, or the journal of a cluster.",
        mixinStandardHelpOptions = true)
@Subcommands({LedgerCheckCommand.class, LedgerExportCommand.class, LedgerImportCommand.class})
public final class LedgerCommands extends CommandGroup {}
