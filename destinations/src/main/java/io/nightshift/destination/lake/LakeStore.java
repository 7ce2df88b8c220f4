package io.nightshift.destination.lake;

import io.nightshift.destination.BatchRemoval;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.PredictionReader;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.SupplementStore;
import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.ValueLimits;
import io.nightshift.destination.folder.FileDestination;
import io.nightshift.destination.folder.FolderStore;
import io.nightshift.destination.objects.ObjectDestination;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A destination that is a table of a data lake.
///
/// The files of a batch are those of a [FolderStore] or an [ObjectDestination] in the folder `nightshift` of the
/// table. That one publishes the batch first, and so decides what it consists of, whichever coordinators come.
/// Then anybody can carry the decision out: one commit, which adds the files to the table unless a commit of the
/// batch is there. Readers of the table see nothing before.
///
/// @param <C> the columns that a job writes
/// @param <F> the files of a batch, for a commit
public abstract class LakeStore<C, F> implements DestinationStore, BatchRemoval, PredictionReader, SupplementStore {

    private static final Logger LOG = LoggerFactory.getLogger(LakeStore.class);

    /// The folder in a table's location.
    private static final String FOLDER = "/nightshift";

    private final Destination destination;
    private final String name;
    private final LakeTable<C, F> table;
    private final ValueLimit finite;
    private final Supplier<DuckDb> duckDb;
    private final SourceReaders sources;
    private final FileRoots roots;
    private final ObjectCopies copies;
    private final ParquetFormat format;

    /// @param name of the table
    /// @param kind of tables, such as `Delta`
    /// @param duckDb opened when first needed
    /// @param roots of the folders that tables may be in
    /// @param copies of objects, with the stores that tables may be in
    protected LakeStore(
            Destination destination,
            String name,
            String kind,
            LakeTable<C, F> table,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            FileRoots roots,
            ObjectCopies copies) {
        this.destination = destination;
        this.name = name;
        this.table = table;
        this.finite = new ValueLimit("NOT isfinite(%s)", "is infinite, which %s tables can't store".formatted(kind));
        this.duckDb = duckDb;
        this.sources = sources;
        this.roots = roots;
        this.copies = copies;
        this.format = new ParquetFormat(new ParquetDestination("/"), table);
    }

    private String requireLocation() {
        return table.location().orElseThrow(table::missing);
    }

    /// The files of the table's batches.
    protected final FileDestination files() {
        return files(requireLocation());
    }

    private Optional<FileDestination> filesIfAny() {
        return table.location().map(this::files);
    }

    /// The same, unless the table is missing because this node does not see its file system.
    private Optional<FileDestination> filesIfAny(BatchId batch) {
        Optional<FileDestination> files = filesIfAny();
        if (files.isEmpty()) {
            table.unseenLocation().map(this::files).ifPresent(unseen -> unseen.requirePlace(batch));
        }
        return files;
    }

    private FileDestination files(String location) {
        String place = table.plain(location) + FOLDER;
        return ObjectAddress.isAddress(place)
                ? new ObjectDestination(place, null, format, duckDb, sources, copies)
                : new FolderStore(place, null, format, duckDb, sources, roots);
    }

    /// Where the files of a published batch are, in the words of the table's metadata.
    private String place(BatchId batch) {
        return requireLocation() + FOLDER + "/batch=" + batch;
    }

    /// Where the files of a published batch are, as the store of the files has it.
    protected final String filesOf(BatchId batch) {
        return table.plain(place(batch));
    }

    /// A table that can't be reached now is no reason.
    @Override
    public List<String> checkPlace() {
        try {
            return filesIfAny().map(DestinationStore::checkPlace).orElse(List.of());
        } catch (FailureException e) {
            return e.failure().isPermanent() ? List.of(e.failure().message()) : List.of();
        }
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of("partitions.folder: a table has no folders; write partitions.column: " + key.folder());
        }
        List<String> reasons = new ArrayList<>(checkPlace());
        try {
            C columns = columns(job, model);
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

    private C columns(Job job, ModelDescription model) {
        return table.columns(
                job, PredictionColumns.schema(sources.of(job.source()).bind(job, model), model));
    }

    @Override
    public ValueLimits limits() {
        return (type, isId) -> type.equals("DATE") || type.startsWith("TIMESTAMP") ? finite : null;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return files().writer(lease, node, blockRows);
    }

    @Override
    public void remove(Lease lease) {
        filesIfAny().ifPresent(files -> files.remove(lease));
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        C columns = columns(job, model);
        List<String> obstacles = table.obstacles(columns);
        if (!obstacles.isEmpty()) {
            throw FailureException.permanent(String.join("\n", obstacles));
        }
        // A place that can't take files gets no table.
        Optional<FileDestination> files = filesIfAny();
        files.ifPresent(there -> there.prepare(batch, job, model));
        table.make(columns);
        if (files.isEmpty()) {
            files().prepare(batch, job, model);
        }
    }

    @Override
    public String staging(BatchId batch) {
        return files().staging(batch);
    }

    @Override
    public Publication publish(CommittedBatch batch, Runnable before) {
        if (table.visibility(batch.id()) == Visibility.REMOVED) {
            throw table.removed(batch.id());
        }
        Runnable afterChecks = () -> {
            table.requireOurs(batch.job());
            before.run();
        };
        return show(batch.id(), files().publish(batch, afterChecks));
    }

    /// Carries out what was decided, unless that is done.
    ///
    /// @param decided the published files
    private Publication show(BatchId batch, Publication decided) {
        String manifest = manifest(batch, decided);
        F files = table.files(PublishedParts.of(place(batch), batch, manifest));
        table.show(batch, files, Provenance.of(batch, manifest, decided.manifestSha256()));
        return new Publication(destination.toString(), decided.manifestSha256());
    }

    private String manifest(BatchId batch, Publication decided) {
        return files().manifest(batch)
                .orElseThrow(
                        () -> FailureException.permanent("the manifest of %s is gone from %s. Start over with --new"
                                .formatted(batch, decided.destination())));
    }

    @Override
    public Optional<Publication> fence(BatchId batch, int incarnation) {
        Optional<Publication> decided = filesIfAny(batch).flatMap(files -> files.fence(batch, incarnation));
        return decided.isEmpty() || table.visibility(batch) == Visibility.REMOVED
                ? Optional.empty()
                : Optional.of(show(batch, decided.get()));
    }

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        filesIfAny().ifPresent(files -> files.keepQuarantine(batch));
    }

    @Override
    public void discard(BatchId batch) {
        try {
            filesIfAny().ifPresent(files -> files.discard(batch));
        } catch (FailureException e) {
            LOG.warn("{}: staged output could not be removed: {}", batch, e.getMessage());
        }
    }

    /// If this node does not see a table, it sees no batch of it either.
    @Override
    public void unpublish(BatchId batch) {
        filesIfAny(batch).ifPresent(files -> {
            if (!table.remove(batch)) {
                files.requirePlace(batch);
            }
        });
    }

    @Override
    public void delete(BatchId batch) {
        unpublish(batch);
        table.requireUnused(batch);
        filesIfAny().ifPresent(files -> files.delete(batch));
    }

    @Override
    public void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        requireVisible(batch.id());
        files().prepareSupplement(batch, job, model);
    }

    private void requireVisible(BatchId batch) {
        if (table.visibility(batch) != Visibility.VISIBLE) {
            filesIfAny(batch).ifPresent(files -> files.requirePlace(batch));
            throw FailureException.permanent(
                    "%s is gone from %s, so no rows can be added to it".formatted(batch, table.title()));
        }
    }

    /// First the files, then one more commit with the file of the supplement. What the table refuses for good is
    /// found before the files are published, because they are not taken back.
    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        requireVisible(batch.id());
        table.requireOurs(batch.job());
        Supplement supplement = batch.supplements().getLast();
        String place = place(batch.id());
        F added = table.files(parts(place, batch.id(), supplement.commit()));
        Set<String> earlier = batch.commits().stream()
                .filter(commit -> commit.partition() != supplement.commit().partition())
                .flatMap(commit -> parts(place, batch.id(), commit).locations().stream())
                .collect(Collectors.toSet());
        table.requireUnchanged(batch.id(), supplement.number(), added, earlier);
        Publication decided = files().publishSupplement(batch);
        Provenance provenance = Provenance.of(batch.id(), manifest(batch.id(), decided), decided.manifestSha256())
                .ofSupplement(supplement.number());
        table.supplement(batch.id(), supplement.number(), added, earlier, provenance);
        return new Publication(destination.toString(), decided.manifestSha256());
    }

    private PublishedParts parts(String place, BatchId batch, PartitionCommit commit) {
        return PublishedParts.of(place, batch, commit, format.extension());
    }

    /// The table shows what its files have published, so the files decide. If they have, the publication is
    /// finished. A table that was dropped shows nothing.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        return filesIfAny(batch.id())
                .flatMap(files -> files.withdrawSupplement(batch))
                .map(decided -> publishSupplement(batch));
    }

    @Override
    public void discardSupplement(BatchId batch, int incarnation) {
        filesIfAny(batch).ifPresent(files -> files.discardSupplement(batch, incarnation));
    }

    @Override
    public Optional<BatchId> newest(String job) {
        try {
            return table.newest(job);
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        return filesIfAny().flatMap(files -> files.manifest(published));
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        if (!table.isThere()) {
            return new MissingTableProof(destination);
        }
        Publication decided =
                published == null ? null : new Publication(filesOf(batch.id()), published.manifestSha256());
        return new LakeProof(
                batch,
                published,
                destination,
                name,
                () -> table.visible(batch.id()),
                () -> table.provenances(batch.id()),
                place(batch.id()),
                files().verify(batch, phase, decided).ofTable());
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return files().query(batch, filesOf(batch), column, quarantine);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        return files().head(batch, filesOf(batch), limit);
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        files().open(batch, filesOf(batch), connection, name);
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return files().quarantined(batch);
    }

    @Override
    public Optional<String> quarantineFile(Attempt committed) {
        return files().quarantineFile(committed);
    }
}
