package io.nightshift.storage.destination.iceberg;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.storage.destination.iceberg.BatchSnapshots.Visibility;
import io.nightshift.storage.destination.parquet.FileColumns;
import io.nightshift.storage.iceberg.IcebergCatalogs;
import io.nightshift.storage.iceberg.OpenCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.Schema;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Types.NestedField;
import org.jspecify.annotations.Nullable;

/// The table of a destination, in its catalog. Every call waits for the catalog, and throws a
/// [FailureException] if it can't be reached. Safe for several threads.
final class IcebergTable implements FileColumns {

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
    private volatile @Nullable String location;

    IcebergTable(IcebergDestination destination, IcebergCatalogs catalogs) {
        this.destination = destination;
        this.table = TableIdentifier.parse(destination.table());
        this.catalogs = catalogs;
    }

    private String name() {
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

    private FailureException missing() {
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

    /// Where the table is; nothing if there is no table.
    Optional<String> location() {
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
    Optional<String> locationInFolder() {
        return catalog().folder(table).map(folder -> "file://" + folder);
    }

    /// Where the table is.
    String requireLocation() {
        return location().orElseThrow(this::missing);
    }

    /// Checks that the table is there, and still one that Nightshift writes to.
    ///
    /// @throws FailureException permanent, if it is not
    void requireOurs() {
        TableMetadata state = operations().current();
        if (!TableColumns.isByBatch(state.schema(), state.spec())) {
            throw FailureException.permanent("%s is not partitioned by batch_id any more".formatted(name()));
        }
    }

    /// Why columns can't be written to the table as it is now; empty if they can.
    List<String> obstacles(TableColumns columns) {
        return catalog()
                .find(table)
                .map(TableOperations::current)
                .map(state -> columns.obstacles(name(), state.schema(), state.spec()))
                .orElse(List.of());
    }

    /// Makes the table, or adapts it to what a batch needs.
    void make(TableColumns columns) {
        TableOperations made = catalog().find(table).orElseGet(() -> {
            Schema schema = columns.schema();
            return catalog().create(table, schema, TableColumns.spec(schema), PROPERTIES);
        });
        call(
                "%s can't be adapted".formatted(name()),
                () -> TableChange.commit(name(), made, (state, transaction) -> {
                    List<String> obstacles = columns.obstacles(name(), state.schema(), state.spec());
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
                        "%s can't be read".formatted(name()),
                        () -> work.apply(new BatchSnapshots(
                                name(), found.get(), found.get().current())));
    }

    /// Whether readers see a batch.
    Visibility visibility(BatchId batch) {
        return look(Visibility.ABSENT, snapshots -> snapshots.of(batch));
    }

    /// Makes the data files of a batch for a state of the table.
    @FunctionalInterface
    interface BatchFiles {
        List<DataFile> of(TableMetadata state);
    }

    /// Shows a batch, unless readers see it already.
    ///
    /// @throws FailureException permanent, if the batch was removed
    void show(BatchId batch, BatchFiles files, String manifestSha256) {
        TableOperations operations = operations();
        call(
                "%s can't be published in %s".formatted(batch, name()),
                () -> TableChange.commit(name(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(name(), operations, state);
                    switch (snapshots.of(batch)) {
                        case VISIBLE -> {
                            return false;
                        }
                        case REMOVED -> throw BatchSnapshots.removed(batch, name());
                        case ABSENT -> {}
                    }
                    snapshots.show(transaction, batch, files.of(state), manifestSha256);
                    return true;
                }));
    }

    /// Checks that a supplement can be added to a batch.
    ///
    /// @throws FailureException as [#supplement]
    void requireUnchanged(BatchId batch, int number, Set<String> locations, Set<String> earlier) {
        boolean isUnchanged = locations.isEmpty()
                || look(
                        false,
                        snapshots ->
                                snapshots.hasSupplement(batch, number, locations) || snapshots.hasOnly(batch, earlier));
        if (!isUnchanged) {
            throw rewritten(batch);
        }
    }

    private FailureException rewritten(BatchId batch) {
        return FailureException.permanent(
                "no rows can be added to %s in %s, because another program has rewritten its files"
                        .formatted(batch, name()));
    }

    /// Shows a supplement of a batch, unless readers see it already.
    ///
    /// @param number of the supplement, from 1
    /// @param locations of its files; nothing is to be shown if there are none
    /// @param earlier locations of the files that the batch has without it
    /// @throws FailureException permanent, if readers don't see the batch, or if its files were rewritten, so that
    ///     they no longer tell whether they have the supplement
    void supplement(
            BatchId batch,
            int number,
            Set<String> locations,
            Set<String> earlier,
            BatchFiles files,
            String manifestSha256) {
        if (locations.isEmpty()) {
            return;
        }
        TableOperations operations = operations();
        call(
                "rows can't be added to %s in %s".formatted(batch, name()),
                () -> TableChange.commit(name(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(name(), operations, state);
                    if (snapshots.of(batch) != Visibility.VISIBLE) {
                        throw BatchSnapshots.removed(batch, name());
                    }
                    if (snapshots.hasSupplement(batch, number, locations)) {
                        return false;
                    }
                    if (!snapshots.hasOnly(batch, earlier)) {
                        throw rewritten(batch);
                    }
                    snapshots.supplement(transaction, batch, number, files.of(state), manifestSha256);
                    return true;
                }));
    }

    /// Takes a batch out of readers' sight, if they see it.
    ///
    /// @return whether they saw it
    boolean remove(BatchId batch) {
        Optional<TableOperations> found = catalog().find(table);
        return found.isPresent() && remove(found.get(), batch);
    }

    private boolean remove(TableOperations operations, BatchId batch) {
        return call(
                "%s can't be removed from %s".formatted(batch, name()),
                () -> TableChange.commit(name(), operations, (state, transaction) -> {
                    BatchSnapshots snapshots = new BatchSnapshots(name(), operations, state);
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
        Map<String, NestedField> fields = TableColumns.fields(name(), schema, names);
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
                return field == null ? sql : ColumnType.cast(sql, type, field.type());
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
