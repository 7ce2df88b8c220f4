package io.nightshift.node.check;

import io.nightshift.api.BatchProof;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.VerificationFinding;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.verification.Proof;
import io.nightshift.coordinator.verification.Verification;
import io.nightshift.destination.Finding;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.duckdb.DuckDb;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Examines published batches by their ledger, their output and their input. Changes nothing. All methods
/// block, and a listener that throws an exception ends the examination with it.
///
/// For commands and for nodes. Safe for several threads as far as the DuckDB is.
public final class BatchExaminations {

    /// The most rows of [#head].
    public static final int MOST_ROWS = 10_000;

    /// How many records a replay lists.
    private static final int LISTED = 10;

    private final Ledger ledger;
    private final Destinations destinations;
    private final Supplier<DuckDb> duckDb;
    private final Supplier<ModelRegistry> registry;
    private final Path scratch;
    private final long memory;

    /// @param destinations of the batches
    /// @param duckDb with the scoring functions, for replays
    /// @param registry of the models, for replays
    /// @param scratch the folder in which replays keep their scores until their end
    /// @param memory that replays may use, in bytes
    public BatchExaminations(
            Ledger ledger,
            Destinations destinations,
            Supplier<DuckDb> duckDb,
            Supplier<ModelRegistry> registry,
            Path scratch,
            long memory) {
        this.ledger = ledger;
        this.destinations = destinations.with(ledger.rowSets());
        this.duckDb = duckDb;
        this.registry = registry;
        this.scratch = scratch;
        this.memory = memory;
    }

    /// Reads the first predictions of a published batch.
    ///
    /// @param rows the most rows, 1 to [#MOST_ROWS]
    /// @throws FailureException if the batch is not published, or its output can't be read
    public PredictionRows head(BatchId batch, int rows) {
        BatchState state = ledger.state(batch);
        BatchEvent.Published published = published(
                state,
                "batch %s is not published; its predictions can be read once it is. `nightshift batch show %s` shows its state");
        Removal removal = state.removal();
        if (removal != null) {
            throw FailureException.permanent("batch %s was %s".formatted(batch, removal.sentence()));
        }
        FirstRows head =
                destinations.of(state.submission().job()).predictions().head(batch, published.destination(), rows);
        return new PredictionRows(batch.value(), head.columns(), head.rows());
    }

    private static BatchEvent.Published published(BatchState state, String refusal) {
        BatchEvent.Published published = state.published();
        if (published == null) {
            throw FailureException.permanent(refusal.formatted(state.batch(), state.batch()));
        }
        return published;
    }

    /// Verifies a batch: compares its ledger, its output and its input.
    ///
    /// @param listener gets each finding as soon as it is made
    public BatchProof verify(BatchId batch, Consumer<VerificationFinding> listener) {
        Proof proof =
                new Verification(ledger, destinations, finding -> listener.accept(described(finding))).prove(batch);
        Phase phase = proof.phase();
        return new BatchProof(
                batch.value(),
                phase == null ? null : phase.toString(),
                proof.holds(),
                proof.sentence(),
                new BatchProof.Ledger(proof.entries(), proof.head()),
                proof.findings().stream().map(BatchExaminations::described).toList());
    }

    private static VerificationFinding described(Finding finding) {
        return new VerificationFinding(
                finding.what(), finding.outcome().name().toLowerCase(Locale.ROOT), finding.detail());
    }

    /// Checks whether a batch can be replayed.
    ///
    /// @param listed the partitions to score; empty for all that the batch has not reused from another one
    /// @return the replay, which has not begun
    /// @throws FailureException if the batch is not published, or a partition can't be replayed
    public PreparedReplay prepareReplay(BatchId batch, List<Integer> listed) {
        BatchState state = ledger.state(batch);
        BatchEvent.Published published = published(
                state,
                "batch %s is not published, so there are no scores to compare. `nightshift batch show %s` shows its state");
        return new PreparedReplay(state, published.destination(), partitions(state, listed));
    }

    private static List<Integer> partitions(BatchState state, List<Integer> listed) {
        int all = state.pinned().index().partitions();
        if (listed.isEmpty()) {
            return IntStream.range(0, all)
                    .filter(partition -> !isReused(state, partition))
                    .boxed()
                    .toList();
        }
        for (int partition : listed) {
            if (partition >= all) {
                throw FailureException.permanent(
                        "there is no partition %d; the batch has the partitions 0 to %d".formatted(partition, all - 1));
            }
            if (isReused(state, partition)) {
                throw FailureException.permanent(
                        "partition %d was not scored by %s, but reused from %s. Replay it there"
                                .formatted(
                                        partition,
                                        state.batch(),
                                        Objects.requireNonNull(
                                                        state.submission().reuse())
                                                .batch()));
            }
        }
        return listed;
    }

    /// Whether another batch has scored the partition, perhaps with another model.
    private static boolean isReused(BatchState state, int partition) {
        return state.committed().epoch(partition).filter(Epoch::isReuse).isPresent();
    }

    /// A replay that can begin.
    public final class PreparedReplay {

        private final BatchState state;
        private final String destination;
        private final List<Integer> partitions;

        private PreparedReplay(BatchState state, String destination, List<Integer> partitions) {
            this.state = state;
            this.destination = destination;
            this.partitions = List.copyOf(partitions);
        }

        /// Scores the partitions again and compares the scores with those that were published.
        ///
        /// @param threads the number of scoring threads, at least 1
        /// @param listener gets the progress, on any thread, one at a time
        /// @throws FailureException if the input, the model or the output is gone or has changed
        public ReplayReport run(int threads, Consumer<ReplayProgress> listener) {
            Model model = ModelFiles.load(registry.get().path(state.model()));
            Path folder = scratch.resolve("replay-" + UUID.randomUUID());
            Object turn = new Object();
            Replay.Outcome outcome = new Replay(duckDb.get(), destinations, state, model, folder, threads, memory)
                    .run(destination, partitions, LISTED, scored -> {
                        synchronized (turn) {
                            listener.accept(new ReplayProgress(scored, partitions.size()));
                        }
                    });
            return report(state.batch(), outcome);
        }
    }

    private static ReplayReport report(BatchId batch, Replay.Outcome outcome) {
        OutputDifference difference = outcome.difference();
        Map<String, Long> quarantine = new LinkedHashMap<>();
        outcome.otherQuarantine().forEach((partition, rows) -> quarantine.put(String.valueOf(partition), rows));
        List<String> columns =
                difference.columns().stream().map(OutputDifference.Column::name).toList();
        return new ReplayReport(
                batch.value(),
                outcome.isEqual(),
                outcome.partitions(),
                outcome.rows(),
                outcome.quarantined(),
                difference.changed(),
                outcome.gone(),
                outcome.added(),
                difference.goneColumns(),
                difference.addedColumns(),
                quarantine,
                difference.largest().stream()
                        .map(row -> new ReplayReport.ChangedRow(
                                row.key(), values(columns, row.earlier()), values(columns, row.later())))
                        .toList());
    }

    private static Map<String, @Nullable String> values(List<String> columns, List<@Nullable String> values) {
        Map<String, @Nullable String> named = new LinkedHashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            named.put(columns.get(i), values.get(i));
        }
        return named;
    }
}
