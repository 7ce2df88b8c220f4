package io.nightshift.cli.client;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command that asks any node of a running cluster, or the server of the home folder.
public abstract class ClusterCommand implements Callable<Integer> {

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

    @Override
    public final Integer call() {
        try (ClusterAccess cluster = server.isGiven() ? new ClusterAccess(server.connect(home)) : configured()) {
            return run(cluster);
        } finally {
            out().flush();
            err().flush();
        }
    }

    private ClusterAccess configured() {
        Configuration given = configuration.read(home);
        if (given.journal() == null) {
            return server.connectLocally(home)
                    .map(ClusterAccess::new)
                    .orElseThrow(() -> FailureException.permanent(
                            "no server runs on %s, and no cluster is configured. Start `nightshift serve%s`, or name a node with --server, or set nightshift.journal and nightshift.node.contact-points in the file that --config names%s"
                                    .formatted(home.folder(), home.option(), withoutServer())));
        }
        return ClusterAccess.connect(given, server.token(home));
    }

    /// A sentence that this command adds to the message that no server runs. It begins with `. `, since the message
    /// has no full stop. Empty for no sentence.
    protected String withoutServer() {
        return "";
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

    protected final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    protected final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
