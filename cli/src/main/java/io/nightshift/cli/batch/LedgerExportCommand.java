package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerFile;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nightshift ledger export`: writes the ledger to a file.
@Command(
        name = "export",
        description = "Writes all entries of the ledger, or those of one batch, to a file of JSON lines.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The file is written.",
            "2:The command is wrong, or the ledger can't be opened, or the file can't be written."
        })
final class LedgerExportCommand extends LedgerCommand {

    @Parameters(paramLabel = "FILE", description = "The file, which must not exist.")
    private @Nullable Path file;

    @Option(
            names = "--batch",
            paramLabel = "BATCH",
            description = "Only the entries of this batch: its id, the beginning of it, or latest.")
    private @Nullable String batch;

    @Override
    int run(Ledger ledger) {
        Path target = Objects.requireNonNull(file);
        LedgerFile.Summary summary = LedgerFile.write(ledger, batch == null ? null : resolve(ledger, batch), target);
        if (asJson()) {
            JsonOutput.print(
                    out(),
                    JsonOutput.object()
                            .put("file", target.toString())
                            .put("entries", summary.entries())
                            .put("damaged", summary.damaged().size()));
        } else {
            out().println(String.format(Locale.ROOT, "Exported %,d entries to %s.", summary.entries(), target));
        }
        warn(summary);
        return ExitStatus.DONE;
    }

    /// A batch that the register has lost is found by its whole id.
    private static BatchId resolve(Ledger ledger, String name) {
        try {
            return ledger.registered().resolve(name);
        } catch (FailureException e) {
            if (BatchId.isValid(name) && ledger.entries(new BatchId(name)) > 0) {
                return new BatchId(name);
            }
            throw e;
        }
    }

    private void warn(LedgerFile.Summary summary) {
        if (!summary.damaged().isEmpty()) {
            err().println("The export contains damaged ledgers as they are: "
                    + summary.damaged().stream().map(BatchId::value).collect(Collectors.joining(", ")));
        }
    }
}
