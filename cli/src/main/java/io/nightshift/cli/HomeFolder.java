package io.nightshift.cli;

import io.nightshift.coordinator.ledger.EmbeddedLedger;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The folder that holds the ledger, the registered models and the log of a single process, and the option
/// `--home` that names another one.
public final class HomeFolder {

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description =
                    "The home folder, which holds the ledger, the registered models and the log; default: ~/.nightshift.")
    private Path folder = ofUser(System.getenv("HOME"), System.getProperty("user.home"));

    /// The home folder of a user. The shell's `~` is `$HOME`. Java's `user.home` is the folder in the system's list
    /// of users.
    ///
    /// @param shell null if the environment has none
    static Path ofUser(@Nullable String shell, String system) {
        return Path.of(shell != null && shell.startsWith("/") ? shell : system, ".nightshift");
    }

    public Path folder() {
        return folder.toAbsolutePath().normalize();
    }

    public boolean isDefault() {
        return folder().equals(new HomeFolder().folder());
    }

    /// The option that makes another command use the same home; empty for the default.
    public String option() {
        return isDefault() ? "" : " --home " + ShellCommands.word(folder().toString());
    }

    /// @throws io.nightshift.protocol.failure.FailureException if another process holds it
    public EmbeddedLedger openLedger() {
        return EmbeddedLedger.open(folder());
    }

    /// As [#openLedger()].
    ///
    /// @param besideServer what to do if a server holds it, such as `Stop it`
    public EmbeddedLedger openLedger(String besideServer) {
        return EmbeddedLedger.open(folder(), besideServer);
    }

    /// Opens the ledger as soon as no other process holds it. Does not wait for a server.
    ///
    /// @param besideServer what to do if a server holds it
    /// @param waiting called with a description of the process that holds it
    public EmbeddedLedger openLedger(String besideServer, Consumer<String> waiting) {
        return EmbeddedLedger.open(folder(), besideServer, waiting);
    }

    public Path log() {
        return folder().resolve("logs").resolve("nightshift.log");
    }

    /// The folder to which DuckDB spills when its memory is full.
    public Path spill() {
        return folder().resolve("spill");
    }

    /// The spill folder of one of several nodes that share this home.
    public Path spill(String node) {
        return folder().resolve("spill-" + node);
    }
}
