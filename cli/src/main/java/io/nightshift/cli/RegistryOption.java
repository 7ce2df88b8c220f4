package io.nightshift.cli;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.RegistryLocation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The option `--registry`, shared by the commands that use registered models.
public final class RegistryOption {

    @Option(
            names = "--registry",
            paramLabel = "LOCATION",
            description =
                    "The model registry: a folder, or an address such as s3://models/nightshift; default: nightshift.registry"
                            + " in the configuration, or the home folder.")
    private @Nullable String location;

    public boolean isGiven() {
        return location != null;
    }

    private RegistryLocation location(Configuration given) {
        return location == null ? given.registry() : given.registryAt(location);
    }

    /// @throws io.nightshift.protocol.failure.FailureException if it is no address
    public ModelRegistry open(HomeFolder home, Configuration given) {
        return location(given).open(home.folder(), given.objects().folderIn(home.folder()));
    }

    /// Where the models are, for messages.
    public String place(HomeFolder home, Configuration given) {
        return switch (location(given)) {
            case RegistryLocation.Home _ -> home.folder().toString();
            case RegistryLocation.Folder folder -> folder.folder().toString();
            case RegistryLocation.Objects objects -> objects.prefix().toString();
        };
    }

    /// The option that makes another command use the same registry; empty for the default.
    public String option() {
        return location == null ? "" : " --registry " + ShellCommands.word(location);
    }
}
