package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `nightshift ledger`: checks, exports and imports the ledger of a home folder or the journal of a cluster.
@Command(
        name = "ledger",
        description = "Checks, exports and imports the ledger of a home folder, or the journal of a cluster.",
        subcommands = {LedgerCheckCommand.class, LedgerExportCommand.class, LedgerImportCommand.class},
        mixinStandardHelpOptions = true)
public final class LedgerCommands implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getErr());
        }
        return ExitStatus.NOTHING_STARTED;
    }
}
