package io.nightshift.system.batch;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs commands of `batch` in this process.
final class BatchCommandLine {

    private BatchCommandLine() {}

    /// Runs a command on the ledger of a home folder.
    static CommandResult run(Path home, String... arguments) {
        List<String> words = new ArrayList<>(List.of("batch"));
        words.addAll(List.of(arguments));
        words.addAll(List.of("--home", home.toString()));
        String[] all = words.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }
}
