package io.nightshift.cli.batch;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// A command that reads the ledger: the cluster's journal if the configuration names one, otherwise that of
/// the home folder, which only one process can use at a time. It never creates a ledger. A failure is one
/// sentence on standard error.
abstract class LedgerCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final HomeFolder home = new HomeFolder();

    @Mixin
    private final ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private final OutputOption output = new OutputOption();

    @Override
    public final Integer call() {
        try {
            return run();
        } catch (FailureException e) {
            err().println("nightshift: " + e.getMessage());
            return ExitStatus.NOTHING_STARTED;
        } finally {
            out().flush();
            err().flush();
        }
    }

    /// Finds the ledger and runs the command on it.
    int run() {
        Configuration given = configuration.read(home);
        if (given.journal() != null) {
            return run(given, PostgresLedger.at(given.journal()));
        }
        if (!EmbeddedLedger.exists(home.folder())) {
            return withoutLedger();
        }
        try (EmbeddedLedger ledger = home.openLedger()) {
            return run(ledger.ledger());
        }
    }

    /// @return the exit status
    /// @throws FailureException for a person to read
    abstract int run(Ledger ledger);

    /// Runs the command on a cluster's ledger.
    int run(Configuration cluster, Ledger ledger) {
        return run(ledger);
    }

    /// Called when there is no ledger yet.
    int withoutLedger() {
        throw FailureException.permanent(nothingRan());
    }

    final String nothingRan() {
        return "no batch has run with the home folder %s yet".formatted(home.folder());
    }

    final Configuration configuration() {
        return configuration.read(home);
    }

    final HomeFolder home() {
        return home;
    }

    /// The options that make another command read the same ledger.
    String options() {
        return home.option() + configuration.option();
    }

    final boolean asJson() {
        return output.isForPrograms();
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
