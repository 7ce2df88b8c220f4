package io.nightshift.iceberg.destination;

import io.nightshift.destination.Provenance;
import io.nightshift.destination.lake.TableFile;
import io.nightshift.destination.lake.Visibility;
import io.nightshift.protocol.batch.BatchId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.OverwriteFiles;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/// The batches that one state of a table shows, and how a transaction changes them.
///
/// Each snapshot of a batch has its [Provenance], and the snapshot that removes it `nightshift.removed`. The branch
/// `main` has all batches. The branch `JOB_latest` has the newest batch of a job alone.
final class BatchSnapshots {

    /// The property of the snapshot that removes a batch: its ID.
    static final String REMOVED = "nightshift.removed";

    private final TableMetadata table;
    private final BaseTable files;

    /// @param name of the table
    BatchSnapshots(String name, TableOperations table, TableMetadata state) {
        this.table = state;
        this.files = new BaseTable(new TableChange.OneState(table, state), name);
    }

    /// The branch with the newest batch of a job.
    static String latest(String job) {
        return job + "_latest";
    }

    /// Snapshots may have been expired. Then the files of a batch say that it is there.
    Visibility of(BatchId batch) {
        Snapshot head = table.currentSnapshot();
        if (head == null) {
            return Visibility.ABSENT;
        }
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot)) {
            if (batch.value().equals(property(snapshot, Provenance.BATCH))) {
                return Visibility.VISIBLE;
            }
            if (batch.value().equals(property(snapshot, REMOVED))) {
                return Visibility.REMOVED;
            }
        }
        return files(batch, SnapshotRef.MAIN_BRANCH).isEmpty() ? Visibility.ABSENT : Visibility.VISIBLE;
    }

    /// Whether readers of `main` see a supplement of a batch. If its snapshot has expired, its files say so.
    ///
    /// @param locations of its files
    boolean hasSupplement(BatchId batch, int number, Set<String> locations) {
        Snapshot head = Objects.requireNonNull(table.currentSnapshot());
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot)) {
            if (batch.value().equals(property(snapshot, Provenance.BATCH))
                    && String.valueOf(number).equals(property(snapshot, Provenance.SUPPLEMENT))) {
                return true;
            }
        }
        return files(batch, SnapshotRef.MAIN_BRANCH).stream()
                .anyMatch(task -> locations.contains(task.file().location()));
    }

    /// Whether readers of `main` find no other files of a batch than these.
    boolean hasOnly(BatchId batch, Set<String> locations) {
        return files(batch, SnapshotRef.MAIN_BRANCH).stream()
                .allMatch(task -> locations.contains(task.file().location()));
    }

    private static @Nullable String property(Snapshot snapshot, String name) {
        Map<String, String> summary = snapshot.summary();
        return summary == null ? null : summary.get(name);
    }

    /// The files of a batch that a branch or a tag has.
    List<FileScanTask> files(BatchId batch, String ref) {
        List<FileScanTask> tasks = new ArrayList<>();
        if (table.ref(ref) == null) {
            return tasks;
        }
        try (CloseableIterable<FileScanTask> found = files.newScan()
                .useRef(ref)
                .filter(Expressions.equal(IcebergColumns.BATCH, batch.value()))
                .planFiles()) {
            found.forEach(tasks::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tasks;
    }

    /// The files of a batch that readers of `main` find.
    List<TableFile> visible(BatchId batch) {
        return files(batch, SnapshotRef.MAIN_BRANCH).stream()
                .map(task -> new TableFile(
                        task.file().location(),
                        task.file().recordCount(),
                        !task.deletes().isEmpty()))
                .toList();
    }

    /// The provenance of a batch in the snapshots of `main` that have added it.
    List<Provenance> provenances(BatchId batch) {
        List<Provenance> found = new ArrayList<>();
        Snapshot head = table.currentSnapshot();
        if (head != null) {
            for (Snapshot snapshot : SnapshotUtil.ancestorsOf(head.snapshotId(), table::snapshot)) {
                if (batch.value().equals(property(snapshot, Provenance.BATCH))) {
                    found.add(new Provenance(new TreeMap<>(snapshot.summary())));
                }
            }
        }
        return found;
    }

    /// The newest batch of a job that readers see.
    Optional<BatchId> newest(String job) {
        SnapshotRef branch = table.ref(latest(job));
        return branch == null
                ? Optional.empty()
                : Optional.ofNullable(property(table.snapshot(branch.snapshotId()), Provenance.BATCH))
                        .filter(BatchId::isValid)
                        .map(BatchId::new);
    }

    /// Branches and tags that still have files of a batch.
    List<String> refs(BatchId batch) {
        return table.refs().keySet().stream()
                .filter(ref -> !files(batch, ref).isEmpty())
                .sorted()
                .toList();
    }

    /// Shows a batch.
    void show(Transaction transaction, BatchId batch, List<DataFile> shown, Provenance provenance) {
        if (newest(batch.job()).filter(newer -> newer.compareTo(batch) > 0).isEmpty()) {
            replaceLatest(transaction, batch.job(), shown, provenance.properties());
        }
        append(transaction.newFastAppend(), shown, provenance.properties());
    }

    /// Shows a supplement of a batch, also in the branch of the newest batch if that is this one.
    void supplement(Transaction transaction, BatchId batch, List<DataFile> added, Provenance provenance) {
        if (newest(batch.job()).filter(batch::equals).isPresent()) {
            append(transaction.newFastAppend().toBranch(latest(batch.job())), added, provenance.properties());
        }
        append(transaction.newFastAppend(), added, provenance.properties());
    }

    private static void append(AppendFiles append, List<DataFile> added, Map<String, String> properties) {
        added.forEach(append::appendFile);
        properties.forEach(append::set);
        append.commit();
    }

    private static void replaceLatest(
            Transaction transaction, String job, List<DataFile> shown, Map<String, String> properties) {
        OverwriteFiles latest =
                transaction.newOverwrite().toBranch(latest(job)).overwriteByRowFilter(Expressions.alwaysTrue());
        shown.forEach(latest::addFile);
        properties.forEach(latest::set);
        latest.commit();
    }

    /// Removes a batch. If it is the newest of its job, the one before becomes the newest.
    void remove(Transaction transaction, BatchId batch) {
        if (newest(batch.job()).filter(batch::equals).isPresent()) {
            Optional<BatchId> before = newestBut(batch);
            if (before.isPresent()) {
                replaceLatest(
                        transaction,
                        batch.job(),
                        files(before.get(), SnapshotRef.MAIN_BRANCH).stream()
                                .map(task -> task.file().copy())
                                .toList(),
                        Map.of(Provenance.BATCH, before.get().value()));
            } else {
                transaction.manageSnapshots().removeBranch(latest(batch.job())).commit();
            }
        }
        var delete =
                transaction.newDelete().deleteFromRowFilter(Expressions.equal(IcebergColumns.BATCH, batch.value()));
        delete.set(REMOVED, batch.value());
        delete.commit();
    }

    private Optional<BatchId> newestBut(BatchId batch) {
        TreeSet<BatchId> others = new TreeSet<>(Comparator.naturalOrder());
        try (CloseableIterable<FileScanTask> found = files.newScan()
                .filter(Expressions.startsWith(IcebergColumns.BATCH, batch.job() + "-"))
                .planFiles()) {
            for (FileScanTask task : found) {
                String value = String.valueOf(task.file().partition().get(0, String.class));
                if (BatchId.isValid(value)) {
                    others.add(new BatchId(value));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return others.descendingSet().stream()
                .filter(other -> other.isOfJob(batch.job()) && !other.equals(batch))
                .findFirst();
    }
}
