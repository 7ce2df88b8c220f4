package io.nightshift.node.check;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.source.BoundJob;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.comparison.OutputComparison;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.PartitionAttempt;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// Scores partitions of a published batch again, from the files and with the model that the ledger names, and
/// compares the scores with those that were published. What it scores goes to a folder that is deleted at the end.
final class Replay {

    /// The result of a replay.
    ///
    /// @param partitions the number of partitions that were scored again
    /// @param rows the predictions of these partitions
    /// @param quarantined the rows of these partitions that were quarantined in the batch
    /// @param otherQuarantine the partitions in which the replay has quarantined another number of rows, by the
    ///     number that it has quarantined
    /// @param difference between the batch and the replay, in the columns of the model's outputs
    record Outcome(
            int partitions,
            long rows,
            long quarantined,
            Map<Integer, Long> otherQuarantine,
            OutputDifference difference) {

        public Outcome {
            otherQuarantine = Map.copyOf(otherQuarantine);
        }

        /// Predictions that the batch does not have.
        public long added() {
            return difference.added();
        }

        /// Predictions of the partitions that the replay does not have.
        public long gone() {
            return rows - difference.common();
        }

        /// Whether each row has the same outcome as in the batch.
        public boolean isEqual() {
            return difference.changed() == 0
                    && added() == 0
                    && gone() == 0
                    && otherQuarantine.isEmpty()
                    && difference.goneColumns().isEmpty()
                    && difference.addedColumns().isEmpty();
        }
    }

    private static final FileNames NAMES = new FileNames(".parquet");
    private static final Epoch EPOCH = new Epoch(1, 1);

    private final DuckDb duckDb;
    private final Destinations destinations;
    private final BatchState state;
    private final Model model;
    private final Path folder;
    private final int threads;
    private final long memory;
    private final Job replayed;
    private final DestinationStore scratch;

    /// @param duckDb with the scoring functions
    /// @param destinations over the same DuckDB
    /// @param state of a published batch
    /// @param model that the batch used
    /// @param folder for the scores; made, and deleted at the end
    /// @param threads that score at the same time, at least 1
    /// @param memory that they may use, in bytes
    Replay(
            DuckDb duckDb,
            Destinations destinations,
            BatchState state,
            Model model,
            Path folder,
            int threads,
            long memory) {
        this.duckDb = duckDb;
        this.destinations = destinations;
        this.state = state;
        this.model = model;
        this.folder = folder;
        this.threads = threads;
        this.memory = memory;
        ParquetDestination destination = new ParquetDestination(folder.toString());
        this.replayed = state.submission().job().withDestination(destination);
        this.scratch = new Destinations(() -> duckDb, DataSources.NONE, FileRoots.UNRESTRICTED).of(destination);
    }

    /// Scores and compares.
    ///
    /// @param published what readers see, as the ledger says it
    /// @param partitions to score, each once; committed ones
    /// @param rows the most records to list that differ
    /// @param progress told the number of partitions that are scored
    /// @throws FailureException if the input has changed, a row can't be read, or the output is gone
    Outcome run(String published, List<Integer> partitions, int rows, Consumer<Integer> progress) {
        SourcePins.check(state.batch(), files(), destinations.sources().pins(replayed));
        scratch.prepare(state.batch(), replayed, model.description());
        try {
            List<PartitionCommit> commits = score(partitions, progress);
            return compare(published, commits, rows);
        } finally {
            delete();
        }
    }

    private List<SourceFile> files() {
        return state.pinned().files();
    }

    private List<PartitionCommit> score(List<Integer> partitions, Consumer<Integer> progress) {
        int blockRows = MemoryEstimate.of(replayed, files(), model.description(), model.heapBytes(), threads, memory)
                .blockRows();
        AtomicLong scored = new AtomicLong();
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("replay-", 1).factory())) {
            List<Future<PartitionCommit>> running = new ArrayList<>();
            for (int partition : partitions) {
                running.add(pool.submit(() -> {
                    PartitionCommit commit = score(partition, blockRows);
                    progress.accept((int) scored.incrementAndGet());
                    return commit;
                }));
            }
            List<PartitionCommit> commits = new ArrayList<>();
            try {
                for (Future<PartitionCommit> attempt : running) {
                    commits.add(attempt.get());
                }
            } catch (ExecutionException e) {
                running.forEach(attempt -> attempt.cancel(false));
                if (e.getCause() instanceof FailureException failure) {
                    throw failure;
                }
                if (e.getCause() instanceof CancellationException cancelled) {
                    throw cancelled;
                }
                throw new IllegalStateException("a partition can't be scored", e.getCause());
            } catch (InterruptedException e) {
                running.forEach(attempt -> attempt.cancel(true));
                Thread.currentThread().interrupt();
                throw FailureException.permanent("the replay was interrupted");
            }
            return commits;
        }
    }

    private PartitionCommit score(int partition, int blockRows) {
        PartitionPlan.Index index = state.pinned().index();
        List<Slice> slices = index.slices(partition);
        Lease lease = new Lease(
                attempt(partition),
                replayed,
                state.model(),
                index.range(partition).firstRow(),
                slices,
                scratch.staging(state.batch()));
        DestinationStore destination = destinations.of(state.submission().job());
        return new PartitionAttempt(
                        duckDb,
                        destinations.sources(),
                        lease,
                        model,
                        "replay",
                        scratch.writer(lease, "replay", blockRows),
                        destination.limits(),
                        new AtomicLong())
                .run()
                .commit();
    }

    private Attempt attempt(int partition) {
        return new Attempt(state.batch(), partition, EPOCH);
    }

    private Outcome compare(String published, List<PartitionCommit> commits, int rows) {
        BatchId batch = state.batch();
        PartitionPlan.Index index = state.pinned().index();
        Map<Integer, Long> otherQuarantine = new LinkedHashMap<>();
        long predictions = 0;
        long quarantined = 0;
        List<Path> parts = new ArrayList<>();
        for (PartitionCommit commit : commits) {
            int partition = commit.partition();
            CommittedTotals totals =
                    state.committed().totals(partition, index.range(partition).rows());
            predictions += totals.predictions();
            quarantined += totals.quarantined();
            if (commit.quarantined() != totals.quarantined()) {
                otherQuarantine.put(partition, commit.quarantined());
            }
            parts.add(Path.of(scratch.staging(batch)).resolve(NAMES.stagedPart(attempt(partition))));
        }
        Set<String> passedOn =
                destinations.sources().of(replayed.source()).bind(replayed, model.description()).output().stream()
                        .map(BoundJob.Bound::name)
                        .collect(Collectors.toSet());
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TEMP VIEW replayed AS FROM read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                            .formatted(
                                    Sql.files(parts.stream().map(Path::toString).toList())));
            if (predictions == 0) {
                statement.execute("CREATE TEMP VIEW published AS FROM replayed LIMIT 0");
            } else {
                destinations.of(state.submission().job()).predictions().open(batch, published, connection, "published");
            }
            OutputDifference difference = new OutputComparison(connection, "published", "replayed", 0)
                    .only(column -> !passedOn.contains(column))
                    .compare(rows);
            return new Outcome(commits.size(), predictions, quarantined, otherQuarantine, difference);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the scores can't be compared", e), e);
        }
    }

    private void delete() {
        try {
            scratch.discard(state.batch());
            Folders.deleteTree(folder);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the temporary folder %s can't be deleted: %s".formatted(folder, Folders.reason(e)));
        }
    }
}
