package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.RegistryOption;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.BatchReader;
import io.nightshift.client.ReplayOptions;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch replay`: scores a published batch again and compares the scores with those that were published.
@Command(
        name = "replay",
        description =
                "Scores a published batch again, from the same input and with the same model, and compares the scores with those that were published. Changes nothing.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:All scores are the same.",
            "1:A score differs.",
            "2:Nothing was compared: the batch is not published, or its input, its model or its output is gone or has changed."
        })
final class BatchReplayCommand extends QueryCommand {

    /// The number of partitions between two lines about the progress.
    private static final int STEP = 100;

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Mixin
    private final RegistryOption registries = new RegistryOption();

    @Option(
            names = "--partitions",
            paramLabel = "LIST",
            description =
                    "The partitions to score, such as 0,7,12-15 (default: all that the batch has not reused from another one).")
    private @Nullable String partitions;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "The number of scoring threads (default: the number of processors; 1 for a server, which has other work).")
    private @Nullable Integer threads;

    /// The number of scored partitions that was printed last.
    private int told;

    @Override
    ModelRegistry registry(Configuration given) {
        return registries.open(home(), given);
    }

    @Override
    int run(BatchReader reader) {
        if (registries.isGiven() && !readsLedger()) {
            throw FailureException.permanent(
                    "the server has a model registry of its own. Leave out --registry, or stop the server");
        }
        if (partitions != null) {
            PartitionListParser.parse(partitions);
        }
        return show(ClusterAccess.answer(
                reader.replay(wanted.name(), new ReplayOptions(partitions, checkedThreads()), this::told)));
    }

    private @Nullable Integer checkedThreads() {
        if (threads != null && threads < 1) {
            throw FailureException.permanent("--threads must be 1 or more, not " + threads);
        }
        return threads;
    }

    private void told(ReplayProgress progress) {
        int scored = progress.scored();
        if (!asJson() && (scored == progress.partitions() || scored >= told + STEP)) {
            told = scored;
            err().println("Scored %s of %s partitions"
                    .formatted(DisplayFormat.number(scored), DisplayFormat.number(progress.partitions())));
            err().flush();
        }
    }

    private int show(ReplayReport report) {
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(report));
        } else if (report.equal()) {
            out().println(
                            "All %s predictions of %s partitions are the same, bit for bit. %s rows are quarantined again."
                                    .formatted(
                                            DisplayFormat.number(report.predictions()),
                                            DisplayFormat.number(report.partitions()),
                                            DisplayFormat.number(report.quarantined())));
        } else {
            showDifferences(report);
        }
        return report.equal() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private void showDifferences(ReplayReport report) {
        out().println(
                        "The replay differs from the batch: of %s predictions, %s are different, %s are missing, and %s are new."
                                .formatted(
                                        DisplayFormat.number(report.predictions()),
                                        DisplayFormat.number(report.changed()),
                                        DisplayFormat.number(report.missing()),
                                        DisplayFormat.number(report.added())));
        report.otherQuarantine()
                .forEach((partition, rows) -> out().println("Partition %s: %s rows are quarantined in the replay"
                        .formatted(partition, DisplayFormat.number(rows))));
        columns("Columns that only the batch has", report.goneColumns());
        columns("Columns that only the replay has", report.newColumns());
        for (ReplayReport.ChangedRow row : report.rows()) {
            String record = DisplayFormat.record(row.record());
            row.batch().forEach((column, before) -> {
                String now = row.replay().get(column);
                if (!Objects.equals(before, now)) {
                    out().println("%s: %s was %s, is %s".formatted(record, column, before, now));
                }
            });
        }
    }

    private void columns(String heading, List<String> names) {
        if (!names.isEmpty()) {
            out().println(heading + ": " + String.join(", ", names));
        }
    }
}
