package io.nightshift.cli;

import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The folder that holds the ledger, the registered models and the log of a single process; the
/// option by which every command is told another one.
public final class HomeFolder {

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Holds the ledger and the models; default: ~/.nightshift.")
    private Path folder = Path.of(System.getProperty("user.home"), ".nightshift");

    public Path folder() {
        return folder.toAbsolutePath().normalize();
    }

    public boolean isDefault() {
        return folder().equals(new HomeFolder().folder());
    }

    /// What a command has to end with to use the same home.
    public String option() {
        return isDefault() ? "" : " --home " + ShellCommands.word(folder().toString());
    }

    public ModelRegistry registry() {
        return new ModelRegistry(folder());
    }

    /// @throws io.nightshift.protocol.failure.FailureException if another process holds it
    public EmbeddedLedger openLedger() {
        return EmbeddedLedger.open(folder());
    }

    public Path log() {
        return folder().resolve("logs").resolve("nightshift.log");
    }

    /// Where DuckDB spills what doesn't fit its memory.
    public Path spill() {
        return folder().resolve("spill");
    }

    /// The same for one of the nodes that may share this folder.
    public Path spill(String node) {
        return folder().resolve("spill-" + node);
    }
}
