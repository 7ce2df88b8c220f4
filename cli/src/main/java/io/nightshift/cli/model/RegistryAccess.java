package io.nightshift.cli.model;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.RegistryOption;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The options of a command that uses the model registry: the home folder, the configuration and the registry.
final class RegistryAccess {

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private RegistryOption registry = new RegistryOption();

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec command;

    HomeFolder home() {
        return home;
    }

    /// @throws io.nightshift.protocol.failure.FailureException naming every mistake in the file
    Configuration configuration() {
        return configuration.read(home);
    }

    ModelRegistry open() {
        return open(configuration());
    }

    ModelRegistry open(Configuration given) {
        return registry.open(home, given);
    }

    /// The registry, and the models of the MLflow server.
    ///
    /// @param objects of the command
    ModelPlaces places(Configuration given, ObjectCopies objects) {
        return new ModelPlaces(
                open(given), MlflowModels.open(given.mlflowOfCommand(), FileRoots.UNRESTRICTED, objects));
    }

    /// Whether the command names a registry.
    boolean isGiven() {
        return registry.isGiven();
    }

    /// Where the models are, for messages.
    String place() {
        return registry.place(home, configuration());
    }

    /// The options that make another command use the same registry; empty for the default.
    String options() {
        return home.option() + configuration.option() + registry.option();
    }

    CommandLine commandLine() {
        return command.commandLine();
    }

    PrintWriter out() {
        return commandLine().getOut();
    }
}
