package io.nightshift.destination.objects;

import io.nightshift.destination.FileNames;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.StagedPart;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.StagedFile;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import java.io.IOException;
import java.nio.file.Path;
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
/// deleted, so what is uploaded after that list is removed here. An attempt of a supplement looks whether
/// the register of supplements is open to its coordinator.
final class ObjectWriter implements PartitionWriter, FetchControl {

    private static final Logger LOG = LoggerFactory.getLogger(ObjectWriter.class);

    private final FileFormat format;
    private final Lease lease;
    private final int blockRows;
    private final ObjectCopies copies;
    private final BatchKeys keys;
    private final FileNames names;
    private final List<ObjectAddress> uploaded = new ArrayList<>();
    private @Nullable StagedPart part;
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

    private Path local(String name) {
        return copies.folder().newFile(name);
    }

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        StagedPart file = part == null
                ? new StagedPart(format, local(names.part(lease.attempt().partition())))
                : part;
        part = file;
        return file.write(rows, lease, blockRows, scoring);
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        StagedFile file = quarantine == null
                ? new StagedFile(local(names.quarantine(lease.attempt().partition())))
                : quarantine;
        quarantine = file;
        execution.run(format.copyQuarantine(rows, file.path(), blockRows));
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return written(part).seal(rows);
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return written(quarantine).seal(rows);
    }

    private static <T> T written(@Nullable T file) {
        if (file == null) {
            throw new IllegalStateException("nothing was written");
        }
        return file;
    }

    @Override
    public void keep() throws IOException {
        long begun = System.nanoTime();
        isUploading = true;
        try {
            requireOpen();
            uploadParts();
            if (quarantine != null) {
                upload(quarantine.path(), quarantineAddress());
            }
            requireOpen();
        } finally {
            isUploading = false;
            sent = System.nanoTime() - begun;
        }
        kept = true;
    }

    private void requireOpen() {
        PublicationRegister register = new PublicationRegister(store(), keys.register());
        PublicationRegister supplements = new PublicationRegister(store(), keys.supplementRegister());
        if (!register.exists() && !supplements.isOpenTo(lease.attempt().epoch().incarnation())) {
            throw register.closed();
        }
    }

    private void uploadParts() throws IOException {
        List<Path> files = part == null ? List.of() : part.files();
        if (files.size() == 1) {
            upload(files.getFirst(), partAddress());
            return;
        }
        for (int file = 0; file < files.size(); file++) {
            upload(files.get(file), keys.attempt(names.stagedPart(lease.attempt(), file)));
        }
    }

    private void upload(Path file, ObjectAddress address) throws IOException {
        uploaded.add(address);
        store().upload(address, file, this);
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
        if (part != null) {
            CopyFolder.deleteFile(part.path());
            part = null;
        }
        if (quarantine != null) {
            CopyFolder.deleteFile(quarantine.path());
            quarantine = null;
        }
        if (!kept) {
            uploaded.forEach(this::delete);
            uploaded.clear();
        }
    }

    /// Removes what the attempt has uploaded.
    void remove() {
        delete(partAddress());
        delete(quarantineAddress());
        if (format.fileBytes() > 0) {
            List<ObjectAddress> divided = new ArrayList<>();
            store().list(keys.attempt(names.stagedParts(lease.attempt())), found -> divided.add(found.address()));
            divided.forEach(this::delete);
        }
    }

    /// Deletes an object. If that fails now, the object is deleted with everything else that is staged.
    private void delete(ObjectAddress address) {
        try {
            store().delete(address);
        } catch (FailureException e) {
            LOG.debug("{} is left until its batch ends", address, e);
        }
    }
}
