package io.nightshift.delta.source;

import io.delta.kernel.Snapshot;
import io.delta.kernel.SnapshotBuilder;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.internal.DeltaHistoryManager;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.ScanImpl;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.TableConfig;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.DeletionVectorDescriptor;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.utils.CloseableIterator;
import io.nightshift.delta.DeltaEngine;
import io.nightshift.delta.KernelCalls;
import io.nightshift.delta.TableFiles;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.source.lake.FileOrigin;
import io.nightshift.source.lake.KnownSnapshot;
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
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The table of a source, in its folder. The kernel reads the log: which files a version has. Safe for several
/// threads.
final class DeltaSource implements LakeTable {

    /// The table features that a reader must know, and that this one does.
    private static final Set<String> FEATURES = Set.of(
            "columnMapping",
            "deletionVectors",
            "timestampNtz",
            "typeWidening",
            "typeWidening-preview",
            "v2Checkpoint",
            "vacuumProtocolCheck");

    /// Those with which only a catalog knows the newest versions.
    private static final String MANAGED = "catalogManaged";

    private final DeltaInput input;
    private final TableFolder folder;
    private final DeltaEngine engine;
    private final DeletionVectors vectors;
    private final KnownVersions versions;

    /// @param engine that reads the table's folder
    /// @param versions of this process
    DeltaSource(
            DeltaInput input, TableFolder folder, DeltaEngine engine, DeletionVectors vectors, KnownVersions versions) {
        this.input = input;
        this.folder = folder;
        this.engine = engine;
        this.vectors = vectors;
        this.versions = versions;
    }

    /// The refusal of a table names its folder, not the file of the log that is read first.
    private <T> T call(Supplier<T> work) {
        engine.files().requireAllowed(folder.root());
        return KernelCalls.call("source.delta: the %s can't be read".formatted(input), "Read another table", work);
    }

    private FailureException missing() {
        if (!folder.isObjects() && !Files.exists(Path.of(folder.root()))) {
            return new FailureException(Failure.of(
                    FailedResource.Type.INPUT,
                    folder.root(),
                    "source.delta: there is no %s on this node: there is no such folder. If this node lacks the file system, mount it"
                            .formatted(input)));
        }
        return FailureException.permanent(
                "source.delta: there is no %s: it has no log (_delta_log) with a commit. Name the folder of the table itself, not one above or below it"
                        .formatted(input));
    }

    private static FailureException refused(String key, String reason) {
        return FailureException.permanent("source.delta.%s: %s".formatted(key, reason));
    }

    // Versions.

    private SnapshotImpl load(SnapshotBuilder builder) {
        Snapshot built;
        try {
            built = builder.build(engine);
        } catch (TableNotFoundException _) {
            throw missing();
        } catch (IllegalArgumentException e) {
            if (String.valueOf(e.getMessage()).contains(MANAGED)) {
                throw new FailureException(
                        Failure.permanent(
                                "source.delta: the %s is managed by a catalog (the table feature %s), which alone knows its newest versions. Read a copy of the table"
                                        .formatted(input, MANAGED)),
                        e);
            }
            throw e;
        }
        SnapshotImpl snapshot = (SnapshotImpl) built;
        TreeSet<String> features = new TreeSet<>(snapshot.getProtocol().getReaderFeatures());
        features.removeAll(FEATURES);
        if (!features.isEmpty()) {
            throw FailureException.permanent(
                    "source.delta: the %s has the table features %s, which Nightshift can't read. Read another table, or drop these features from a copy"
                            .formatted(input, String.join(", ", features)));
        }
        return snapshot;
    }

    private SnapshotImpl newest() {
        return kept(load(TableManager.loadSnapshot(folder.root())));
    }

    private SnapshotImpl kept(SnapshotImpl loaded) {
        TableFiles.Entry commit = commit(loaded.getVersion());
        SnapshotImpl known = versions.get(folder.root(), loaded.getVersion(), commit);
        if (known != null) {
            return known;
        }
        versions.put(folder.root(), loaded, commit);
        return loaded;
    }

    private TableFiles.@Nullable Entry commit(long version) {
        return engine.files().find(folder.commit(version));
    }

    /// A version by its number.
    ///
    /// @throws KernelException if the log does not have it
    private SnapshotImpl at(long version) {
        TableFiles.Entry commit = commit(version);
        SnapshotImpl known = commit == null ? null : versions.get(folder.root(), version, commit);
        if (known != null) {
            return known;
        }
        SnapshotImpl loaded = load(TableManager.loadSnapshot(folder.root()).atVersion(version));
        versions.put(folder.root(), loaded, commit);
        return loaded;
    }

    @Override
    public LakeSnapshot resolve() {
        return call(() -> snapshot(chosen()));
    }

    private SnapshotImpl chosen() {
        if (input.version() != null) {
            return version(Long.parseLong(input.version()));
        }
        return input.asOf() == null ? newest() : asOf(input.asOf());
    }

    private SnapshotImpl version(long version) {
        try {
            return at(version);
        } catch (KernelException e) {
            KernelCalls.causeOf(e).ifPresent(failure -> {
                throw failure;
            });
            SnapshotImpl newest = newest();
            if (newest.getVersion() < version) {
                throw refused(
                        "version",
                        "there is no version %d of the %s; its newest is version %d of %s"
                                .formatted(version, input, newest.getVersion(), made(newest)));
            }
            throw refused(
                    "version",
                    "the log of the %s does not have version %d any more (%s); its newest is version %d of %s"
                            .formatted(input, version, KernelCalls.innermost(e), newest.getVersion(), made(newest)));
        }
    }

    private Instant made(SnapshotImpl snapshot) {
        return Instant.ofEpochMilli(snapshot.getTimestamp(engine));
    }

    /// The version that was the newest one at a time.
    private SnapshotImpl asOf(String time) {
        long asked;
        try {
            asked = OffsetDateTime.parse(time).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw refused("as-of", "%s is not a time: %s".formatted(time, e.getMessage()));
        }
        SnapshotImpl newest = newest();
        DeltaHistoryManager.Commit found = DeltaHistoryManager.getActiveCommitAtTimestamp(
                engine, newest, newest.getLogPath(), asked, true, true, true, List.of());
        if (found.getTimestamp() > asked) {
            throw refused(
                    "as-of",
                    "the %s has no version of %s; its log begins with version %d of %s"
                            .formatted(input, time, found.getVersion(), Instant.ofEpochMilli(found.getTimestamp())));
        }
        return found.getVersion() == newest.getVersion() ? newest : at(found.getVersion());
    }

    @Override
    public KnownSnapshot find(PinnedSnapshot pinned) {
        return call(() -> {
            SnapshotImpl found;
            try {
                found = at(pinned.sequence());
            } catch (KernelException e) {
                KernelCalls.causeOf(e).ifPresent(failure -> {
                    throw failure;
                });
                return isSame(newest(), pinned)
                        ? new KnownSnapshot.Expired(
                                "the log of the %s does not have the %s any more, which the batch reads: %s"
                                        .formatted(input, pinned, KernelCalls.innermost(e)),
                                "Start over with --new")
                        : another(newest(), pinned);
            }
            return isSame(found, pinned) ? new KnownSnapshot.There(snapshot(found)) : another(found, pinned);
        });
    }

    private static boolean isSame(SnapshotImpl found, PinnedSnapshot pin) {
        return found.getMetadata().getId().equals(pin.table());
    }

    private KnownSnapshot another(SnapshotImpl found, PinnedSnapshot pin) {
        return new KnownSnapshot.OtherTable(
                "the %s is another table now: the one that the batch reads was deleted, and one was made in the same folder (its ID was %s and is %s)"
                        .formatted(input, pin.table(), found.getMetadata().getId()));
    }

    /// A version that was resolved before. It is in memory, unless another one of the table was resolved since.
    private SnapshotImpl pinned(PinnedSnapshot pin) {
        resolve(pin);
        return at(pin.sequence());
    }

    private LakeSnapshot snapshot(SnapshotImpl snapshot) {
        String table = snapshot.getMetadata().getId();
        long version = snapshot.getVersion();
        KnownVersions.Counts counts = versions.counts(table, version);
        return new LakeSnapshot(
                new PinnedSnapshot(table, String.valueOf(version), version, 0),
                SchemaColumns.of(input.toString(), snapshot),
                made(snapshot),
                counts == null ? -1 : counts.files(),
                counts == null ? -1 : counts.rows(),
                keptUntil(snapshot));
    }

    /// VACUUM counts from the commit that has removed a file, which is no earlier than the next version.
    private Instant keptUntil(SnapshotImpl snapshot) {
        TableFiles.Entry next = commit(snapshot.getVersion() + 1);
        Instant replaced = next == null ? Instant.now() : Instant.ofEpochMilli(next.modified());
        return replaced.plusMillis(TableConfig.TOMBSTONE_RETENTION.fromMetadata(snapshot.getMetadata()));
    }

    @Override
    public LakeSnapshot counted(LakeSnapshot snapshot) {
        return snapshot.files() >= 0
                ? snapshot
                : call(() -> {
                    SnapshotImpl version = pinned(snapshot.pin());
                    scan(version, file -> {});
                    return snapshot(version);
                });
    }

    @Override
    public String gone(PinnedSnapshot pinned) {
        return "The %s of the %s, which the batch reads, is not the newest one any more, and VACUUM has deleted files of it, or somebody else has. Start over with --new, and keep files for longer than batches run (the table property delta.deletedFileRetentionDuration)"
                .formatted(pinned, input);
    }

    // Files.

    @Override
    public List<LakeFile> files(LakeSnapshot snapshot, @Nullable RowFilter filter) {
        return call(() -> {
            SnapshotImpl version = pinned(snapshot.pin());
            SchemaColumns columns = new SchemaColumns(version);
            FileFilter pruning = new FileFilter(columns, filter);
            List<LakeFile> files = new ArrayList<>();
            scan(version, file -> {
                Map<String, @Nullable String> values = VectorUtils.toJavaMap(file.getPartitionValues());
                if (pruning.mayHold(values, file.getStatsJson().orElse(null))) {
                    files.add(file(columns, file, values));
                }
            });
            files.sort(Comparator.comparing(file -> file.file().path()));
            return files;
        });
    }

    /// Visits the files of a version, and counts them.
    private void scan(SnapshotImpl version, Consumer<AddFile> visitor) {
        long files = 0;
        long rows = 0;
        ScanImpl scan = (ScanImpl) version.getScanBuilder().build();
        try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine, true)) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> actions = batches.next().getRows()) {
                    while (actions.hasNext()) {
                        AddFile file = new AddFile(actions.next().getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL));
                        files++;
                        long counted = rows(file);
                        rows = rows < 0 || counted < 0 ? -1 : rows + counted;
                        visitor.accept(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        versions.put(version.getMetadata().getId(), version.getVersion(), new KnownVersions.Counts(files, rows));
    }

    // Origins.

    /// The earliest commit that adds a file counts: later ones add it again with a deletion vector.
    @Override
    public LakeHistory trace(Consumer<FileOrigin> visitor) {
        return call(() -> {
            SnapshotImpl version = chosen();
            CommitLog log = CommitLog.read(engine, folder, version.getVersion());
            scan(version, file -> {
                Map<String, @Nullable String> values = VectorUtils.toJavaMap(file.getPartitionValues());
                DeletionVectorDescriptor vector = file.getDeletionVector().orElse(null);
                visitor.accept(new FileOrigin(
                        folder.resolve(file.getPath()),
                        rows(file),
                        vector != null && vector.getCardinality() > 0,
                        values.get(FileOrigin.BATCH),
                        CommitLog.texts(file.getTags().orElse(null)),
                        Instant.ofEpochMilli(file.getModificationTime()),
                        log.firstOf(file.getPath())));
            });
            return new LakeHistory(snapshot(version), log.commits(), "is not in the log any more (log cleanup)");
        });
    }

    private static long rows(AddFile file) {
        return file.getNumRecords().orElse(-1L);
    }

    private LakeFile file(SchemaColumns columns, AddFile file, Map<String, @Nullable String> values) {
        DeletionVectorDescriptor vector = file.getDeletionVector().orElse(null);
        return new LakeFile(
                new TableFile(folder.resolve(file.getPath()), rows(file), columns.values(input.toString(), values)),
                vector == null || vector.getCardinality() == 0 ? null : new VectorDeletes(vectors, folder, vector));
    }
}
