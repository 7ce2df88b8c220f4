package io.nightshift.destination.folder;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.StagedStore;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A destination that is a folder with a folder of files for each batch.
public final class FolderStore extends StagedStore implements FileDestination {

    private final Path folder;
    private final FileFormat format;
    private final FileNames names;
    private final OutputRows rows;
    private final SourceReaders sources;
    private final Supplier<DuckDb> duckDb;
    private final FileRoots roots;

    /// @param folder of the destination, absolute
    /// @param partitionFolder the name of the folders for the predictions of each partition value, or null if
    ///     there are none
    /// @param format of its files
    /// @param duckDb opened when first needed
    /// @param roots of the folders that jobs may write
    public FolderStore(
            String folder,
            @Nullable String partitionFolder,
            FileFormat format,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            FileRoots roots) {
        this.folder = Path.of(folder);
        this.format = format;
        this.names = new FileNames(format.extension(), partitionFolder);
        this.rows = new OutputRows(duckDb, format, sources);
        this.sources = sources;
        this.duckDb = duckDb;
        this.roots = roots;
    }

    private FolderPublisher publisher(BatchId batch, String doing) {
        return new FolderPublisher(folder, names, rows, batch, doing);
    }

    @Override
    protected FolderPublisher open(BatchId batch, String doing) {
        requireWritable(batch);
        return publisher(batch, doing);
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(Dataset.ofFiles(folder.toString()));
    }

    @Override
    public List<String> checkPlace() {
        Optional<String> refusal =
                roots.writeRefusal(folder).or(() -> roots.writeRefusal(BatchFolders.stagingRoot(folder)));
        if (refusal.isPresent()) {
            return List.of(refusal.get());
        }
        return Folders.obstacle(folder).or(() -> Folders.obstacle(BatchFolders.stagingRoot(folder))).stream()
                .toList();
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        List<String> reasons = new ArrayList<>(checkPlace());
        if (job.destination().loads() != null) {
            reasons.add("%s and %s need a destination in an object store, such as s3://bucket/prefix"
                    .formatted(LoadTables.REDSHIFT, LoadTables.SNOWFLAKE));
        }
        if (format.limitsColumns()) {
            reasons.addAll(format.check(sources.of(job.source()).bind(job, model), model));
        }
        return reasons;
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new FolderWriter(format, lease, blockRows, roots);
    }

    @Override
    public void remove(Lease lease) {
        new FolderWriter(format, lease, 1, roots).remove();
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        open(batch, "preparing").prepare();
    }

    @Override
    public String staging(BatchId batch) {
        return new BatchFolders(folder, batch).attempts().toString();
    }

    @Override
    public void requirePlace(BatchId batch) {
        try {
            publisher(batch, "looking for it in").requirePlace();
        } catch (IOException e) {
            throw new FailureException(
                    Failure.transientFailure(
                            "what is left of %s can't be found out: %s".formatted(batch, Folders.reason(e))),
                    e);
        }
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        requireWritable(published);
        super.reuse(published, batch, parts);
    }

    @Override
    public Optional<BatchId> newest(String job) {
        return FolderPublisher.newest(folder, job);
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        return open(published, "reading the manifest in").manifest();
    }

    @Override
    public FileProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        requireWritable(batch.id());
        return new FileProof(
                batch,
                phase,
                published,
                names,
                rows,
                new FolderFiles(new BatchFolders(folder, batch.id()), roots),
                List.of());
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return names.query(published, column, quarantine);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        roots.requireWritable(Path.of(published));
        return rows.head(parts(Path.of(published)), limit);
    }

    private List<DiskFile> parts(Path published) {
        try (Stream<Path> files = Files.walk(published, 2)) {
            return files.filter(file -> names.isPart(String.valueOf(file.getFileName())))
                    .sorted()
                    .map(file -> new DiskFile(file, roots))
                    .toList();
        } catch (NoSuchFileException e) {
            throw FailureException.permanent(
                    "the folder %s does not exist; the predictions have been moved or deleted".formatted(published));
        } catch (IOException e) {
            throw FailureException.permanent("the folder %s can't be read: %s".formatted(published, Folders.reason(e)));
        }
    }

    @Override
    public void open(BatchId batch, String published, Connection connection, String name) {
        roots.requireWritable(Path.of(published));
        List<Path> parts =
                parts(Path.of(published)).stream().map(DiskFile::path).toList();
        parts.forEach(roots::requireWritable);
        rows.view(batch, parts, connection, name);
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        requireWritable(batch.id());
        List<WrittenFile> files = batch.commits().stream()
                .filter(commit -> commit.quarantined() > 0)
                .<WrittenFile>map(commit -> new DiskFile(quarantine(commit.attempt(batch.id())), roots))
                .toList();
        return new FileQuarantine(files, batch.job().source().id() != null, format, duckDb);
    }

    /// The folders of a batch may have been replaced by links since the job was checked.
    private void requireWritable(BatchId batch) {
        BatchFolders folders = new BatchFolders(folder, batch);
        for (Path used :
                List.of(folders.published(), folders.attempts(), folders.keptQuarantine(), folders.removed())) {
            roots.requireWritable(used);
        }
    }

    private Path quarantine(Attempt committed) {
        BatchFolders folders = new BatchFolders(folder, committed.batch());
        try {
            return folders.quarantine(names.quarantine(committed.partition()), names.stagedQuarantine(committed));
        } catch (IOException e) {
            throw new FailureException(
                    Failure.transientFailure(
                            "the quarantine of %s can't be found: %s".formatted(committed, Folders.reason(e))),
                    e);
        }
    }

    @Override
    public Optional<String> quarantineFile(Attempt committed) {
        return Optional.of(quarantine(committed).toString());
    }
}
