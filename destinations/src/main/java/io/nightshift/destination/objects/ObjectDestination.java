package io.nightshift.destination.objects;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.StagedStore;
import io.nightshift.destination.folder.FileDestination;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.FileProof;
import io.nightshift.destination.folder.FileQuarantine;
import io.nightshift.destination.folder.OutputRows;
import io.nightshift.destination.folder.WrittenFile;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.protocol.job.ObjectScheme;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A destination that is a prefix in an object store, with the objects of each batch below a prefix of its
/// own.
public final class ObjectDestination extends StagedStore implements FileDestination {

    private final ObjectAddress prefix;
    private final FileFormat format;
    private final FileNames names;
    private final OutputRows rows;
    private final SourceReaders sources;
    private final Supplier<DuckDb> duckDb;
    private final ObjectCopies copies;

    /// @param prefix of the destination, as `s3://bucket/prefix`
    /// @param partitionFolder the name of the folders for the predictions of each partition value, or null if
    ///     there are none
    /// @param format of its objects
    /// @param duckDb opened when first needed
    /// @param copies of objects, with the stores that jobs may write
    public ObjectDestination(
            String prefix,
            @Nullable String partitionFolder,
            FileFormat format,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            ObjectCopies copies) {
        this.prefix = BatchKeys.prefix(prefix);
        this.format = format;
        this.names = new FileNames(format.extension(), partitionFolder);
        this.rows = new OutputRows(duckDb, format, sources);
        this.sources = sources;
        this.duckDb = duckDb;
        this.copies = copies;
    }

    @Override
    protected ObjectPublisher open(BatchId batch, String doing) {
        return publisher(batch);
    }

    private ObjectPublisher publisher(BatchId batch) {
        return new ObjectPublisher(keys(batch), format, names, rows, copies);
    }

    private BatchKeys keys(BatchId batch) {
        return new BatchKeys(prefix, batch);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(Dataset.ofFiles(prefix.toString()));
    }

    @Override
    public List<String> checkPlace() {
        try {
            copies.stores().forWriting(prefix).requireUsable();
            return List.of();
        } catch (FailureException e) {
            return List.of(e.failure().message());
        }
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        List<String> reasons = new ArrayList<>(checkPlace());
        if (job.destination().loads() != null && prefix.scheme() != ObjectScheme.S3) {
            reasons.add("%s and %s write statements for S3 only; %s is in another store"
                    .formatted(LoadTables.REDSHIFT, LoadTables.SNOWFLAKE, prefix));
        }
        if (format.limitsColumns()) {
            reasons.addAll(format.check(sources.of(job.source()).bind(job, model), model));
        }
        return reasons;
    }

    private ObjectWriter writer(Lease lease, int blockRows) {
        return new ObjectWriter(format, lease, blockRows, keys(lease.attempt().batch()), copies);
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return writer(lease, blockRows);
    }

    @Override
    public void remove(Lease lease) {
        writer(lease, 1).remove();
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        publisher(batch).prepare();
    }

    @Override
    public String staging(BatchId batch) {
        return keys(batch).attempts().toString();
    }

    @Override
    public void requirePlace(BatchId batch) {
        publisher(batch).requirePlace();
    }

    @Override
    public Optional<BatchId> newest(String job) {
        return new LatestPointer(copies.stores().forWriting(prefix), prefix, job).batch();
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        return publisher(published).manifest();
    }

    @Override
    public FileProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        return new FileProof(
                batch, phase, published, names, rows, new PrefixFiles(keys(batch.id()), copies), others(batch.job()));
    }

    private static List<String> others(Job job) {
        List<String> others =
                new ArrayList<>(LoadStatements.names(job.destination().loads()));
        others.add(BatchKeys.SUPPLEMENT);
        return others;
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return names.query(published, column, quarantine);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        List<StoredFile> parts = parts(published);
        if (parts.isEmpty()) {
            throw FailureException.permanent(
                    "there are no parts below %s; the predictions have been moved or deleted".formatted(published));
        }
        return rows.head(parts, limit);
    }

    /// A copy of an object may be deleted before a view is read, so the rows are copied into a table.
    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        rows.table(batch, parts(published), connection, name);
    }

    private List<StoredFile> parts(String published) {
        ObjectAddress folder = BatchKeys.prefix(published);
        List<StoredFile> parts = new ArrayList<>();
        copies.stores().forWriting(folder).list(folder, found -> {
            String key = found.address().key();
            if (names.isPart(key.substring(key.lastIndexOf('/') + 1))) {
                parts.add(new StoredFile(found.address(), copies));
            }
        });
        return parts;
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        List<WrittenFile> files = batch.commits().stream()
                .filter(commit -> commit.quarantined() > 0)
                .<WrittenFile>map(commit -> new StoredFile(quarantine(commit.attempt(batch.id())), copies))
                .toList();
        return new FileQuarantine(files, batch.job().source().id() != null, format, duckDb);
    }

    /// Where the quarantined rows of a committed attempt are now.
    private ObjectAddress quarantine(Attempt committed) {
        BatchKeys keys = keys(committed.batch());
        ObjectStore store = copies.stores().forWriting(prefix);
        String name = names.quarantine(committed.partition());
        for (ObjectAddress place : List.of(keys.published(name), keys.keptQuarantine(name))) {
            if (store.find(place) != null) {
                return place;
            }
        }
        return keys.attempt(names.stagedQuarantine(committed));
    }

    @Override
    public Optional<String> quarantineFile(Attempt committed) {
        return Optional.of(quarantine(committed).toString());
    }
}
