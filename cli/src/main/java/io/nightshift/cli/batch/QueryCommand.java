package io.nightshift.cli.batch;

import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/// A command that reads the ledger, or asks a server to; the answer is the same. While a server uses the ledger of
/// the home folder, only the server can read it.
abstract class QueryCommand extends LedgerCommand {

    @Mixin
    private final ServerOption server = new ServerOption();

    /// Whether the command reads the ledger itself, as no server does.
    private boolean isOwnReader;

    @Override
    final int run() {
        if (server.isGiven()) {
            return ask(server.connect(home()));
        }
        Optional<NightshiftClient> local =
                configuration().journal() == null ? server.connectLocally(home()) : Optional.empty();
        return local.isPresent() ? ask(local.get()) : super.run();
    }

    private int ask(NightshiftClient connected) {
        try (NightshiftClient client = connected) {
            return run(client);
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    @Override
    final int run(Ledger ledger) {
        isOwnReader = true;
        Configuration given = configuration();
        return ask(new LedgerClient(
                ledger, given, home(), () -> registry(given), () -> ClusterAccess.client(given, token())));
    }

    /// Whether the command reads the ledger itself.
    final boolean readsLedger() {
        return isOwnReader;
    }

    /// The registry of the models, where the command reads the ledger itself.
    ModelRegistry registry(Configuration given) {
        return given.registry().open(home().folder(), given.objects().folderIn(home().folder()));
    }

    @Override
    final String options() {
        return server.isGiven() ? server.option() : super.options();
    }

    /// The token for a node of the configured cluster, or null.
    final @Nullable String token() {
        return server.token(home());
    }

    /// @param client of a server, or of the ledger
    /// @return the exit status
    abstract int run(NightshiftClient client);
}
