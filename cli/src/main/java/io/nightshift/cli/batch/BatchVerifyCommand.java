package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.Colours;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.Symbols;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.verification.Proof;
import io.nightshift.coordinator.verification.Verification;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.destination.Finding;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.util.Locale;
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
final class BatchVerifyCommand extends LedgerCommand {

    /// The longest summary that a node takes.
    private static final int LONGEST_SUMMARY = 1_000;

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = "--alert",
            description =
                    "Reports the result to the nodes of the cluster, if the batch is published. An error raises the alert"
                            + " verification-failed, and a verification without one ends it.")
    private boolean isReported;

    private final Symbols symbols = Symbols.ofTerminal();
    private final Colours colours = Colours.ofProcess();

    @Override
    int run(Ledger ledger) {
        BatchId batch = ledger.registered().resolve(wanted.name());
        Configuration given = configuration();
        if (isReported && given.journal() == null) {
            throw FailureException.permanent(
                    "--alert needs a cluster, whose nodes send the alert. The exit status tells the result, too");
        }
        ObjectCopies objects = given.objects().ofCommand(home().folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        Proof proof;
        try (DuckDbOnDemand duckDb = new DuckDbOnDemand(home().folder(), roots)) {
            proof = new Verification(ledger, new Destinations(duckDb, given.dataSources(), roots, objects), this::told)
                    .prove(batch);
        }
        if (isReported && proof.phase() == Phase.PUBLISHED) {
            report(given, proof);
        }
        if (asJson()) {
            JsonOutput.print(out(), json(proof));
        } else {
            out().println();
            out().println(symbols.text(proof.sentence()));
        }
        return proof.holds() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private void report(Configuration given, Proof proof) {
        try (ClusterAccess cluster = ClusterAccess.connect(given, new ServerOption().token(home()))) {
            cluster.reportVerification(
                    proof.batch().value(), proof.holds(), Failure.shortened(proof.sentence(), LONGEST_SUMMARY));
        }
    }

    private void told(Finding finding) {
        if (asJson()) {
            return;
        }
        String mark = switch (finding.outcome()) {
            case PROVED -> colours.green(symbols.proved());
            case BROKEN -> colours.red(symbols.broken());
            case OPEN -> symbols.open();
        };
        out().println("%s %-10s %s".formatted(mark, finding.what(), symbols.text(finding.detail())));
        out().flush();
    }

    private static ObjectNode json(Proof proof) {
        Phase phase = proof.phase();
        ObjectNode json = JsonOutput.object();
        json.put("batch", proof.batch().value());
        json.put("state", phase == null ? null : phase.toString());
        json.put("proved", proof.holds());
        json.put("summary", proof.sentence());
        json.putObject("ledger").put("entries", proof.entries()).put("head", proof.head());
        ArrayNode findings = json.putArray("findings");
        for (Finding finding : proof.findings()) {
            findings.addObject()
                    .put("what", finding.what())
                    .put("outcome", finding.outcome().name().toLowerCase(Locale.ROOT))
                    .put("detail", finding.detail());
        }
        return json;
    }
}
