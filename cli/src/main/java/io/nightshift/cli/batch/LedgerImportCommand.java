package io.nightshift.cli.batch;

import io.nightshift.api.LedgerExport;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.LedgerFile;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `nightshift ledger import`: creates a ledger from an export.
@Command(
        name = "import",
        description =
                "Creates the ledger of a home folder, or fills the empty journal of a cluster, from an export. The hashes"
                        + " of all entries are verified. Either all entries are imported, or none.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:All entries are imported.",
            "2:Nothing is imported: the command is wrong, there is a ledger already, or the file can't be read."
        })
final class LedgerImportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FILE", description = "The file that `nightshift ledger export` wrote.")
    private @Nullable Path file;

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path export = Objects.requireNonNull(file);
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            Configuration given = configuration.read(home);
            LedgerExport summary = given.journal() == null
                    ? EmbeddedLedger.create(home.folder(), export)
                    : LedgerFile.intoCluster(PostgresLedger.at(given.journal()), export);
            out.println(String.format(Locale.ROOT, "Imported %,d entries from %s.", summary.entries(), export));
            if (!summary.damaged().isEmpty()) {
                err.println(
                        "The import contains damaged ledgers as they were: " + String.join(", ", summary.damaged()));
            }
            return ExitStatus.DONE;
        } catch (FailureException e) {
            err.println("nightshift: " + e.getMessage());
            return ExitStatus.NOTHING_STARTED;
        } finally {
            out.flush();
            err.flush();
        }
    }
}
