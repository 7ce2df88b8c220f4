package io.nightshift.cli.model;

import io.nightshift.api.ApiJson;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.client.ModelAliases;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.node.configuration.Configuration;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/// A command about the aliases of a model. It asks the server that `--server` names, or the one that runs on
/// the home folder; otherwise, or if a registry is named, it uses the registry.
abstract class ModelAliasCommand implements Callable<Integer> {

    @Mixin
    private final RegistryAccess access = new RegistryAccess();

    @Mixin
    private final ServerOption server = new ServerOption();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Override
    public final Integer call() {
        try {
            if (server.isGiven()) {
                return ask(server.connect(access.home()));
            }
            Configuration given = access.configuration();
            Optional<NightshiftClient> local = given.journal() == null && !access.isGiven()
                    ? server.connectLocally(access.home())
                    : Optional.empty();
            return ask(local.isPresent() ? local.get() : new RegistryAliases(access.open(given), given, access.home()));
        } finally {
            out().flush();
        }
    }

    private int ask(ModelAliases open) {
        try (ModelAliases aliases = open) {
            return run(aliases);
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    /// @param aliases of a server, or of a registry
    /// @return the exit status
    abstract int run(ModelAliases aliases);

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
        return access.out();
    }
}
