package io.nightshift.destination.folder;

import io.nightshift.destination.FileNames;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.StagedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;

/// Writes staged files of the attempt's own name, by DuckDB.
final class FolderWriter implements PartitionWriter {

    private final FileFormat format;
    private final Lease lease;
    private final int blockRows;
    private final FileRoots roots;
    private final StagedPart part;
    private final StagedFile quarantine;
    private boolean kept;

    /// @param roots of the folders that jobs may write
    FolderWriter(FileFormat format, Lease lease, int blockRows, FileRoots roots) {
        this.format = format;
        this.lease = lease;
        this.blockRows = blockRows;
        this.roots = roots;
        FileNames names = new FileNames(format.extension());
        Path staging = Path.of(lease.staging());
        part = new StagedPart(format, staging.resolve(names.stagedPart(lease.attempt())));
        quarantine = new StagedFile(staging.resolve(names.stagedQuarantine(lease.attempt())));
    }

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        roots.requireWritable(part.path());
        return part.write(rows, lease, blockRows, scoring);
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        roots.requireWritable(quarantine.path());
        execution.run(format.copyQuarantine(rows, quarantine.path(), blockRows));
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return part.seal(rows);
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return quarantine.seal(rows);
    }

    /// The files are durable since they were sealed.
    @Override
    public void keep() {
        kept = true;
    }

    /// Nothing to do: only DuckDB's statement takes long, and the attempt cancels that.
    @Override
    public void cancel() {}

    @Override
    public void close() {
        if (!kept) {
            remove();
        }
    }

    void remove() {
        if (roots.writeRefusal(part.path()).isEmpty()) {
            part.delete();
            quarantine.delete();
        }
    }
}
