package io.nightshift.coordinator.incremental;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Incremental;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.FileSelection;
import io.nightshift.source.FileVersion;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Inspects the files of a source that no earlier batch has read. Only these are opened. If there is none,
/// the first file of the source stands for all, without rows: the batch's output has the columns of every
/// other.
///
/// Its methods wait for disks, the network and the ledger. Safe for several threads and nodes.
public final class NewFilePlanner {

    /// Inspects a selection of a job's files.
    @FunctionalInterface
    public interface Inspector {
        List<InspectedFile> inspect(Job job, ModelDescription model, FileSelection selection);
    }

    /// How often a plan is made again because another batch has claimed a file of it.
    private static final int TRIES = 5;

    private final FileMarks marks;
    private final Inspector inspector;

    /// @param marks what batches have read
    /// @param inspector of sources
    public NewFilePlanner(FileMarks marks, Inspector inspector) {
        this.marks = marks;
        this.inspector = inspector;
    }

    private List<InspectedFile> inspect(BatchId batch, Job job, ModelDescription model) {
        Incremental incremental = Objects.requireNonNull(job.incremental());
        if (incremental.full()) {
            return inspector.inspect(job, model, FileSelection.ALL);
        }
        Selection selection = new Selection(batch, job.incrementalSource());
        List<InspectedFile> files = inspector.inspect(job, model, selection);
        if (!selection.isEmpty) {
            return files;
        }
        if (job.source().failsIfEmpty()) {
            throw FailureException.permanent("source: no file is new, and the job says source.on-empty: fail");
        }
        return files.stream()
                .map(file -> file.file().isLookup() ? file : withoutRows(file.file()))
                .toList();
    }

    private static InspectedFile withoutRows(SourceFile file) {
        return new InspectedFile(
                new SourceFile(file.path(), file.bytes(), file.modified(), 0, file.tag(), file.schema()), List.of());
    }

    /// Inspects and claims the files that a batch reads. The claim counts when the ledger of the batch has a
    /// plan of these files.
    ///
    /// @param job with new files
    /// @return in the order in which their rows are counted, and then those of lookups
    /// @throws FailureException transient if other batches always claim the same files first
    public List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        String source = job.incrementalSource();
        boolean full = Objects.requireNonNull(job.incremental()).full();
        for (int i = 0; i < TRIES; i++) {
            List<InspectedFile> files = inspect(batch, job, model);
            List<FileKey> keys =
                    FileKey.read(source, files.stream().map(InspectedFile::file).toList());
            if (marks.claim(source, batch, SourcePins.identity(files), keys, full)) {
                return files;
            }
        }
        throw new FailureException(Failure.transientFailure(
                "%s: other batches of the same source are planned at the same time".formatted(batch)));
    }

    private final class Selection implements FileSelection {
        private final BatchId batch;
        private final String source;
        private boolean isEmpty;

        Selection(BatchId batch, String source) {
            this.batch = batch;
            this.source = source;
        }

        @Override
        public List<FileVersion> select(List<FileVersion> listed) {
            Set<FileKey> unread = marks.unread(
                    batch, listed.stream().map(file -> FileKey.of(source, file)).toList());
            List<FileVersion> selected = new ArrayList<>(listed);
            selected.removeIf(file -> !unread.contains(FileKey.of(source, file)));
            isEmpty = selected.isEmpty();
            return isEmpty ? List.of(listed.getFirst()) : selected;
        }
    }
}
