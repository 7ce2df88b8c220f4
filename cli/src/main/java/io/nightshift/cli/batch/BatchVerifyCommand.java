package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchProof;
import io.nightshift.api.VerificationFinding;
import io.nightshift.api.VerificationReport;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.Colours;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.Symbols;
import io.nightshift.client.BatchReader;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch verify`: verifies a batch and prints each finding.
@Command(
        name = "verify",
        description = "Verifies a batch: compares its ledger, its output and its input.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The batch is published and verified.",
            "1:A check failed, or the batch is not published.",
            "2:The command is wrong, or the ledger can't be opened."
        })
final class BatchVerifyCommand extends QueryCommand {

    /// The longest summary that a node takes.
    private static final int LONGEST_SUMMARY = 1_000;

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = "--alert",
            description =
                    "Reports the result to the server or the cluster, if the batch is published. An error raises the alert"
                            + " verification-failed, and a verification without one ends it.")
    private boolean isReported;

    private final Symbols symbols = Symbols.ofTerminal();
    private final Colours colours = Colours.ofProcess();

    @Override
    int run(BatchReader reader) {
        if (isReported && readsLedger() && configuration().journal() == null) {
            throw FailureException.permanent(
                    "--alert needs a server or a cluster, whose nodes send the alert. The exit status tells the result, too");
        }
        BatchProof proof = ClusterAccess.answer(reader.verify(wanted.name(), this::told));
        if (isReported && Phase.PUBLISHED.toString().equals(proof.state())) {
            String summary = Failure.shortened(proof.summary(), LONGEST_SUMMARY);
            var _ = askNodes(
                    nodes -> nodes.reportVerification(proof.batch(), new VerificationReport(proof.proved(), summary)));
        }
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(proof));
        } else {
            out().println();
            out().println(symbols.text(proof.summary()));
        }
        return proof.proved() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private void told(VerificationFinding finding) {
        if (asJson()) {
            return;
        }
        String mark = switch (finding.outcome()) {
            case "proved" -> colours.green(symbols.proved());
            case "broken" -> colours.red(symbols.broken());
            default -> symbols.open();
        };
        out().println("%s %-10s %s".formatted(mark, finding.what(), symbols.text(finding.detail())));
        out().flush();
    }
}
