package io.nightshift.storage.filesystem;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/// A file of an attempt that is written, then sealed: made durable, with its entry in its folder, and digested.
public final class StagedFile {

    private final Path path;

    public StagedFile(Path path) {
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /// @param rows that were written to it
    /// @return what the ledger keeps of it
    public OutputFile seal(long rows) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.force(true);
            Folders.force(Objects.requireNonNull(path.toAbsolutePath().getParent()));
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            while (channel.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
            return new OutputFile(rows, channel.size(), HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// Removes the file, if it is there.
    public void delete() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw FailureException.permanent("the staged file %s can't be removed: %s".formatted(path, e.getMessage()));
        }
    }
}
