package io.nightshift.storage.destination.delta;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.delta.DeltaEngine;
import io.nightshift.storage.delta.DiskFiles;
import io.nightshift.storage.delta.ObjectFiles;
import io.nightshift.storage.delta.TableSchemas;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.destination.FirstRows;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.PartitionWriter;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.destination.TextLimit;
import io.nightshift.storage.destination.ValueLimit;
import io.nightshift.storage.destination.ValueLimits;
import io.nightshift.storage.destination.delta.TableState.Visibility;
import io.nightshift.storage.destination.folder.FileDestination;
import io.nightshift.storage.destination.folder.FolderStore;
import io.nightshift.storage.destination.lake.MissingTableProof;
import io.nightshift.storage.destination.lake.PublishedParts;
import io.nightshift.storage.destination.lake.TableProof;
import io.nightshift.storage.destination.objects.ObjectDestination;
import io.nightshift.storage.destination.parquet.ParquetFormat;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.source.SourceReaders;
import io.nightshift.storage.source.files.ObjectCopies;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A destination that is a Delta Lake table.
///
/// The files of a batch are those of a [FolderStore] or an [ObjectDestination] in the folder `nightshift`
/// of the table. That one publishes the batch first, and so decides what it consists of, whichever
/// coordinators come. Then anybody can carry the decision out: one commit, which adds the files to the
/// table unless a commit of the batch is there. Readers of the table see nothing before.
public final class DeltaStore implements DestinationStore {

    private static final Logger LOG = LoggerFactory.getLogger(DeltaStore.class);

    private static final ValueLimit FINITE =
            new ValueLimit("NOT isfinite(%s)", "is infinite, which Delta tables can't store");

    private final DeltaDestination destination;
    private final Supplier<DuckDb> duckDb;
    private final SourceReaders sources;
    private final ObjectCopies copies;
    private final DeltaTable table;
    private final ParquetFormat format;
    private final FileDestination files;
    private final String place;

    /// @param duckDb opened when first needed
    /// @param roots of the folders that tables may be in
    /// @param copies of objects, with the stores that tables may be in
    /// @param schemas of the node
    public DeltaStore(
            DeltaDestination destination,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            FileRoots roots,
            ObjectCopies copies,
            TableSchemas schemas) {
        this.destination = destination;
        this.duckDb = duckDb;
        this.sources = sources;
        this.copies = copies;
        String root = destination.table().replaceFirst("(?<=[^/])/+$", "");
        boolean isObjects = ObjectAddress.isAddress(root);
        this.table = new DeltaTable(
                destination.table(),
                root,
                new DeltaEngine(isObjects ? new ObjectFiles(copies) : new DiskFiles(roots), duckDb),
                schemas);
        this.place = root + "/nightshift";
        this.format = new ParquetFormat(new ParquetDestination("/"), table);
        this.files = isObjects
                ? new ObjectDestination(place, null, format, duckDb, sources, copies)
                : new FolderStore(place, null, format, duckDb, sources, roots);
    }

    /// Where the files of a published batch are.
    private String filesOf(BatchId batch) {
        return place + "/batch=" + batch;
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(Dataset.ofFiles(destination.table()));
    }

    @Override
    public List<String> checkPlace() {
        return files.checkPlace();
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of("partitions.folder: a table has no folders; write partitions.column: " + key.folder());
        }
        List<String> reasons = new ArrayList<>(checkPlace());
        try {
            TableColumns columns = columns(job, model);
            if (reasons.isEmpty()) {
                reasons.addAll(table.obstacles(columns));
            }
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                reasons.add(e.failure().message());
            }
        }
        return reasons;
    }

    private TableColumns columns(Job job, ModelDescription model) {
        return TableColumns.of(PredictionColumns.schema(sources.of(job.source()).bind(job, model), model));
    }

    /// Not only texts are limited: see [#limits()].
    @Override
    public @Nullable TextLimit textLimit() {
        return null;
    }

    @Override
    public ValueLimits limits() {
        return (type, isId) -> type.equals("DATE") || type.startsWith("TIMESTAMP") ? FINITE : null;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return files.writer(lease, node, blockRows);
    }

    @Override
    public void remove(Lease lease) {
        files.remove(lease);
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        TableColumns columns = columns(job, model);
        List<String> obstacles = table.obstacles(columns);
        if (!obstacles.isEmpty()) {
            throw FailureException.permanent(String.join("\n", obstacles));
        }
        files.prepare(batch, job, model);
        table.make(columns);
    }

    @Override
    public String staging(BatchId batch) {
        return files.staging(batch);
    }

    @Override
    public Publication publish(CommittedBatch batch, Runnable before) {
        if (table.visibility(batch.id()) == Visibility.REMOVED) {
            throw TableState.removed(batch.id(), destination.table());
        }
        Runnable afterChecks = () -> {
            requireOurs(batch.job());
            before.run();
        };
        return show(batch.id(), files.publish(batch, afterChecks));
    }

    private void requireOurs(Job job) {
        OutputSchema schema = job.output().schema();
        table.requireOurs(schema == null ? null : TableColumns.of(schema.columns()));
    }

    /// Carries out what was decided, unless that is done.
    ///
    /// @param decided the published files
    private Publication show(BatchId batch, Publication decided) {
        String manifest = files.manifest(batch)
                .orElseThrow(
                        () -> FailureException.permanent("the manifest of %s is gone from %s. Start over with --new"
                                .formatted(batch, decided.destination())));
        table.show(batch, statistics(PublishedParts.of(filesOf(batch), batch, manifest)));
        return new Publication(destination.toString(), decided.manifestSha256());
    }

    private PartStatistics statistics(PublishedParts published) {
        return new PartStatistics(published, duckDb, copies);
    }

    @Override
    public Optional<Publication> fence(BatchId batch, int incarnation) {
        Optional<Publication> decided = files.fence(batch, incarnation);
        return decided.isEmpty() || table.visibility(batch) == Visibility.REMOVED
                ? Optional.empty()
                : Optional.of(show(batch, decided.get()));
    }

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        files.keepQuarantine(batch);
    }

    @Override
    public void discard(BatchId batch) {
        try {
            files.discard(batch);
        } catch (FailureException e) {
            LOG.warn("{}: staged output could not be removed: {}", batch, e.getMessage());
        }
    }

    @Override
    public void unpublish(BatchId batch) {
        if (!table.remove(batch)) {
            // If this node does not see a table, it sees no batch of it either.
            files.requirePlace(batch);
        }
    }

    @Override
    public void delete(BatchId batch) {
        unpublish(batch);
        files.delete(batch);
    }

    @Override
    public void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        requireVisible(batch.id());
        files.prepareSupplement(batch, job, model);
    }

    private void requireVisible(BatchId batch) {
        if (table.visibility(batch) != Visibility.VISIBLE) {
            files.requirePlace(batch);
            throw FailureException.permanent("%s is gone from the Delta table %s, so no rows can be added to it"
                    .formatted(batch, destination.table()));
        }
    }

    /// First the files, then one more commit with the file of the supplement. What the table refuses for good is
    /// found before the files are published, because they are not taken back.
    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        requireVisible(batch.id());
        requireOurs(batch.job());
        Supplement supplement = batch.supplements().getLast();
        Set<String> earlier = batch.commits().stream()
                .filter(commit -> commit.partition() != supplement.commit().partition())
                .flatMap(commit -> parts(batch.id(), commit).locations().stream())
                .collect(Collectors.toSet());
        PartStatistics added = statistics(parts(batch.id(), supplement.commit()));
        table.requireUnchanged(batch.id(), supplement.number(), added, earlier);
        Publication decided = files.publishSupplement(batch);
        table.supplement(batch.id(), supplement.number(), added, earlier);
        return new Publication(destination.toString(), decided.manifestSha256());
    }

    private PublishedParts parts(BatchId batch, PartitionCommit commit) {
        return PublishedParts.of(filesOf(batch), batch, commit, format.extension());
    }

    /// The table shows what its files have published, so the files decide. If they have, the publication is
    /// finished.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        return files.withdrawSupplement(batch).map(decided -> publishSupplement(batch));
    }

    @Override
    public void discardSupplement(BatchId batch, int incarnation) {
        files.discardSupplement(batch, incarnation);
    }

    /// The files don't name their batch; the log of the table does.
    @Override
    public Optional<String> reuseRefusal(Job job) {
        return files.reuseRefusal(job);
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        files.reuse(published, batch, parts);
    }

    @Override
    public Optional<BatchId> newest(String job) {
        try {
            return table.look(Optional.<BatchId>empty(), state -> state.newest(job));
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        return files.manifest(published);
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        if (!isThere()) {
            return new MissingTableProof(destination);
        }
        Publication decided =
                published == null ? null : new Publication(filesOf(batch.id()), published.manifestSha256());
        return new TableProof(
                batch,
                published,
                destination,
                destination.table(),
                () -> table.look(List.of(), state -> state.files(batch.id())),
                filesOf(batch.id()),
                files.verify(batch, phase, decided));
    }

    /// A damaged log is reported when the files of the batch are looked for.
    private boolean isThere() {
        try {
            return table.isThere();
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                return true;
            }
            throw e;
        }
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return files.query(batch, filesOf(batch), column, quarantine);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        FirstRows inFiles = files.head(batch, filesOf(batch), limit);
        if (inFiles.columns().isEmpty()) {
            return inFiles;
        }
        // The time of the prediction comes last.
        int place = inFiles.columns().size() - 1;
        List<String> columns = new ArrayList<>(inFiles.columns());
        columns.add(place, TableColumns.BATCH);
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (List<@Nullable Object> row : inFiles.rows()) {
            List<@Nullable Object> whole = new ArrayList<>(row);
            whole.add(place, batch.value());
            rows.add(whole);
        }
        return new FirstRows(columns, rows);
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        String inFiles = name + " in files";
        files.open(batch, filesOf(batch), connection, inFiles);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP VIEW %s AS SELECT *, %s AS %s FROM %s"
                    .formatted(Sql.name(name), Sql.text(batch.value()), TableColumns.BATCH, Sql.name(inFiles)));
        } catch (SQLException e) {
            throw new FailureException(
                    Failure.permanent("the predictions of %s can't be read: %s".formatted(batch, e.getMessage())), e);
        }
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return files.quarantined(batch);
    }

    @Override
    public Optional<String> quarantineFile(Attempt committed) {
        return files.quarantineFile(committed);
    }
}
