package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.protocol.batch.BatchId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
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
final class LedgerCheckCommand extends LedgerCommand {

    @Override
    int run(Ledger ledger) {
        LedgerCheck.Result result = LedgerCheck.of(ledger);
        if (asJson()) {
            JsonOutput.print(out(), json(result));
        } else {
            for (LedgerCheck.Finding finding : result.findings()) {
                out().println("%s: %s".formatted(name(finding.batch()), finding.problem()));
            }
            out().println(String.format(
                    Locale.ROOT,
                    "%,d entries of %,d batches: %s",
                    result.entries(),
                    result.batches(),
                    result.findings().isEmpty() ? "no damage was found" : "the ledger is damaged"));
        }
        return result.findings().isEmpty() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private static String name(@Nullable BatchId batch) {
        return batch == null ? "batch register" : batch.value();
    }

    private static ObjectNode json(LedgerCheck.Result result) {
        ObjectNode json = JsonOutput.object();
        json.put("entries", result.entries());
        json.put("batches", result.batches());
        ArrayNode findings = json.putArray("findings");
        for (LedgerCheck.Finding finding : result.findings()) {
            findings.addObject()
                    .put(
                            "batch",
                            finding.batch() == null ? null : finding.batch().value())
                    .put("problem", finding.problem());
        }
        return json;
    }
}
