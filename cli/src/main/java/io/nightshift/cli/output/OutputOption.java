package io.nightshift.cli.output;

import picocli.CommandLine.Option;

/// The option `-o`, shared by the commands that print results.
public final class OutputOption {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = CommandOutputFormat.Converter.class,
            description = "The output format: table (default), json or yaml.")
    private CommandOutputFormat format = CommandOutputFormat.TABLE;

    public CommandOutputFormat format() {
        return format;
    }

    /// Whether the command prints JSON.
    public boolean isForPrograms() {
        return format.isForPrograms();
    }
}
