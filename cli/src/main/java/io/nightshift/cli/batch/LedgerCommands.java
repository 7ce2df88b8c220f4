package io.nightshift.cli.batch;

import io.nightshift.cli.CommandGroup;
import picocli.CommandLine.Command;

/// `nightshift ledger`: checks, exports and imports the ledger of a home folder or the journal of a cluster.
@Command(
        name = "ledger",
        description = "Checks, exports and imports the ledger of a home folder, or the journal of a cluster.",
        subcommands = {LedgerCheckCommand.class, LedgerExportCommand.class, LedgerImportCommand.class},
        mixinStandardHelpOptions = true)
public final class LedgerCommands extends CommandGroup {}
