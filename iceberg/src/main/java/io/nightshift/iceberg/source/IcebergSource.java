package io.nightshift.iceberg.source;

import io.nightshift.destination.lake.CommitTries;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.iceberg.OpenCatalog;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.source.lake.FileOrigin;
import io.nightshift.source.lake.KnownSnapshot;
import io.nightshift.source.lake.LakeCommit;
import io.nightshift.source.lake.LakeFile;
import io.nightshift.source.lake.LakeHistory;
import io.nightshift.source.lake.LakeSnapshot;
import io.nightshift.source.lake.LakeTable;
import io.nightshift.source.lake.PinnedSnapshot;
import io.nightshift.source.lake.RowFilter;
import io.nightshift.source.parquet.TableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.HistoryEntry;
import org.apache.iceberg.ManageSnapshots;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.PartitionUtil;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/// The table of a source, in its catalog. Safe for several threads.
final class IcebergSource implements LakeTable {

    /// The time after which a tag may expire that nobody has removed. It counts from the last start of its batch.
    private static final Duration HOLD = Duration.ofDays(7);

    private final IcebergInput input;
    private final IcebergCatalogs catalogs;
    private final IcebergCatalogs writing;
    private final PositionDeletes positions;
    private final InstantSource clock;

    /// @param catalogs whose tables are only read
    /// @param writing the same, for holds of snapshots
    IcebergSource(
            IcebergInput input,
            IcebergCatalogs catalogs,
            IcebergCatalogs writing,
            PositionDeletes positions,
            InstantSource clock) {
        this.input = input;
        this.catalogs = catalogs;
        this.writing = writing;
        this.positions = positions;
        this.clock = clock;
    }

    private OpenCatalog catalog() {
        return catalog(catalogs);
    }

    private OpenCatalog catalog(IcebergCatalogs all) {
        try {
            return all.get(input.catalog());
        } catch (FailureException e) {
            Failure failure = e.failure();
            throw new FailureException(
                    new Failure(failure.kind(), "source.iceberg: " + failure.message(), failure.resource()), e);
        }
    }

    private Table table() {
        TableIdentifier name = TableIdentifier.parse(input.table());
        return catalog().load(name).orElseThrow(() -> missing(name));
    }

    private FailureException missing(TableIdentifier name) {
        Path folder = catalog().folder(name).orElse(null);
        Path warehouse = folder;
        for (int i = 0; i <= name.namespace().length() && warehouse != null; i++) {
            warehouse = warehouse.getParent();
        }
        if (warehouse != null && !Files.exists(warehouse)) {
            return new FailureException(Failure.of(
                    FailedResource.Type.INPUT,
                    warehouse.toString(),
                    "source.iceberg: there is no %s on this node: there is no folder %s. If this node lacks the file system, mount it"
                            .formatted(input, warehouse)));
        }
        return FailureException.permanent("source.iceberg: there is no %s".formatted(input));
    }

    // Snapshots.

    @Override
    public LakeSnapshot resolve() {
        Table table = table();
        Snapshot chosen = catalog().call("%s can't be read".formatted(input.table()), () -> chosen(table));
        return snapshot(table, chosen, chosen == null || isBranch(table) ? table.schema() : ownSchema(table, chosen));
    }

    /// Whether the table is read as it is now, or a branch of it: then its present schema counts, as in other
    /// engines.
    private boolean isBranch(Table table) {
        return input.ref() == null
                ? input.snapshot() == null && input.asOf() == null
                : Optional.ofNullable(table.refs().get(input.ref()))
                        .filter(SnapshotRef::isBranch)
                        .isPresent();
    }

    private @Nullable Snapshot chosen(Table table) {
        if (input.snapshot() != null) {
            return Optional.ofNullable(id(input.snapshot()))
                    .map(table::snapshot)
                    .orElseThrow(() -> refused(
                            "snapshot",
                            "there is no snapshot %s of the %s; it was expired, or never was. %s"
                                    .formatted(input.snapshot(), input, newest(table))));
        }
        if (input.ref() != null) {
            SnapshotRef ref = table.refs().get(input.ref());
            if (ref == null) {
                throw refused(
                        "ref",
                        "the %s has no branch or tag \"%s\"; it has %s"
                                .formatted(
                                        input,
                                        input.ref(),
                                        table.refs().isEmpty()
                                                ? "none"
                                                : table.refs().keySet().stream()
                                                        .sorted()
                                                        .limit(20)
                                                        .collect(Collectors.joining(", "))));
            }
            return table.snapshot(ref.snapshotId());
        }
        return input.asOf() == null ? table.currentSnapshot() : asOf(table, input.asOf());
    }

    private static @Nullable Long id(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private Snapshot asOf(Table table, String time) {
        long asked;
        try {
            asked = OffsetDateTime.parse(time).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw refused("as-of", "%s is not a time: %s".formatted(time, e.getMessage()));
        }
        Long found = SnapshotUtil.nullableSnapshotIdAsOfTime(table, asked);
        if (found == null) {
            String first = table.history().stream()
                    .min(Comparator.comparingLong(HistoryEntry::timestampMillis))
                    .map(entry -> "its history begins at " + Instant.ofEpochMilli(entry.timestampMillis()))
                    .orElse("it has no snapshot yet");
            throw refused("as-of", "the %s has no snapshot of %s; %s".formatted(input, time, first));
        }
        Snapshot snapshot = table.snapshot(found);
        if (snapshot == null) {
            throw refused(
                    "as-of",
                    "snapshot %d, the current one of the %s at %s, was expired (expire_snapshots). %s"
                            .formatted(found, input, time, newest(table)));
        }
        return snapshot;
    }

    private static FailureException refused(String key, String reason) {
        return FailureException.permanent("source.iceberg.%s: %s".formatted(key, reason));
    }

    private static String newest(Table table) {
        Snapshot current = table.currentSnapshot();
        return current == null
                ? "The table has no snapshot now"
                : "Its current snapshot is %d of %s"
                        .formatted(current.snapshotId(), Instant.ofEpochMilli(current.timestampMillis()));
    }

    @Override
    public KnownSnapshot find(PinnedSnapshot pinned) {
        Table table = table();
        if (!table.uuid().toString().equals(pinned.table())) {
            return new KnownSnapshot.OtherTable(
                    "the %s is another table now: the one that the batch reads was dropped, and one of the same name was made (its UUID was %s and is %s)"
                            .formatted(input, pinned.table(), table.uuid()));
        }
        Snapshot snapshot = table.snapshot(Long.parseLong(pinned.snapshot()));
        if (snapshot == null) {
            return new KnownSnapshot.Expired(
                    "the %s of the %s, which the batch reads, was expired (expire_snapshots)".formatted(pinned, input),
                    "Start over with --new, and keep snapshots for longer than batches run");
        }
        return new KnownSnapshot.There(snapshot(table, snapshot, schema(table, pinned)));
    }

    @Override
    public String gone(PinnedSnapshot pinned) {
        return "The %s of %s, which the batch reads, was expired (expire_snapshots), or somebody has deleted the file. Start over with --new, and keep snapshots for longer than batches run"
                .formatted(pinned, input);
    }

    private Schema schema(Table table, PinnedSnapshot pinned) {
        Schema found = table.schemas().get(pinned.schema());
        if (found == null) {
            throw FailureException.permanent(
                    "source: the %s does not have the schema %d any more, with which the batch reads it. Start over with --new"
                            .formatted(input, pinned.schema()));
        }
        return found;
    }

    private LakeSnapshot snapshot(Table table, @Nullable Snapshot snapshot, Schema schema) {
        String title = input.toString();
        if (snapshot == null) {
            return new LakeSnapshot(
                    new PinnedSnapshot(table.uuid().toString(), "", 0, schema.schemaId()),
                    SchemaColumns.of(title, table, schema),
                    null,
                    0,
                    0,
                    null);
        }
        return new LakeSnapshot(
                new PinnedSnapshot(
                        table.uuid().toString(),
                        String.valueOf(snapshot.snapshotId()),
                        snapshot.sequenceNumber(),
                        schema.schemaId()),
                SchemaColumns.of(title, table, schema),
                Instant.ofEpochMilli(snapshot.timestampMillis()),
                number(snapshot, SnapshotSummary.TOTAL_DATA_FILES_PROP),
                number(snapshot, SnapshotSummary.TOTAL_RECORDS_PROP),
                null);
    }

    private static Schema ownSchema(Table table, Snapshot snapshot) {
        return SnapshotUtil.schemaFor(table, snapshot.snapshotId());
    }

    private static long number(Snapshot snapshot, String property) {
        Long found = id(snapshot.summary().getOrDefault(property, ""));
        return found == null ? -1 : found;
    }

    // Holds.

    /// The hold is a tag. Its age counts from the time of the snapshot, and what expires snapshots drops tags
    /// that are too old. So a tag that nobody removes disappears, too.
    @Override
    public void hold(String name, PinnedSnapshot pinned) {
        change("the tag %s can't be written".formatted(name), table -> tag(table, name, pinned));
    }

    private @Nullable ManageSnapshots tag(Table table, String name, PinnedSnapshot pinned) {
        long id = Long.parseLong(pinned.snapshot());
        Snapshot snapshot = table.snapshot(id);
        if (snapshot == null || !table.uuid().toString().equals(pinned.table())) {
            resolve(pinned);
            return null;
        }
        SnapshotRef known = table.refs().get(name);
        long age = Math.max(0, clock.millis() - snapshot.timestampMillis());
        boolean isHeld = known != null
                && known.snapshotId() == id
                && known.maxRefAgeMs() != null
                && known.maxRefAgeMs() > age + HOLD.toMillis() / 2;
        if (isHeld) {
            return null;
        }
        ManageSnapshots change = table.manageSnapshots();
        return (known == null ? change.createTag(name, id) : change.replaceTag(name, id))
                .setMaxRefAgeMs(name, age + HOLD.toMillis());
    }

    /// Asks the catalog that only reads first, so that a table without the tag needs no right to write.
    @Override
    public void letGo(String name) {
        Table seen = catalog().load(TableIdentifier.parse(input.table())).orElse(null);
        if (seen != null && seen.refs().containsKey(name)) {
            change(
                    "the tag %s can't be removed".formatted(name),
                    table -> table.refs().containsKey(name)
                            ? table.manageSnapshots().removeTag(name)
                            : null);
        }
    }

    /// Commits a change of tags. Iceberg does not repeat such a change if another commit came first, so it is made
    /// again
    /// for the table as it is then.
    ///
    /// @param change null if there is nothing to do
    private void change(String doing, Function<Table, @Nullable ManageSnapshots> change) {
        OpenCatalog catalog = catalog(writing);
        TableIdentifier identifier = TableIdentifier.parse(input.table());
        CommitTries.commit(input.table(), "the table " + input.table(), () -> {
            Table table = catalog.load(identifier).orElseThrow(() -> missing(identifier));
            return catalog.call(doing, () -> commit(change.apply(table)));
        });
    }

    private static CommitTries.Result commit(@Nullable ManageSnapshots change) {
        if (change == null) {
            return CommitTries.Result.UNNEEDED;
        }
        try {
            change.commit();
            return CommitTries.Result.COMMITTED;
        } catch (CommitFailedException _) {
            return CommitTries.Result.OUTDATED;
        }
    }

    // Files.

    @Override
    public List<LakeFile> files(LakeSnapshot snapshot, @Nullable RowFilter filter) {
        Table table = table();
        if (!table.uuid().toString().equals(snapshot.pin().table())) {
            // The table was dropped and made again just now.
            resolve(snapshot.pin());
        }
        return catalog().call("%s can't be read".formatted(input.table()), () -> {
            long id = Long.parseLong(snapshot.pin().snapshot());
            Schema schema = schema(table, snapshot.pin());
            Schema scanned = SnapshotUtil.schemaFor(table, id);
            List<LakeFile> files = new ArrayList<>();
            DeleteLists lists = new DeleteLists(table);
            try (CloseableIterable<FileScanTask> tasks = table.newScan()
                    .useSnapshot(id)
                    .filter(new FilterExpressions(schema, scanned).of(filter))
                    .planFiles()) {
                for (FileScanTask task : tasks) {
                    files.add(file(table, schema, task, lists));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            files.sort(Comparator.comparing(file -> file.file().path()));
            return files;
        });
    }

    /// A data file has the sequence number of the snapshot that added it. Tables of version 1 have no such numbers.
    @Override
    public LakeHistory trace(Consumer<FileOrigin> visitor) {
        Table table = table();
        return catalog().call("%s can't be read".formatted(input.table()), () -> {
            Snapshot chosen = chosen(table);
            Map<Long, LakeCommit> commits = new HashMap<>();
            if (chosen != null) {
                for (Snapshot snapshot : table.snapshots()) {
                    if (snapshot.sequenceNumber() > 0 && snapshot.sequenceNumber() <= chosen.sequenceNumber()) {
                        commits.put(snapshot.sequenceNumber(), commit(snapshot));
                    }
                }
                visit(table, chosen, commits, visitor);
            }
            return new LakeHistory(
                    snapshot(table, chosen, chosen == null ? table.schema() : ownSchema(table, chosen)),
                    List.copyOf(commits.values()),
                    "was expired (expire_snapshots)");
        });
    }

    private static LakeCommit commit(Snapshot snapshot) {
        Map<String, String> summary = Objects.requireNonNullElse(snapshot.summary(), Map.of());
        return new LakeCommit(
                String.valueOf(snapshot.snapshotId()),
                Instant.ofEpochMilli(snapshot.timestampMillis()),
                Objects.requireNonNullElse(snapshot.operation(), "unknown"),
                summary.get("engine-name"),
                summary);
    }

    private static void visit(
            Table table, Snapshot chosen, Map<Long, LakeCommit> commits, Consumer<FileOrigin> visitor) {
        Types.NestedField batch = ownSchema(table, chosen).findField(FileOrigin.BATCH);
        try (CloseableIterable<FileScanTask> tasks =
                table.newScan().useSnapshot(chosen.snapshotId()).planFiles()) {
            for (FileScanTask task : tasks) {
                DataFile file = task.file();
                Object value = batch == null || task.spec().isUnpartitioned()
                        ? null
                        : PartitionUtil.constantsMap(task).get(batch.fieldId());
                visitor.accept(new FileOrigin(
                        WarehouseFiles.plain(file.location()),
                        file.recordCount(),
                        !task.deletes().isEmpty(),
                        value == null ? null : value.toString(),
                        null,
                        null,
                        file.fileSequenceNumber() == null ? null : commits.get(file.fileSequenceNumber())));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private LakeFile file(Table table, Schema schema, FileScanTask task, DeleteLists lists) {
        DataFile file = task.file();
        if (file.format() != FileFormat.PARQUET) {
            throw unreadable(file, "an %s file".formatted(file.format().name().toUpperCase(Locale.ROOT)));
        }
        if (file.keyMetadata() != null) {
            throw unreadable(file, "encrypted");
        }
        TableFile own = new TableFile(WarehouseFiles.plain(file.location()), file.recordCount(), values(schema, task));
        return new LakeFile(
                own,
                task.deletes().isEmpty()
                        ? null
                        : new FileDeletes(
                                catalog(), table, schema, file.location(), lists.of(task.deletes()), positions));
    }

    private FailureException unreadable(DataFile file, String kind) {
        return FailureException.permanent(
                "source: a data file of the %s is %s, and only Parquet files without encryption can be read: %s. Have the table's engine rewrite it"
                        .formatted(input, kind, file.location()));
    }

    /// The values of the columns by which the file's partition is named, where the partition has the value
    /// itself.
    private static Map<Integer, String> values(Schema schema, FileScanTask task) {
        if (task.spec().isUnpartitioned()) {
            return Map.of();
        }
        Map<Integer, String> values = new HashMap<>();
        PartitionUtil.constantsMap(task).forEach((id, value) -> {
            Types.NestedField field = schema.asStruct().field(id);
            if (field != null) {
                values.put(id, value == null ? "NULL" : SqlValue.of(field.type(), value));
            }
        });
        return values;
    }
}
