package io.nightshift.cli.client;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command that asks any node of a running cluster, or the server of the home folder. If neither is there,
/// it starts a node of its own on the ledger of the home folder, as `run` does.
public abstract class ClusterCommand implements Callable<Integer>, AutoCloseable {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final HomeFolder home = new HomeFolder();

    @Mixin
    private final ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private final ServerOption server = new ServerOption();

    @Mixin
    private final OutputOption output = new OutputOption();

    /// Held by this field so that garbage collection does not release the ledger's lock.
    private @Nullable HomeNode own;

    @Override
    public final Integer call() {
        try {
            return server.isGiven() ? run(server.connect(home)) : configured();
        } finally {
            out().flush();
            err().flush();
        }
    }

    private int run(NightshiftClient client) {
        try (ClusterAccess cluster = new ClusterAccess(client)) {
            return run(cluster);
        }
    }

    private int configured() {
        Configuration given = configuration.read(home);
        if (given.journal() != null) {
            try (ClusterAccess cluster = ClusterAccess.connect(given, server.token(home))) {
                return run(cluster);
            }
        }
        Optional<NightshiftClient> local = server.connectLocally(home);
        return local.isPresent() ? run(local.get()) : withoutServer(given);
    }

    /// Runs the command where no server runs on the home folder, and no cluster is configured: on a node of
    /// its own.
    protected int withoutServer(Configuration given) {
        if (needsLedger() && !EmbeddedLedger.exists(home.folder())) {
            throw FailureException.permanent(
                    "no batch has run with the home folder %s, no server runs on it, and no cluster is configured. Choose another folder with --home, name a node with --server, or set nightshift.journal and nightshift.node.contact-points in the file that --config names"
                            .formatted(home.folder()));
        }
        HomeNode node = HomeNode.start(home, given);
        own = node;
        try (ClusterAccess cluster = ClusterAccess.of(node)) {
            return run(cluster);
        }
    }

    /// Whether the command is about something that is in the ledger already. Then it creates no ledger.
    protected boolean needsLedger() {
        return true;
    }

    /// Stops the command's own node. Needed only where the process goes on after the command, as in a test.
    @Override
    public final void close() {
        HomeNode started = own;
        if (started != null) {
            started.close();
        }
    }

    /// @return the exit status
    /// @throws FailureException for a person to read
    protected abstract int run(ClusterAccess cluster);

    protected final boolean asJson() {
        return output.isForPrograms();
    }

    /// The options that make another command ask the same cluster.
    protected final String options() {
        return server.isGiven() ? server.option() : home.option() + configuration.option();
    }

    /// The command that runs a server on the home folder.
    protected final String serve() {
        return ShellCommands.program() + " serve" + home.option() + configuration.option();
    }

    protected final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    protected final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
