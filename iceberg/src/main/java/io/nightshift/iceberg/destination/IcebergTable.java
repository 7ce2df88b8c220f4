package io.nightshift.iceberg.destination;

import io.nightshift.destination.Provenance;
import io.nightshift.destination.lake.LakeTable;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.TableFile;
import io.nightshift.destination.lake.Visibility;
import io.nightshift.destination.parquet.FileColumns;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.iceberg.OpenCatalog;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.storage.duckdb.DuckDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.iceberg.Schema;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Types.NestedField;
import org.jspecify.annotations.Nullable;

/// The table of a destination, in its catalog. Every call waits for the catalog. Safe for several threads.
final class IcebergTable implements LakeTable<IcebergColumns, PublishedFiles> {

    /// A table of daily batches keeps the metadata of some months, and no more.
    private static final Map<String, String> PROPERTIES = Map.of(
            TableProperties.FORMAT_VERSION,
            "2",
            TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED,
            "true",
            TableProperties.METADATA_PREVIOUS_VERSIONS_MAX,
            "100");

    private final IcebergDestination destination;
    private final TableIdentifier table;
    private final IcebergCatalogs catalogs;
    private final Supplier<DuckDb> duckDb;
    private volatile @Nullable String location;

    /// @param duckDb opened when first needed
    IcebergTable(IcebergDestination destination, IcebergCatalogs catalogs, Supplier<DuckDb> duckDb) {
        this.destination = destination;
        this.table = TableIdentifier.parse(destination.table());
        this.catalogs = catalogs;
        this.duckDb = duckDb;
    }

    @Override
    public String title() {
        return destination.table();
    }

    private OpenCatalog catalog() {
        return catalogs.get(destination.catalog());
    }

    private <T> T call(String doing, Supplier<T> work) {
        return catalog().call(doing, work);
    }

    private TableOperations operations() {
        return catalog().find(table).orElseThrow(this::missing);
    }

    @Override
    public FailureException missing() {
        Path folder = catalog().folder(table).orElse(null);
        if (folder != null && !Files.exists(folder)) {
            return new FailureException(Failure.of(
                    FailedResource.Type.MOUNT,
                    folder.toString(),
                    "there is no %s on this node: there is no folder %s. If this node lacks the file system, mount it"
                            .formatted(destination, folder)));
        }
        return FailureException.permanent("there is no %s; it was dropped".formatted(destination));
    }

    @Override
    public Optional<String> location() {
        if (location == null) {
            location = catalog()
                    .find(table)
                    .map(found -> found.current().location())
                    .orElse(null);
        }
        return Optional.ofNullable(location);
    }

    /// The folder in which a folder catalog looks for the table. If its file system is not mounted, the catalog
    /// finds no table. Other catalogs know which tables they have.
    @Override
    public Optional<String> unseenLocation() {
        return catalog().folder(table).map(folder -> "file://" + folder);
    }

    @Override
    public String plain(String location) {
        return WarehouseFiles.plain(location);
    }

    @Override
    public boolean isThere() {
        return location().isPresent();
    }

    @Override
    public IcebergColumns columns(Job job, List<OutputSchema.Column> output) {
        return IcebergColumns.of(output, job.output().newSchema());
    }

    @Override
    public PublishedFiles files(PublishedParts parts) {
        return new PublishedFiles(parts);
    }

    @Override
    public List<TableFile> visible(BatchId batch) {
        return look(List.of(), snapshots -> snapshots.visible(batch));
    }

    @Override
    public List<Provenance> provenances(BatchId batch) {
        return look(List.of(), snapshots -> snapshots.provenances(batch));
    }

    @Override
    public Optional<BatchId> newest(String job) {
        return look(Optional.<BatchId>empty(), snapshots -> snapshots.newest(job));
    }

    /// Readers of a branch or a tag that still has the batch would find no files.
    @Override
    public void requireUnused(BatchId batch) {
        List<String> refs = look(List.of(), snapshots -> snapshots.refs(batch));
        if (!refs.isEmpty()) {
            throw FailureException.permanent(
                    "the files of %s are not deleted, because the branch or tag %s of %s still has them. Drop it, or move it to a later snapshot"
                            .formatted(batch, String.join(", ", refs), title()));
        }
    }

    @Override
    public void requireOurs(Job job) {
        TableMetadata state = operations().current();
        if (!IcebergColumns.isByBatch(state.schema(), state.spec())) {
            throw FailureException.permanent("%s is not partitioned by batch_id any more".formatted(title()));
        }
    }

    @Override
    public List<String> obstacles(IcebergColumns columns) {
        return catalog()
                .find(table)
                .map(TableOperations::current)
                .map(state -> columns.obstacles(title(), state.schema(), state.spec()))
                .orElse(List.of());
    }

    @Override
    public void make(IcebergColumns columns) {
        TableOperations made = catalog().find(table).orElseGet(() -> {
            Schema schema = columns.schema();
            return catalog().create(table, schema, IcebergColumns.spec(schema), PROPERTIES);
        });
        call(
                "%s can't be adapted".formatted(title()),
                () -> TableChange.commit(title(), made, (state, transaction) -> {
                    List<String> obstacles = columns.obstacles(title(), state.schema(), state.spec());
                    if (!obstacles.isEmpty()) {
                        throw FailureException.permanent(String.join("\n", obstacles));
                    }
                    if (!columns.needsChange(state.schema())) {
                        return false;
                    }
                    UpdateSchema update = transaction.updateSchema();
                    columns.adapt(state.schema(), update);
                    update.commit();
                    return true;
                }));
    }

    /// Looks at the table as it is now.
    ///
    /// @param absent the answer if there is no table
    <T> T look(T absent, Function<BatchSnapshots, T> work) {
        Optional<TableOperations> found = catalog().find(table);
        return found.isEmpty()
                ? absent
                : call(
                        "%s can't be read".formatted(title()),
                        () -> work.apply(new BatchSnapshots(
                                title(), found.get(), found.get().current())));
    }

    @Override
    public Visibility visibility(BatchId batch) {
        return look(Visibility.ABSENT, snapshots -> snapshots.of(batch));
    }

    @Override
    public void show(BatchId batch, PublishedFiles files, Provenance provenance) {
        TableOperations operations = operations();
        call(
                "%s can't be published in %s".formatted(batch, title()),
                () -> TableChange.commit(title(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(title(), operations, state);
                    switch (snapshots.of(batch)) {
                        case VISIBLE -> {
                            return false;
                        }
                        case REMOVED -> throw removed(batch);
                        case ABSENT -> {}
                    }
                    snapshots.show(transaction, batch, files.dataFiles(state, duckDb), provenance);
                    return true;
                }));
    }

    /// A supplement without rows needs no snapshot.
    @Override
    public void requireUnchanged(BatchId batch, int number, PublishedFiles files, Set<String> earlier) {
        Set<String> locations = files.published().locations();
        boolean isUnchanged = locations.isEmpty()
                || look(
                        false,
                        snapshots ->
                                snapshots.hasSupplement(batch, number, locations) || snapshots.hasOnly(batch, earlier));
        if (!isUnchanged) {
            throw rewritten(batch);
        }
    }

    @Override
    public void supplement(
            BatchId batch, int number, PublishedFiles files, Set<String> earlier, Provenance provenance) {
        Set<String> locations = files.published().locations();
        if (locations.isEmpty()) {
            return;
        }
        TableOperations operations = operations();
        call(
                "rows can't be added to %s in %s".formatted(batch, title()),
                () -> TableChange.commit(title(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(title(), operations, state);
                    if (snapshots.of(batch) != Visibility.VISIBLE) {
                        throw removed(batch);
                    }
                    if (snapshots.hasSupplement(batch, number, locations)) {
                        return false;
                    }
                    if (!snapshots.hasOnly(batch, earlier)) {
                        throw rewritten(batch);
                    }
                    snapshots.supplement(transaction, batch, files.dataFiles(state, duckDb), provenance);
                    return true;
                }));
    }

    @Override
    public boolean remove(BatchId batch) {
        Optional<TableOperations> found = catalog().find(table);
        return found.isPresent() && remove(found.get(), batch);
    }

    private boolean remove(TableOperations operations, BatchId batch) {
        return call(
                "%s can't be removed from %s".formatted(batch, title()),
                () -> TableChange.commit(title(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(title(), operations, state);
                    if (snapshots.of(batch) != Visibility.VISIBLE) {
                        return false;
                    }
                    snapshots.remove(transaction, batch);
                    return true;
                }));
    }

    /// The IDs of columns stay what they are while a batch is written.
    @Override
    public FileColumns.Of of(Lease lease, List<String> names) {
        Schema schema = catalog().schema(table, lease.attempt().batch().value()).orElseThrow(this::missing);
        Map<String, NestedField> fields = IcebergColumns.fields(title(), schema, names);
        return new FileColumns.Of() {
            @Override
            public boolean isInFiles(String column) {
                // Every column: some readers ignore the partition values in the metadata. See
                // docs/decisions/0045-rescore.md.
                return true;
            }

            @Override
            public String cast(String column, String sql, String type) {
                NestedField field = fields.get(column);
                return field == null ? sql : IcebergType.cast(sql, type, field.type());
            }

            @Override
            public Map<String, Integer> fieldIds() {
                Map<String, Integer> ids = new TreeMap<>();
                fields.forEach((name, field) -> ids.put(name, field.fieldId()));
                return ids;
            }
        };
    }
}
