package io.nightshift.cli.model;

import io.nightshift.api.ApiJson;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.RegistryOption;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command about the aliases of a model. It asks the server that `--server` names, or the one that runs on
/// the home folder; otherwise, or if a registry is named, it uses the registry.
abstract class ModelAliasCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final HomeFolder home = new HomeFolder();

    @Mixin
    private final ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private final RegistryOption models = new RegistryOption();

    @Mixin
    private final ServerOption server = new ServerOption();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Override
    public final Integer call() {
        try {
            if (server.isGiven()) {
                return ask(server.connect(home));
            }
            Configuration given = configuration.read(home);
            Optional<NightshiftClient> local =
                    given.journal() == null && models.option().isEmpty()
                            ? server.connectLocally(home)
                            : Optional.empty();
            return local.isPresent() ? ask(local.get()) : run(models.open(home, given), given);
        } finally {
            out().flush();
        }
    }

    private int ask(NightshiftClient connected) {
        try (NightshiftClient client = connected) {
            return run(client);
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    abstract int run(NightshiftClient client);

    abstract int run(ModelRegistry registry, Configuration given);

    final HomeFolder home() {
        return home;
    }

    static String user() {
        return System.getProperty("user.name");
    }

    /// Prints the record in the format of programs.
    ///
    /// @return whether it was asked for; otherwise nothing is printed
    final boolean printed(Record result) {
        if (output.isForPrograms()) {
            JsonOutput.print(out(), ApiJson.tree(result));
        }
        return output.isForPrograms();
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }
}
