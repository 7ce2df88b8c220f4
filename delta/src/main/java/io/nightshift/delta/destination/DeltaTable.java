package io.nightshift.delta.destination;

import io.delta.kernel.Snapshot;
import io.delta.kernel.TableManager;
import io.delta.kernel.TransactionCommitResult;
import io.delta.kernel.exceptions.ConcurrentWriteException;
import io.delta.kernel.exceptions.MaxCommitRetryLimitReachedException;
import io.delta.kernel.exceptions.TableAlreadyExistsException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.hook.PostCommitHook;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.transaction.DataLayoutSpec;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import io.nightshift.delta.DeltaEngine;
import io.nightshift.delta.DiskFiles;
import io.nightshift.delta.KernelCalls;
import io.nightshift.delta.ObjectFiles;
import io.nightshift.delta.TableSchemas;
import io.nightshift.delta.destination.TableState.Commit;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.lake.CommitTries;
import io.nightshift.destination.lake.LakeTable;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.TableFile;
import io.nightshift.destination.lake.Visibility;
import io.nightshift.destination.parquet.FileColumns;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of a destination. Every call reads its log. Safe for several threads.
///
/// A commit creates the file of the next version, unless there is one. So the transaction identifier of a batch is
/// looked for in every version.
final class DeltaTable implements LakeTable<DeltaColumns, PartStatistics> {

    private static final Logger LOG = LoggerFactory.getLogger(DeltaTable.class);

    private static final Provenance NOTHING = new Provenance(new TreeMap<>());

    private final String name;
    private final String root;
    private final DeltaEngine engine;
    private final Supplier<DuckDb> duckDb;
    private final ObjectCopies copies;
    private final TableSchemas schemas;

    /// @param name of the table: its folder, or its prefix of an object store
    /// @param duckDb opened when first needed
    /// @param roots of the folders that tables may be in
    /// @param copies of objects, with the stores that tables may be in
    /// @param schemas of the node
    DeltaTable(String name, Supplier<DuckDb> duckDb, FileRoots roots, ObjectCopies copies, TableSchemas schemas) {
        this.name = name;
        this.root = name.replaceFirst("(?<=[^/])/+$", "");
        this.engine =
                new DeltaEngine(ObjectAddress.isAddress(root) ? new ObjectFiles(copies) : new DiskFiles(roots), duckDb);
        this.duckDb = duckDb;
        this.copies = copies;
        this.schemas = schemas;
    }

    @Override
    public String title() {
        return "the Delta table " + name;
    }

    /// The folder may be there without the table.
    @Override
    public Optional<String> location() {
        return Optional.of(root);
    }

    @Override
    public DeltaColumns columns(Job job, List<OutputSchema.Column> output) {
        return DeltaColumns.of(output);
    }

    @Override
    public PartStatistics files(PublishedParts parts) {
        return new PartStatistics(parts, duckDb, copies);
    }

    @Override
    public List<TableFile> visible(BatchId batch) {
        return look(List.of(), state -> state.files(batch));
    }

    @Override
    public List<Provenance> provenances(BatchId batch) {
        return look(List.of(), state -> state.provenances(batch));
    }

    @Override
    public Optional<BatchId> newest(String job) {
        return look(Optional.<BatchId>empty(), state -> state.newest(job));
    }

    private String log() {
        return root + "/_delta_log";
    }

    @Override
    public FailureException missing() {
        if (!ObjectAddress.isAddress(root) && !Files.exists(Path.of(root))) {
            return new FailureException(Failure.of(
                    FailedResource.Type.MOUNT,
                    root,
                    "there is no Delta table %s on this node: there is no such folder. If this node lacks the file system, mount it"
                            .formatted(name)));
        }
        return FailureException.permanent("there is no Delta table %s; it was deleted".formatted(name));
    }

    private <T> T call(String doing, Supplier<T> work) {
        return KernelCalls.call(doing, "Name another table", work);
    }

    private Optional<TableState> state() {
        return state(new NotingCommitter(Map.of()));
    }

    /// @param committer of the version after it
    private Optional<TableState> state(NotingCommitter committer) {
        try {
            Snapshot snapshot =
                    TableManager.loadSnapshot(root).withCommitter(committer).build(engine);
            return Optional.of(new TableState(root, engine, (SnapshotImpl) snapshot));
        } catch (TableNotFoundException _) {
            return Optional.empty();
        }
    }

    /// Looks at the table as it is now.
    ///
    /// @param absent the answer if there is no table
    <T> T look(T absent, Function<TableState, T> work) {
        return call(
                "the Delta table %s can't be read".formatted(name),
                () -> state().map(work).orElse(absent));
    }

    /// A damaged log is reported when the files of a batch are looked for.
    @Override
    public boolean isThere() {
        try {
            return hasState();
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                return true;
            }
            throw e;
        }
    }

    private boolean hasState() {
        return look(false, state -> true);
    }

    @Override
    public Visibility visibility(BatchId batch) {
        return look(Visibility.ABSENT, state -> state.of(batch));
    }

    @Override
    public List<String> obstacles(DeltaColumns columns) {
        return look(columns.obstacles(), state -> state.obstacles(name, columns));
    }

    private static void refuse(List<String> obstacles) {
        if (!obstacles.isEmpty()) {
            throw FailureException.permanent(String.join("\n", obstacles));
        }
    }

    @Override
    public void requireOurs(Job job) {
        OutputSchema schema = job.output().schema();
        requireOurs(schema == null ? null : DeltaColumns.of(schema.columns()));
    }

    /// @param columns of the batch; null if they are unknown
    private void requireOurs(@Nullable DeltaColumns columns) {
        List<String> obstacles = look(
                List.of("there is no Delta table %s; it was deleted".formatted(name)),
                state -> columns == null ? state.obstacles(name) : state.obstacles(name, columns));
        refuse(obstacles);
        if (columns != null && look(false, state -> columns.isMissing(state.schema()))) {
            throw FailureException.permanent(
                    "the Delta table %s lacks columns that it had when the batch was begun. Start over with --new"
                            .formatted(name));
        }
    }

    @Override
    public void make(DeltaColumns columns) {
        call("the Delta table %s can't be made".formatted(name), () -> {
            refuse(columns.obstacles());
            engine.files().makeFolder(log());
            engine.files().requireCreate(log());
            if (state().isEmpty()) {
                create(columns);
            }
            return commit(NOTHING, state -> {
                refuse(state.obstacles(name, columns));
                return columns.isMissing(state.schema()) ? Optional.of(state.adding(columns)) : Optional.empty();
            });
        });
    }

    /// If another program creates it at the same time, its table is taken.
    private void create(DeltaColumns columns) {
        try {
            TableManager.buildCreateTableTransaction(root, columns.schema(), TableState.PROGRAM)
                    .withDataLayoutSpec(DataLayoutSpec.partitioned(List.of(new Column(DeltaColumns.BATCH))))
                    .withMaxRetries(0)
                    .build(engine)
                    .commit(engine, CloseableIterable.emptyIterable());
        } catch (TableAlreadyExistsException | ConcurrentWriteException | MaxCommitRetryLimitReachedException e) {
            KernelCalls.causeOf(e).ifPresent(failure -> {
                throw failure;
            });
            LOG.debug("{} is there", name, e);
        }
    }

    @Override
    public void show(BatchId batch, PartStatistics files, Provenance provenance) {
        call(
                "%s can't be published in the Delta table %s".formatted(batch, name),
                () -> commit(provenance, state -> switch (state.of(batch)) {
                    case VISIBLE -> Optional.empty();
                    case REMOVED -> throw removed(batch);
                    case ABSENT -> Optional.of(state.showing(batch, files, provenance));
                }));
    }

    @Override
    public void requireUnchanged(BatchId batch, int number, PartStatistics files, Set<String> earlier) {
        boolean isUnchanged = look(
                false,
                state ->
                        state.hasSupplement(batch, number, files.files().locations()) || state.hasOnly(batch, earlier));
        if (!isUnchanged) {
            throw rewritten(batch);
        }
    }

    @Override
    public void supplement(
            BatchId batch, int number, PartStatistics files, Set<String> earlier, Provenance provenance) {
        call(
                "rows can't be added to %s in the Delta table %s".formatted(batch, name),
                () -> commit(provenance, state -> {
                    if (state.of(batch) != Visibility.VISIBLE) {
                        throw removed(batch);
                    }
                    if (state.hasSupplement(batch, number, files.files().locations())) {
                        return Optional.empty();
                    }
                    if (!state.hasOnly(batch, earlier)) {
                        throw rewritten(batch);
                    }
                    return Optional.of(state.supplementing(batch, number, files, provenance));
                }));
    }

    @Override
    public boolean remove(BatchId batch) {
        return call("%s can't be removed from the Delta table %s".formatted(batch, name), () -> {
            return hasState()
                    && commit(
                            NOTHING,
                            state -> state.of(batch) == Visibility.VISIBLE
                                    ? Optional.of(state.removing(batch))
                                    : Optional.empty());
        });
    }

    /// Decides and commits, until no other commit comes in between.
    ///
    /// @param provenance kept in the history of the table
    /// @param change the commit for a version of the table; empty if there is nothing to commit
    /// @return whether something was committed
    /// @throws FailureException transient, if other commits always come in between
    private boolean commit(Provenance provenance, Function<TableState, Optional<Commit>> change) {
        NotingCommitter committer = new NotingCommitter(provenance.properties());
        return CommitTries.commit(name, title(), () -> {
            Optional<Commit> commit = change.apply(state(committer).orElseThrow(this::missing));
            if (commit.isEmpty()) {
                return CommitTries.Result.UNNEEDED;
            }
            try {
                TransactionCommitResult result = commit.get()
                        .transaction()
                        .commit(
                                engine,
                                CloseableIterable.inMemoryIterable(Utils.toCloseableIterator(
                                        commit.get().actions().iterator())));
                checkpoint(result);
                return CommitTries.Result.COMMITTED;
            } catch (ConcurrentWriteException | MaxCommitRetryLimitReachedException e) {
                KernelCalls.causeOf(e).ifPresent(failure -> {
                    throw failure;
                });
                return CommitTries.Result.OUTDATED;
            }
        });
    }

    /// Writes a checkpoint if the kernel says that it is time. The commit has succeeded, whatever comes of
    /// it: without the checkpoint, readers read more of the log.
    private void checkpoint(TransactionCommitResult result) {
        for (PostCommitHook hook : result.getPostCommitHooks()) {
            if (hook.getType() == PostCommitHook.PostCommitHookType.CHECKPOINT) {
                try {
                    hook.threadSafeInvoke(engine);
                } catch (IOException | RuntimeException e) {
                    LOG.warn(
                            "{}: no checkpoint of version {}: {}", name, result.getVersion(), KernelCalls.innermost(e));
                }
            }
        }
    }

    /// The types of columns stay what they are while a batch is written: a table that other programs have
    /// replaced is refused when the batch is published.
    @Override
    public FileColumns.Of of(Lease lease, List<String> names) {
        StructType schema = schemas.get(
                        root,
                        lease.attempt().batch().value(),
                        () -> look(Optional.<StructType>empty(), state -> Optional.of(state.schema())))
                .orElseThrow(this::missing);
        for (String column : names) {
            if (schema.indexOf(column) < 0) {
                throw FailureException.permanent(
                        "the column %s of the Delta table %s was dropped while the batch was written"
                                .formatted(column, name));
            }
        }
        return new FileColumns.Of() {
            @Override
            public boolean isInFiles(String column) {
                // The values of the column by which a table is partitioned are in its log.
                return !column.equals(DeltaColumns.BATCH);
            }

            @Override
            public String cast(String column, String sql, String type) {
                @Nullable StructField field = schema.indexOf(column) < 0 ? null : schema.get(column);
                return field == null ? sql : DeltaType.cast(sql, type, field.getDataType());
            }

            @Override
            public Map<String, Integer> fieldIds() {
                return Map.of();
            }
        };
    }
}
