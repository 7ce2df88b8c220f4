package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.ledger.FileOperation.Force;
import io.nightshift.coordinator.ledger.FileOperation.Truncate;
import io.nightshift.coordinator.ledger.FileOperation.Write;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/// H2's file system `recorded:`. It stores files where it is told, and records what is done to them, from which
/// [PowerCut] computes what a disk would have kept.
public final class RecordingFilePath extends FilePathWrapper {

    public static final String PREFIX = "recorded:";

    private static final List<FileOperation> OPERATIONS = new ArrayList<>();

    /// Forgets all operations so far.
    ///
    /// @return what the file holds before the first operation
    static byte[] begin(Path file) throws IOException {
        FilePath.register(new RecordingFilePath());
        synchronized (OPERATIONS) {
            OPERATIONS.clear();
        }
        return Files.readAllBytes(file);
    }

    static void record(FileOperation operation) {
        synchronized (OPERATIONS) {
            OPERATIONS.add(operation);
        }
    }

    static List<FileOperation> operations() {
        synchronized (OPERATIONS) {
            return List.copyOf(OPERATIONS);
        }
    }

    @Override
    public String getScheme() {
        return PREFIX.substring(0, PREFIX.length() - 1);
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        return new RecordedChannel(super.open(mode));
    }

    private static final class RecordedChannel extends ForwardingChannel {

        RecordedChannel(FileChannel file) {
            super(file);
        }

        @Override
        public synchronized int write(ByteBuffer bytes, long position) throws IOException {
            byte[] content = new byte[bytes.remaining()];
            bytes.get(bytes.position(), content);
            record(new Write(position, content));
            return file.write(bytes, position);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            throw new IOException("H2 writes with a position only");
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            record(new Truncate(size));
            file.truncate(size);
            return this;
        }

        /// Recorded when it is complete: before that, nothing is promised.
        @Override
        public void force(boolean metaData) throws IOException {
            file.force(metaData);
            record(new Force());
        }
    }
}
