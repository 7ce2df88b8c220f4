package io.nightshift.node;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.Redriver;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CommittedBatches;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantineTable;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.QuarantineSelection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Scores quarantined rows of published batches again, on this node: one attempt, on the thread that asks.
/// docs/decisions/0039-redrive.md says what a corrected job may change, and how rows are found again.
final class QuarantineRedriver implements Redriver {

    private final Ledger ledger;
    private final Destinations destinations;
    private final Supplier<DuckDb> duckDb;
    private final Function<ModelVersion, ModelDescription> models;
    private final Function<Lease, PartitionAttempt> attempts;
    private final InstantSource clock;

    /// @param models describes a registered model
    /// @param attempts makes an attempt, as for any lease
    QuarantineRedriver(
            Ledger ledger,
            Destinations destinations,
            Supplier<DuckDb> duckDb,
            Function<ModelVersion, ModelDescription> models,
            Function<Lease, PartitionAttempt> attempts,
            InstantSource clock) {
        this.ledger = ledger;
        this.destinations = destinations;
        this.duckDb = duckDb;
        this.models = models;
        this.attempts = attempts;
        this.clock = clock;
    }

    @Override
    public void check(BatchState state, BatchCommand.Redrive request) {
        Job own = state.submission().job();
        if (request.job() != null) {
            refuseOther(own, request.job());
        }
        if (jobOf(own, request.job()).source().input() instanceof DatabaseInput) {
            throw FailureException.permanent(
                    "rows of a database can't be read again as they were; run the job again with --new");
        }
        if (own.incremental() instanceof ChangedRows) {
            throw FailureException.permanent(
                    "its job scores only changed rows, and the next batch of the job scores the repaired ones");
        }
        if (request.where() != null) {
            try (Connection connection = duckDb.get().connect()) {
                QuarantineTable.check(connection, "where", request.where());
            } catch (SQLException e) {
                throw new FailureException(DuckDbError.failure("the condition can't be checked", e), e);
            }
        }
        // The redrive begins under the next incarnation.
        ledger.removedBatches().beginRedrive(state.batch(), state.incarnation() + 1);
    }

    /// Refuses a job whose rows would not fit into the batch.
    private static void refuseOther(Job own, Job corrected) {
        String id = own.source().id();
        List<String> different = new ArrayList<>();
        compare(different, "job", own.name(), corrected.name());
        compare(different, "destination", own.destination(), corrected.destination());
        compare(different, "parameters", own.parameters(), corrected.parameters());
        compare(different, "partitions", own.partitions(), corrected.partitions());
        compare(different, "source.id", id, corrected.source().id());
        if (id != null) {
            compare(
                    different,
                    "source.select." + id,
                    own.source().select().get(id),
                    corrected.source().select().get(id));
        }
        if (corrected.incremental() != null) {
            different.add("incremental, which needs the batch's own job");
        }
        if (!different.isEmpty()) {
            throw FailureException.permanent(
                    "the job file differs from the job of the batch in %s. A redrive may change what is read and how, such as source.select"
                            .formatted(String.join(", ", different)));
        }
    }

    private static void compare(List<String> different, String key, @Nullable Object one, @Nullable Object other) {
        if (!Objects.equals(one, other)) {
            different.add(key);
        }
    }

    /// The job by which rows are scored. Its output columns have the version of the batch's.
    private static Job jobOf(Job own, @Nullable Job corrected) {
        OutputSchema schema = own.output().schema();
        return corrected == null || schema == null
                ? Objects.requireNonNullElse(corrected, own)
                : corrected.with(schema);
    }

    @Override
    public Supplement score(BatchState state) {
        BatchEvent.RedriveBegun begun = Objects.requireNonNull(state.redrive()).begun();
        BatchEvent.Submitted submitted = state.submission();
        Job job = jobOf(submitted.job(), begun.job());
        DestinationStore store = destinations.of(submitted.job());
        CommittedBatch batch = CommittedBatches.read(ledger, state);
        List<SourceFile> input = inspect(job, submitted);
        Attempt attempt = new Attempt(
                state.batch(),
                state.pinned().index().partitions() + batch.supplements().size(),
                new Epoch(state.incarnation(), 1));
        List<Slice> slices = slices(input);
        // One file of predictions appears at once for readers that list files.
        Job inOneFile = job.withDestination(job.destination().undivided());
        Lease lease = new Lease(attempt, inOneFile, state.model(), 0, slices, store.staging(state.batch()));
        store.supplements().prepareSupplement(batch, job, description(submitted));
        PartitionCommit commit = attempts.apply(lease)
                .selecting(new QuarantineSelection(
                        () -> store.quarantined(batch), begun.where(), unchanged(batch, job, input), cuts(state)))
                .run()
                .commit();
        PartitionCommit counted = PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(commit.epoch())
                .node(commit.node())
                .firstRow(0)
                .rows(commit.rows())
                .read(commit.read())
                .part(commit.part())
                .quarantine(commit.quarantine())
                .model(commit.model())
                .value(commit.value())
                .build();
        return new Supplement(begun.number(), clock.instant(), counted, input);
    }

    /// The cuts of a batch whose output has partition values.
    private static List<Cut> cuts(BatchState state) {
        PartitionKey key = state.submission().job().partitions().key();
        if (key == null || (key.column() == null && key.folder() == null)) {
            return List.of();
        }
        PartitionPlan.Index index = state.pinned().index();
        return IntStream.range(0, index.partitions())
                .mapToObj(partition -> Slice.cut(index.slices(partition)))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    private ModelDescription description(BatchEvent.Submitted submitted) {
        return models.apply(submitted.model());
    }

    private List<SourceFile> inspect(Job job, BatchEvent.Submitted submitted) {
        ModelDescription model = description(submitted);
        List<SourceFile> files = destinations.sources().inspect(job, model).stream()
                .map(InspectedFile::file)
                .toList();
        OutputSchema schema = submitted.job().output().schema();
        List<OutputSchema.Column> columns =
                PredictionColumns.schema(destinations.sources().of(job.source()).bind(job, model), model);
        if (schema != null && !schema.columns().equals(columns)) {
            throw FailureException.permanent("the job writes other columns than the batch has: %s instead of %s"
                    .formatted(names(columns), names(schema.columns())));
        }
        return files;
    }

    private static String names(List<OutputSchema.Column> columns) {
        return columns.stream()
                .map(column -> column.name() + " " + column.type())
                .collect(Collectors.joining(", "));
    }

    /// Whole files, and an empty slice of each file of a lookup.
    private static List<Slice> slices(List<SourceFile> input) {
        List<Slice> slices = new ArrayList<>();
        input.stream()
                .filter(file -> !file.isLookup() && file.rows() > 0)
                .forEach(file -> slices.add(new Slice(file, 0, file.rows())));
        if (slices.isEmpty()) {
            throw FailureException.permanent("the source has no rows any more");
        }
        input.stream().filter(SourceFile::isLookup).forEach(file -> slices.add(new Slice(file, 0, 0)));
        return slices;
    }

    /// The files whose rows have the positions that the quarantine names: as the plan pinned them, and read in the
    /// same way. A file that an earlier redrive has found changed is none of them, whatever it is like now.
    private static Set<String> unchanged(CommittedBatch batch, Job job, List<SourceFile> input) {
        boolean isReadAlike = job.source().input() instanceof ParquetInput
                || job.source().input().equals(batch.job().source().input());
        if (!isReadAlike) {
            return Set.of();
        }
        Set<String> unchanged = new HashSet<>();
        for (SourceFile file : batch.input()) {
            boolean isSame = !file.isLookup()
                    && batch.supplements().stream().allMatch(supplement -> isSame(file, supplement.input(), true))
                    && isSame(file, input, false);
            if (isSame) {
                unchanged.add(file.path());
            }
        }
        return unchanged;
    }

    /// @param otherwise the answer if the file is none of these
    private static boolean isSame(SourceFile file, List<SourceFile> files, boolean otherwise) {
        return files.stream()
                .filter(other -> !other.isLookup() && other.path().equals(file.path()))
                .findFirst()
                .map(other -> other.bytes() == file.bytes()
                        && other.modified().equals(file.modified())
                        && other.tag().equals(file.tag()))
                .orElse(otherwise);
    }

    @Override
    public Publication publish(BatchState state) {
        return destinations
                .of(state.submission().job())
                .supplements()
                .publishSupplement(CommittedBatches.withPending(ledger, state));
    }

    @Override
    public Optional<Publication> withdraw(BatchState state) {
        return destinations
                .of(state.submission().job())
                .supplements()
                .withdrawSupplement(CommittedBatches.withPending(ledger, state));
    }

    @Override
    public void end(BatchState state) {
        discard(state);
        ledger.removedBatches().endRedrive(state.batch(), state.incarnation());
    }

    @Override
    public void forget(BatchState state) {
        discard(state);
        ledger.removedBatches().forget(state.batch());
    }

    private void discard(BatchState state) {
        destinations.of(state.submission().job()).supplements().discardSupplement(state.batch(), state.incarnation());
    }
}
