package io.nightshift.delta.destination;

import io.delta.kernel.Operation;
import io.delta.kernel.Transaction;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.ScanImpl;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.TransactionImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.tablefeatures.TableFeature;
import io.delta.kernel.internal.tablefeatures.TableFeatures;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.DataFileStatus;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.TableFile;
import io.nightshift.destination.lake.Visibility;
import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One version of a table, and the commits that may follow it.
///
/// Each batch is an application in the sense of Delta's transaction identifiers: the commit that shows it
/// has the version 1 of the application, and the commit that removes it has the version 2. The supplements of
/// a batch are another application, whose version is the number of the newest supplement. Checkpoints keep
/// these identifiers.
final class TableState {

    /// The program, in the history of the table.
    static final String PROGRAM = "Nightshift";

    private static final String APPLICATION = "nightshift.batch=";
    private static final long SHOWN = 1;
    private static final long REMOVED = 2;

    /// The table features that need nothing of a writer that appends files, and removes files as a whole.
    private static final Set<String> FEATURES =
            Set.of("appendOnly", "invariants", "timestampNtz", "vacuumProtocolCheck");

    private final String root;
    private final Engine engine;
    private final SnapshotImpl snapshot;

    /// @param root the table's folder
    TableState(String root, Engine engine, SnapshotImpl snapshot) {
        this.root = root;
        this.engine = engine;
        this.snapshot = snapshot;
    }

    /// A commit that is decided, and not yet made.
    ///
    /// @param actions in addition to those of the transaction
    record Commit(Transaction transaction, List<Row> actions) {}

    StructType schema() {
        return snapshot.getSchema();
    }

    private static String application(BatchId batch) {
        return APPLICATION + batch;
    }

    private static String supplements(BatchId batch) {
        return application(batch) + "/supplements";
    }

    /// The table may forget transaction identifiers after a time. Then the files of a batch say that it is
    /// there.
    Visibility of(BatchId batch) {
        Optional<Long> version = snapshot.getLatestTransactionVersion(engine, application(batch));
        if (version.isPresent()) {
            return version.get() >= REMOVED ? Visibility.REMOVED : Visibility.VISIBLE;
        }
        return adds(batch.value()).isEmpty() ? Visibility.ABSENT : Visibility.VISIBLE;
    }

    /// Whether readers see a supplement of a batch. The table may have forgotten its transaction identifier. Then
    /// its files say so.
    ///
    /// @param number of the supplement, from 1
    /// @param locations of its files
    boolean hasSupplement(BatchId batch, int number, Set<String> locations) {
        Optional<Long> version = snapshot.getLatestTransactionVersion(engine, supplements(batch));
        return version.filter(newest -> newest >= number).isPresent()
                || files(batch).stream().anyMatch(file -> locations.contains(file.location()));
    }

    /// Whether readers find no other files of a batch than these.
    boolean hasOnly(BatchId batch, Set<String> locations) {
        return files(batch).stream().allMatch(file -> locations.contains(file.location()));
    }

    /// The actions that added the files of a batch.
    ///
    /// @param batch its ID; null for those of all batches
    private List<AddFile> adds(@Nullable String batch) {
        List<AddFile> found = new ArrayList<>();
        ScanImpl scan = (ScanImpl) snapshot.getScanBuilder().build();
        try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine, true)) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> rows = batches.next().getRows()) {
                    while (rows.hasNext()) {
                        AddFile file = new AddFile(rows.next().getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL));
                        if (batch == null || batch.equals(batchOf(file))) {
                            found.add(file);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static @Nullable String batchOf(AddFile file) {
        Map<String, @Nullable String> values = VectorUtils.toJavaMap(file.getPartitionValues());
        return values.get(DeltaColumns.BATCH);
    }

    /// The files of a batch that readers find.
    List<TableFile> files(BatchId batch) {
        return adds(batch.value()).stream()
                .map(file -> new TableFile(
                        location(file.getPath()),
                        file.getNumRecords().orElse(null),
                        file.getDeletionVector().isPresent()))
                .toList();
    }

    /// The provenance of a batch in the tags of its files. Files that another program has written have no such
    /// tags.
    List<Provenance> provenances(BatchId batch) {
        return adds(batch.value()).stream()
                .flatMap(file -> file.getTags().stream())
                .map(tags -> new Provenance(new TreeMap<>(VectorUtils.<String, String>toJavaMap(tags))))
                .filter(provenance -> provenance.properties().containsKey(Provenance.BATCH))
                .distinct()
                .toList();
    }

    /// Paths in a log are URIs, relative to the table's folder or absolute.
    private String location(String path) {
        URI uri = URI.create(path);
        return uri.isAbsolute() ? path : root + "/" + uri.getPath();
    }

    /// The newest batch of a job that readers see.
    Optional<BatchId> newest(String job) {
        TreeSet<BatchId> found = new TreeSet<>(Comparator.naturalOrder());
        for (AddFile file : adds(null)) {
            String value = batchOf(file);
            if (value != null && BatchId.isValid(value) && new BatchId(value).isOfJob(job)) {
                found.add(new BatchId(value));
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(found.last());
    }

    /// Why Nightshift can't write to the table; empty if it can.
    ///
    /// @param name of the table
    List<String> obstacles(String name) {
        List<String> obstacles = new ArrayList<>();
        TreeSet<String> features = new TreeSet<>();
        for (TableFeature feature : snapshot.getProtocol().getImplicitlyAndExplicitlySupportedFeatures()) {
            features.add(feature.featureName());
        }
        features.removeAll(FEATURES);
        if (!features.isEmpty()) {
            obstacles.add(
                    "the table %s has the table features %s, which Nightshift does not support. Name another table"
                            .formatted(name, String.join(", ", features)));
        }
        if ("true".equalsIgnoreCase(snapshot.getTableProperties().get("delta.appendOnly"))) {
            obstacles.add(
                    "the table %s has the property delta.appendOnly, so no batch could be removed from it. Unset the property, or name another table"
                            .formatted(name));
        }
        if (!snapshot.getPartitionColumnNames().equals(List.of(DeltaColumns.BATCH))) {
            obstacles.add(
                    "the table %s is partitioned by %s; Nightshift writes tables that are partitioned by the column %s alone. Name another table"
                            .formatted(
                                    name,
                                    snapshot.getPartitionColumnNames().isEmpty()
                                            ? "nothing"
                                            : String.join(", ", snapshot.getPartitionColumnNames()),
                                    DeltaColumns.BATCH));
        }
        return obstacles;
    }

    /// Why columns can't be written to the table; empty if they can, perhaps after [#adding].
    List<String> obstacles(String name, DeltaColumns columns) {
        List<String> obstacles = new ArrayList<>(obstacles(name));
        boolean takesLocalTimes = snapshot.getProtocol().supportsFeature(TableFeatures.TIMESTAMP_NTZ_RW_FEATURE);
        obstacles.addAll(columns.obstacles(name, schema(), takesLocalTimes));
        return obstacles;
    }

    /// Adds the columns that the table lacks.
    ///
    /// The kernel's builder of transactions changes columns only if they have IDs. The columns of this
    /// table have names only, and a column that is added at the end changes no file.
    Commit adding(DeltaColumns columns) {
        return new Commit(
                new TransactionImpl(
                        false,
                        snapshot.getDataPath(),
                        Optional.of(snapshot),
                        PROGRAM,
                        Operation.MANUAL_UPDATE,
                        Optional.empty(),
                        Optional.of(snapshot.getMetadata().withNewSchema(columns.added(schema()))),
                        snapshot.getCommitter(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(0),
                        0,
                        System::currentTimeMillis),
                List.of());
    }

    private Transaction transaction(Operation operation, String application, long version) {
        return snapshot.buildUpdateTableTransaction(PROGRAM, operation)
                .withTransactionId(application, version)
                .withMaxRetries(0)
                .build(engine);
    }

    /// Shows a batch.
    Commit showing(BatchId batch, PartStatistics files, Provenance provenance) {
        return appending(transaction(Operation.WRITE, application(batch), SHOWN), batch, files, provenance);
    }

    /// Adds a supplement to a batch.
    ///
    /// @param number of the supplement, from 1
    Commit supplementing(BatchId batch, int number, PartStatistics files, Provenance provenance) {
        return appending(transaction(Operation.WRITE, supplements(batch), number), batch, files, provenance);
    }

    /// The kernel's own actions that add files have no tags.
    private Commit appending(Transaction transaction, BatchId batch, PartStatistics files, Provenance provenance) {
        Row state = transaction.getTransactionState(engine);
        Map<String, Literal> partition = Map.of(DeltaColumns.BATCH, Literal.ofString(batch.value()));
        List<Column> columns =
                Transaction.getWriteContext(engine, state, partition).getStatisticsColumns();
        URI folder = snapshot.getDataPath().toUri();
        long now = System.currentTimeMillis();
        List<Row> actions = new ArrayList<>();
        for (PublishedParts.Part part : files.files().parts()) {
            DataFileStatus status = new DataFileStatus(
                    files.files().location(part), part.bytes(), now, Optional.of(files.of(part, schema(), columns)));
            AddFile file = AddFile.convertDataFileStatus(
                    schema(),
                    folder,
                    status,
                    partition,
                    true,
                    provenance.properties(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            actions.add(SingleAction.createAddFileSingleAction(file.toRow()));
        }
        return new Commit(transaction, actions);
    }

    /// Removes a batch.
    Commit removing(BatchId batch) {
        Transaction transaction = transaction(Operation.MANUAL_UPDATE, application(batch), REMOVED);
        Optional<Long> now = Optional.of(System.currentTimeMillis());
        return new Commit(
                transaction,
                adds(batch.value()).stream()
                        .map(file -> SingleAction.createRemoveFileSingleAction(file.toRemoveFileRow(true, now)))
                        .toList());
    }
}
