package io.nightshift.cli.batch;

import io.nightshift.api.LedgerExport;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.BatchReader;
import io.nightshift.coordinator.ledger.LedgerFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
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
final class LedgerExportCommand extends QueryCommand {

    @Parameters(paramLabel = "FILE", description = "The file, which must not exist.")
    private @Nullable Path file;

    @Option(
            names = "--batch",
            paramLabel = "BATCH",
            description = "Only the entries of this batch: its id, the beginning of it, or latest.")
    private @Nullable String batch;

    @Override
    int run(BatchReader reader) {
        Path target = Objects.requireNonNull(file);
        LedgerExport export =
                LedgerFile.write(target, lines -> ClusterAccess.answer(reader.exportLedger(batch, lines)));
        if (asJson()) {
            JsonOutput.print(
                    out(),
                    JsonOutput.object()
                            .put("file", target.toString())
                            .put("entries", export.entries())
                            .put("damaged", export.damaged().size()));
        } else {
            out().println(String.format(Locale.ROOT, "Exported %,d entries to %s.", export.entries(), target));
        }
        if (!export.damaged().isEmpty()) {
            err().println("The export contains damaged ledgers as they are: " + String.join(", ", export.damaged()));
        }
        return ExitStatus.DONE;
    }
}
