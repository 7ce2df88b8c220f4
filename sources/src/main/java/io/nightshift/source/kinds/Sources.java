package io.nightshift.source.kinds;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJobs;
import io.nightshift.source.FileSelection;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.KeyDivision;
import io.nightshift.source.PinComparison;
import io.nightshift.source.RowCounts;
import io.nightshift.source.SourceInspector;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.SourceState;
import io.nightshift.source.changed.ChangedRowReader;
import io.nightshift.source.changed.ChangedRowScan;
import io.nightshift.source.changed.RowSet;
import io.nightshift.source.changed.RowSets;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.lake.InputLink;
import io.nightshift.source.lake.LakeCache;
import io.nightshift.source.lake.LakeDeleteReader;
import io.nightshift.source.lake.LakeHolds;
import io.nightshift.source.lake.LakePlugin;
import io.nightshift.source.lake.LakePlugins;
import io.nightshift.source.lake.LakeReader;
import io.nightshift.source.lake.LakeTable;
import io.nightshift.source.lookup.LookupReader;
import io.nightshift.source.lookup.LookupTables;
import io.nightshift.source.parquet.KeyScan;
import io.nightshift.source.parquet.KeyTables;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.source.parquet.SparseSlices;
import io.nightshift.source.sql.HeldSnapshots;
import io.nightshift.source.sql.SqlReader;
import io.nightshift.source.text.TextCache;
import io.nightshift.source.text.TextReader;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.filesystem.FileRoots;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Every kind of source: the one place that knows which reader belongs to which case of
/// [Input][io.nightshift.protocol.job.Input]. Safe for several threads.
public final class Sources implements SourceReaders, SourceInspector, AutoCloseable {

    private final Supplier<DuckDb> duckDb;
    private final FileRoots roots;
    private final ObjectCopies copies;
    private final SourceFiles files;
    private final SparseSlices objects;
    private final DataSources dataSources;
    private final ReadConnections connections;
    private final HeldSnapshots snapshots;
    private final RowCounts counts;
    private final BoundJobs bound;
    private final TextCache texts;
    private final LookupTables lookups;
    private final LakePlugins lakes;
    private final LakeCache lakeCache;
    private final KeyTables keyTables;
    private final RowSets rowSets;

    /// @param duckDb opened when first needed
    /// @param roots that jobs may use
    /// @param copies of objects, from the stores that jobs may read
    /// @param dataSources that jobs may name
    /// @param connections of this process to those
    public Sources(
            Supplier<DuckDb> duckDb,
            FileRoots roots,
            ObjectCopies copies,
            DataSources dataSources,
            ReadConnections connections) {
        this.duckDb = duckDb;
        this.roots = roots;
        this.copies = copies;
        this.files = new SourceFiles(roots, copies);
        this.objects = new SparseSlices(files);
        this.dataSources = dataSources;
        this.connections = connections;
        this.snapshots = new HeldSnapshots();
        this.counts = new RowCounts();
        this.bound = new BoundJobs();
        this.texts = new TextCache();
        this.lookups = new LookupTables(duckDb);
        this.lakes = new LakePlugins(new LakePlugin.Services(duckDb, dataSources, files));
        this.lakeCache = new LakeCache();
        this.keyTables = new KeyTables();
        this.rowSets = RowSets.NONE;
    }

    private Sources(Sources other, RowSets rowSets) {
        this.duckDb = other.duckDb;
        this.roots = other.roots;
        this.copies = other.copies;
        this.files = other.files;
        this.objects = other.objects;
        this.dataSources = other.dataSources;
        this.connections = other.connections;
        this.snapshots = other.snapshots;
        this.counts = other.counts;
        this.bound = other.bound;
        this.texts = other.texts;
        this.lookups = other.lookups;
        this.lakes = other.lakes;
        this.lakeCache = other.lakeCache;
        this.keyTables = other.keyTables;
        this.rowSets = rowSets;
    }

    /// The same sources, for jobs that read changed rows.
    ///
    /// @param rows those that batches have scored
    public Sources with(RowSets rows) {
        return new Sources(this, rows);
    }

    /// Sources of a process that knows no databases.
    ///
    /// @param duckDb opened when first needed
    /// @param roots that jobs may use
    /// @param copies of objects, from the stores that jobs may read
    public Sources(Supplier<DuckDb> duckDb, FileRoots roots, ObjectCopies copies) {
        this(duckDb, roots, copies, DataSources.NONE, new ReadConnections(1));
    }

    /// Sources on the node's disks.
    ///
    /// @param duckDb opened when first needed
    /// @param roots that jobs may use
    public Sources(Supplier<DuckDb> duckDb, FileRoots roots) {
        this(duckDb, roots, ObjectCopies.none());
    }

    /// Sources that may be anywhere on the node's disks.
    public Sources(Supplier<DuckDb> duckDb) {
        this(duckDb, FileRoots.UNRESTRICTED);
    }

    /// The copies of objects, with the stores that jobs may use.
    public ObjectCopies objects() {
        return copies;
    }

    /// The folders that jobs may use.
    public FileRoots roots() {
        return roots;
    }

    /// Closes the connections to databases and catalogs.
    @Override
    public void close() {
        snapshots.close();
        connections.close();
        lakes.close();
    }

    @Override
    public SourceReader of(Job.Source source) {
        return of(source, files);
    }

    @Override
    public SourceReader of(Job job) {
        SourceReader reader = of(job.source());
        return job.incremental() instanceof ChangedRows
                ? new ChangedRowReader(reader, job.source(), duckDb, rowSets, lookups)
                : reader;
    }

    /// Finds the changed rows of a job that reads these alone.
    public ChangedRowScan changedRows(Job job) {
        return new ChangedRowScan(duckDb.get(), rowSets, job, this);
    }

    /// Visits the last entry of each key in several sets, as [ChangedRowScan#last].
    public void lastRows(List<RowSet> merged, ChangedRowScan.EntryVisitor visitor) {
        ChangedRowScan.last(duckDb.get(), rowSets, merged, visitor);
    }

    /// @param listing lists the source's own files
    private SourceReader of(Job.Source source, SourceFiles listing) {
        return source.lookups().isEmpty()
                ? of(source, listing, JoinedColumns.NONE)
                : new LookupReader(source, joined -> of(source, listing, joined), this, lookups);
    }

    private SourceReader of(Job.Source source, SourceFiles listing, JoinedColumns joined) {
        return switch (source.input()) {
            case ParquetInput parquet -> new ParquetReader(duckDb, listing, objects, bound, source, joined);
            case DatabaseInput database -> new SqlReader(duckDb, database, dataSources, connections, snapshots, joined);
            case CsvInput csv -> new TextReader(duckDb, listing, texts, source, joined);
            case NdjsonInput ndjson -> new TextReader(duckDb, listing, texts, source, joined);
            case IcebergInput iceberg ->
                lake(lakes.of(IcebergInput.class, "iceberg").of(iceberg), source, joined);
            case DeltaInput delta -> lake(lakes.of(DeltaInput.class, "delta").of(delta), source, joined);
        };
    }

    /// The table of a lake.
    ///
    /// @return null if the input is none
    public @Nullable LakeTable lake(Input input) {
        return switch (input) {
            case IcebergInput iceberg -> lakes.of(IcebergInput.class, "iceberg").of(iceberg);
            case DeltaInput delta -> lakes.of(DeltaInput.class, "delta").of(delta);
            case ParquetInput _, CsvInput _, NdjsonInput _, DatabaseInput _ -> null;
        };
    }

    private LakeHolds.Tables lakes(Job.Source source) {
        return lookup -> lake(
                lookup == null ? source.input() : source.lookups().get(lookup).input());
    }

    @Override
    public void hold(BatchId batch, Job job, List<SourceFile> planned) {
        LakeHolds.hold(batch, planned, lakes(job.source()));
    }

    @Override
    public void letGo(BatchId batch, Job job) {
        LakeHolds.letGo(batch, job.source().lookups().size(), lakes(job.source()));
    }

    /// Looks for the snapshots of lakes that a batch has read. Waits for catalogs and metadata.
    ///
    /// @param pinned the files of its plan
    /// @return one for the source and one for each lookup, as far as they are tables of lakes
    public List<InputLink> links(Job job, List<SourceFile> pinned) {
        Map<Integer, List<SourceFile>> bySource = new TreeMap<>();
        for (SourceFile file : pinned) {
            if (LakeReader.isOfLake(file)) {
                int position = file.lookup() == null ? -1 : file.lookup();
                bySource.computeIfAbsent(position, _ -> new ArrayList<>()).add(file);
            }
        }
        List<InputLink> links = new ArrayList<>();
        bySource.forEach((position, files) -> {
            Job.Source source = position < 0
                    ? job.source()
                    : new Job.Source(job.source().lookups().get(position).input(), null, false, Map.of(), null);
            LakeTable table = lake(source.input());
            if (table != null) {
                links.add(lake(table, source, JoinedColumns.NONE)
                        .link(files, position >= 0 || job.incremental() == null));
            }
        });
        return links;
    }

    private LakeReader lake(LakeTable table, Job.Source source, JoinedColumns joined) {
        return new LakeReader(
                duckDb,
                table,
                new ParquetReader(duckDb, files, objects, bound, source, joined),
                new LakeDeleteReader(new KeyScan(duckDb, files, objects, keyTables), lakeCache),
                source);
    }

    /// The name of a table of a lake for catalogues of data.
    ///
    /// @throws FailureException permanent, if there is no such catalog
    public Dataset dataset(IcebergInput table) {
        return lakes.of(IcebergInput.class, "iceberg").dataset(table);
    }

    @Override
    public PinComparison pins(Job job) {
        return of(job).pins();
    }

    /// Looks at how much a source holds, cheaply enough to be repeated every few seconds. Waits for the file
    /// system.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the source can't be listed, or may not be
    ///     read
    public SourceState state(Job.Source source) {
        return of(source).state(source, counts);
    }

    @Override
    public String fetches(Job job, ModelDescription model, List<InspectedFile> files) {
        return of(job.source()).fetches(job, model, files);
    }

    @Override
    public List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        return of(job.source()).plan(batch, job, model);
    }

    @Override
    public void release(BatchId batch) {
        snapshots.release(batch);
    }

    @Override
    public CutPlan count(Job job, ModelDescription model, List<InspectedFile> files) {
        PartitionKey key = Objects.requireNonNull(job.partitions().key());
        BoundJob bound = of(job.source()).bind(job, model);
        KeyDivision division = KeyDivision.of(key, Objects.requireNonNull(bound.partition()));
        // A reader for the key alone: it fetches no other columns.
        Job.Source source = job.source();
        SourceReader reader = of(new Job.Source(source.input(), key.by(), false, source.select(), null));
        try (Connection connection = duckDb.get().connect()) {
            return reader.count(connection, files, division, job);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the partition key can't be read", e), e);
        }
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        return of(job.source()).inspect(job, model);
    }

    /// As [#inspect(Job, ModelDescription)], of files of the source that are selected.
    public List<InspectedFile> inspect(Job job, ModelDescription model, FileSelection selection) {
        return of(job.source(), files.selecting(selection)).inspect(job, model);
    }
}
