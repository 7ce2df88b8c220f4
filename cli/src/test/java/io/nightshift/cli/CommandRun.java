package io.nightshift.cli;

import io.nightshift.cli.batch.BatchCommands;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/// What a command came to.
record CommandRun(int status, String out, String err) {

    /// Runs a command of `batch` in a home folder.
    static CommandRun batch(Path home, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--home");
        all.add(home.toString());
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(new BatchCommands());
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        int status = line.execute(all.toArray(String[]::new));
        return new CommandRun(status, out.toString(), err.toString());
    }
}
