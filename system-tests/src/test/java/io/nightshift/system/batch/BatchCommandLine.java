package io.nightshift.system.batch;

import io.nightshift.cli.batch.BatchCommands;
import io.nightshift.testing.CommandResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/// Runs commands of `batch` in this process.
final class BatchCommandLine {

    private BatchCommandLine() {}

    /// Runs a command on the ledger of a home folder.
    static CommandResult run(Path home, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--home");
        all.add(home.toString());
        return CommandResult.of(new CommandLine(new BatchCommands()), all.toArray(String[]::new));
    }
}
