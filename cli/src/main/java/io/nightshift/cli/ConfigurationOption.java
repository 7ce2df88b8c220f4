package io.nightshift.cli;

import io.nightshift.node.configuration.Configuration;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Names the configuration file; shared by the commands that need what stands in one.
public final class ConfigurationOption {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration, with the data sources; default: nightshift.conf in the home folder,"
                    + " if there is one.")
    private @Nullable Path file;

    /// @throws io.nightshift.protocol.failure.FailureException naming every mistake in the file
    public Configuration read(HomeFolder home) {
        return Configuration.load(file, home.folder());
    }

    /// What a command has to end with to use the same configuration.
    public String option() {
        return file == null ? "" : " --config " + ShellCommands.word(file.toString());
    }
}
