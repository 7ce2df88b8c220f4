package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.RegistryOption;
import io.nightshift.cli.check.Replay;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.files.ObjectCopies;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
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
final class BatchReplayCommand extends LedgerCommand {

    private static final int SHOWN = 10;

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
            description = "The number of scoring threads (default: the number of processors).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Override
    int run(Ledger ledger) {
        if (threads < 1) {
            throw FailureException.permanent("--threads must be 1 or more, not " + threads);
        }
        BatchId batch = ledger.registered().resolve(wanted.name());
        BatchState state = ledger.state(batch);
        BatchEvent.Published published = state.published();
        if (published == null) {
            throw FailureException.permanent(
                    "batch %s is not published, so there are no scores to compare. `nightshift batch show %s` shows its state"
                            .formatted(batch, batch));
        }
        List<Integer> replayed = partitions(state);
        Configuration given = configuration();
        ModelRegistry registry = registries.open(home(), given);
        Model model = ModelFiles.load(registry.path(state.model()));
        ObjectCopies objects = given.objects().ofCommand(home().folder());
        Path own = objects.folder().parent();
        FileRoots roots = given.files().ofCommand().withOwn(own);
        DuckDbLoader duckDb = DuckDbLoader.open(MemoryBudget.duckDb(), home().spill(), roots, Runnable::run);
        Destinations destinations =
                new Destinations(duckDb, given.dataSources(), roots, objects).with(ledger.rowSets());
        Path folder = own.resolve("replay-" + ProcessHandle.current().pid());
        Replay.Outcome outcome = new Replay(duckDb.get(), destinations, state, model, folder, threads)
                .run(published.destination(), replayed, SHOWN, done -> told(done, replayed.size()));
        if (asJson()) {
            JsonOutput.print(out(), json(batch, outcome));
        } else {
            show(outcome);
        }
        return outcome.isEqual() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private List<Integer> partitions(BatchState state) {
        int all = state.pinned().index().partitions();
        if (partitions == null) {
            return IntStream.range(0, all)
                    .filter(partition -> !isReused(state, partition))
                    .boxed()
                    .toList();
        }
        List<Integer> list = PartitionListParser.parse(partitions);
        if (list.getLast() >= all) {
            throw FailureException.permanent(
                    "--partitions: there is no partition %d; the batch has the partitions 0 to %d"
                            .formatted(list.getLast(), all - 1));
        }
        list.stream()
                .filter(partition -> isReused(state, partition))
                .findFirst()
                .ifPresent(partition -> {
                    throw FailureException.permanent(
                            "--partitions: partition %d was not scored by %s, but reused from %s. Replay it there"
                                    .formatted(
                                            partition,
                                            state.batch(),
                                            Objects.requireNonNull(
                                                            state.submission().reuse())
                                                    .batch()));
                });
        return list;
    }

    /// Whether another batch has scored the partition, perhaps with another model.
    private static boolean isReused(BatchState state, int partition) {
        return state.committed().epoch(partition).filter(Epoch::isReuse).isPresent();
    }

    private synchronized void told(int done, int all) {
        if (!asJson() && (done == all || done % 100 == 0)) {
            err().println("Scored %s of %s partitions"
                    .formatted(DisplayFormat.number(done), DisplayFormat.number(all)));
            err().flush();
        }
    }

    private void show(Replay.Outcome outcome) {
        if (outcome.isEqual()) {
            out().println(
                            "All %s predictions of %s partitions are the same, bit for bit. %s rows are quarantined again."
                                    .formatted(
                                            DisplayFormat.number(outcome.rows()),
                                            DisplayFormat.number(outcome.partitions()),
                                            DisplayFormat.number(outcome.quarantined())));
            return;
        }
        OutputDifference difference = outcome.difference();
        out().println(
                        "The replay differs from the batch: of %s predictions, %s are different, %s are missing, and %s are new."
                                .formatted(
                                        DisplayFormat.number(outcome.rows()),
                                        DisplayFormat.number(difference.changed()),
                                        DisplayFormat.number(outcome.gone()),
                                        DisplayFormat.number(outcome.added())));
        outcome.otherQuarantine()
                .forEach((partition, rows) -> out().println("Partition %d: %s rows are quarantined in the replay"
                        .formatted(partition, DisplayFormat.number(rows))));
        columns("Columns that only the batch has", difference.goneColumns());
        columns("Columns that only the replay has", difference.addedColumns());
        List<String> names =
                difference.columns().stream().map(OutputDifference.Column::name).toList();
        for (OutputDifference.ChangedRow row : difference.largest()) {
            String record = DisplayFormat.record(row.key());
            for (int i = 0; i < names.size(); i++) {
                if (!Objects.equals(row.earlier().get(i), row.later().get(i))) {
                    out().println("%s: %s was %s, is %s"
                            .formatted(
                                    record,
                                    names.get(i),
                                    row.earlier().get(i),
                                    row.later().get(i)));
                }
            }
        }
    }

    private void columns(String heading, List<String> names) {
        if (!names.isEmpty()) {
            out().println(heading + ": " + String.join(", ", names));
        }
    }

    private static ObjectNode json(BatchId batch, Replay.Outcome outcome) {
        OutputDifference difference = outcome.difference();
        ObjectNode json = JsonOutput.object();
        json.put("batch", batch.value());
        json.put("equal", outcome.isEqual());
        json.put("partitions", outcome.partitions());
        json.put("predictions", outcome.rows());
        json.put("quarantined", outcome.quarantined());
        json.put("changed", difference.changed());
        json.put("missing", outcome.gone());
        json.put("new", outcome.added());
        difference.goneColumns().forEach(json.putArray("gone_columns")::add);
        difference.addedColumns().forEach(json.putArray("new_columns")::add);
        ObjectNode quarantine = json.putObject("other_quarantine");
        outcome.otherQuarantine().forEach((partition, rows) -> quarantine.put(String.valueOf(partition), rows));
        ArrayNode rows = json.putArray("rows");
        for (OutputDifference.ChangedRow row : difference.largest()) {
            ObjectNode node = rows.addObject();
            row.key().forEach(node.putArray("record")::add);
            ObjectNode earlier = node.putObject("batch");
            ObjectNode later = node.putObject("replay");
            for (int i = 0; i < difference.columns().size(); i++) {
                String name = difference.columns().get(i).name();
                earlier.put(name, row.earlier().get(i));
                later.put(name, row.later().get(i));
            }
        }
        return json;
    }
}
