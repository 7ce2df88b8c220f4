package io.nightshift.storage.destination.objects;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.destination.PartitionWriter;
import io.nightshift.storage.destination.ScoredRows;
import io.nightshift.storage.destination.folder.FileFormat;
import io.nightshift.storage.filesystem.StagedFile;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.source.files.CopyFolder;
import io.nightshift.storage.source.files.ObjectCopies;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes files on the node's disk by DuckDB, and uploads them when the attempt is kept.
///
/// An attempt whose batch has ended must leave nothing. So the writer looks for the batch's register before
/// it uploads, and again afterwards: the register is deleted before the staged objects are listed and
/// deleted, so what is uploaded after that list is removed here.
final class ObjectWriter implements PartitionWriter, FetchControl {

    private static final Logger LOG = LoggerFactory.getLogger(ObjectWriter.class);

    private final FileFormat format;
    private final Lease lease;
    private final int blockRows;
    private final ObjectCopies copies;
    private final BatchKeys keys;
    private final FileNames names;
    private final List<ObjectAddress> uploaded = new ArrayList<>();
    private @Nullable StagedFile part;
    private @Nullable StagedFile quarantine;
    private boolean kept;
    private long sent;
    private volatile boolean isCancelled;
    private volatile boolean isUploading;

    ObjectWriter(FileFormat format, Lease lease, int blockRows, BatchKeys keys, ObjectCopies copies) {
        this.format = format;
        this.lease = lease;
        this.blockRows = blockRows;
        this.copies = copies;
        this.keys = keys;
        this.names = new FileNames(format.extension());
    }

    private ObjectStore store() {
        return copies.stores().forWriting(keys.prefix());
    }

    private ObjectAddress partAddress() {
        return keys.attempt(names.stagedPart(lease.attempt()));
    }

    private ObjectAddress quarantineAddress() {
        return keys.attempt(names.stagedQuarantine(lease.attempt()));
    }

    private StagedFile local(@Nullable StagedFile before, String name) {
        return before == null ? new StagedFile(copies.folder().newFile(name)) : before;
    }

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        StagedFile file = local(part, names.part(lease.attempt().partition()));
        part = file;
        return scoring.run(format.copyPredictions(rows, lease, file.path(), blockRows));
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        StagedFile file = local(quarantine, names.quarantine(lease.attempt().partition()));
        quarantine = file;
        execution.run(format.copyQuarantine(rows, file.path(), blockRows));
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return sealed(part, rows);
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return sealed(quarantine, rows);
    }

    private static OutputFile sealed(@Nullable StagedFile file, long rows) throws IOException {
        if (file == null) {
            throw new IllegalStateException("nothing was written");
        }
        return file.seal(rows);
    }

    @Override
    public void keep() throws IOException {
        PublicationRegister register = new PublicationRegister(store(), keys.register());
        long begun = System.nanoTime();
        isUploading = true;
        try {
            requireOpen(register);
            upload(part, partAddress());
            upload(quarantine, quarantineAddress());
            requireOpen(register);
        } finally {
            isUploading = false;
            sent = System.nanoTime() - begun;
        }
        kept = true;
    }

    private static void requireOpen(PublicationRegister register) {
        if (!register.exists()) {
            throw register.closed();
        }
    }

    private void upload(@Nullable StagedFile file, ObjectAddress address) throws IOException {
        if (file != null) {
            uploaded.add(address);
            store().upload(address, file.path(), this);
        }
    }

    @Override
    public long sending() {
        return sent;
    }

    @Override
    public boolean hasTimeLimit() {
        return isUploading;
    }

    @Override
    public void cancel() {
        isCancelled = true;
    }

    @Override
    public boolean isCancelled() {
        return isCancelled;
    }

    @Override
    public void progressed() {
        // The attempt counts the upload as progress, since it has a time limit of its own.
    }

    @Override
    public void close() {
        part = deleted(part);
        quarantine = deleted(quarantine);
        if (!kept) {
            uploaded.forEach(this::delete);
            uploaded.clear();
        }
    }

    private static @Nullable StagedFile deleted(@Nullable StagedFile file) {
        if (file != null) {
            CopyFolder.deleteFile(file.path());
        }
        return null;
    }

    /// Removes what the attempt has uploaded.
    void remove() {
        delete(partAddress());
        delete(quarantineAddress());
    }

    /// What can't be deleted now is deleted with everything else that is staged.
    private void delete(ObjectAddress address) {
        try {
            store().delete(address);
        } catch (FailureException e) {
            LOG.debug("{} is left until its batch ends", address, e);
        }
    }
}
