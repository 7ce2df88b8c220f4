package io.nightshift.cli;

import io.nightshift.node.configuration.Configuration;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The option `--config`, shared by the commands that read the configuration.
public final class ConfigurationOption {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "The configuration file, which describes data sources and the cluster; default: nightshift.conf in the"
                            + " home folder, if it exists.")
    private @Nullable Path file;

    /// @throws io.nightshift.protocol.failure.FailureException naming every mistake in the file
    public Configuration read(HomeFolder home) {
        return Configuration.load(file, home.folder());
    }

    /// The option that makes another command use the same configuration; empty for the default.
    public String option() {
        return file == null ? "" : " --config " + ShellCommands.word(file.toString());
    }
}
