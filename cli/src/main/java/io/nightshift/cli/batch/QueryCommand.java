package io.nightshift.cli.batch;

import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.client.BatchReader;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/// A command that reads the ledger, or asks a server to; the answer is the same. While a server uses the ledger of
/// the home folder, only the server can read it.
abstract class QueryCommand extends LedgerCommand {

    @Mixin
    private final ServerOption server = new ServerOption();

    /// The server that the command asks; null while it reads the ledger itself.
    private @Nullable NightshiftClient asked;

    @Override
    final int run() {
        if (server.isGiven()) {
            return ask(server.connect(home()));
        }
        Optional<NightshiftClient> local =
                configuration().journal() == null ? server.connectLocally(home()) : Optional.empty();
        return local.isPresent() ? ask(local.get()) : super.run();
    }

    private int ask(NightshiftClient client) {
        asked = client;
        return read(client);
    }

    private int read(BatchReader open) {
        try (BatchReader reader = open) {
            return run(reader);
        } catch (NightshiftException e) {
            throw ClusterAccess.told(e);
        }
    }

    @Override
    final int run(Ledger ledger) {
        Configuration given = configuration();
        return read(new LedgerReader(ledger, given, home(), () -> registry(given)));
    }

    /// Whether the command reads the ledger itself.
    final boolean readsLedger() {
        return asked == null;
    }

    /// Asks what the ledger can't answer: the server, or the nodes of the configured cluster.
    final <T> T askNodes(Function<NightshiftClient, CompletionStage<T>> question) {
        if (asked != null) {
            return ClusterAccess.answer(question.apply(asked));
        }
        try (NightshiftClient nodes = ClusterAccess.client(configuration(), token())) {
            return ClusterAccess.answer(question.apply(nodes));
        }
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

    /// @param reader of the ledger, or the client of a server
    /// @return the exit status
    abstract int run(BatchReader reader);
}
