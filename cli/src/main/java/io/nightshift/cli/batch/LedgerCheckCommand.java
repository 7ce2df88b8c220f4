package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.LedgerReport;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.BatchReader;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine.Command;

/// `nightshift ledger check`: verifies all entries of all batches.
@Command(
        name = "check",
        description =
                "Verifies every entry of every batch: that the hash chains hold, that no entry is missing, and that the"
                        + " batch register and the batches agree. Changes nothing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The ledger is complete.",
            "1:The ledger is damaged.",
            "2:The command is wrong, or the ledger can't be opened."
        })
final class LedgerCheckCommand extends QueryCommand {

    @Override
    int run(BatchReader reader) {
        LedgerReport report = ClusterAccess.answer(reader.checkLedger());
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(report));
        } else {
            for (LedgerReport.Finding finding : report.findings()) {
                out().println("%s: %s"
                        .formatted(Objects.requireNonNullElse(finding.batch(), "batch register"), finding.problem()));
            }
            out().println(String.format(
                    Locale.ROOT,
                    "%,d entries of %,d batches: %s",
                    report.entries(),
                    report.batches(),
                    report.findings().isEmpty() ? "no damage was found" : "the ledger is damaged"));
        }
        return report.findings().isEmpty() ? ExitStatus.DONE : ExitStatus.FAILED;
    }
}
