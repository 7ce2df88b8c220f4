package io.nightshift.coordinator.registry;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Models of an object store as files of this node, named by their digests. All processes that use the folder
/// share them. A file's digest is checked whenever it is handed out, so a damaged one is fetched again.
final class ModelCopies {

    /// A copy that nobody has used for so long is deleted when another one is fetched.
    private static final Duration KEPT = Duration.ofDays(30);

    /// The age at which a temporary file is deleted, because the process that wrote it was killed.
    private static final Duration ABANDONED = Duration.ofDays(1);

    /// How often wrong bytes are fetched again.
    private static final int TRIES = 3;

    private static final String ENDING = ".nsm";
    private static final String TEMPORARY = ".new-";

    private final ObjectStore store;
    private final Path folder;

    ModelCopies(ObjectStore store, Path folder) {
        this.store = store;
        this.folder = folder;
    }

    /// A file with the content of a version.
    ///
    /// @param address of the content
    synchronized Path of(ModelVersion version, ObjectAddress address) {
        Path file = folder.resolve(version.sha256() + ENDING);
        try {
            if (!version.sha256().equals(digest(file))) {
                Files.createDirectories(folder);
                sweep();
                fetch(version, address, file);
            }
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            return file;
        } catch (IOException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.SCRATCH,
                            folder.toString(),
                            "the folder %s, which holds copies of models, can't be written: %s. Make room on its disk, or name another folder (nightshift.object-copies.folder)"
                                    .formatted(folder, e.getMessage())),
                    e);
        }
    }

    private static @Nullable String digest(Path file) throws IOException {
        try {
            return Digests.sha256(file);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    private void fetch(ModelVersion version, ObjectAddress address, Path file) throws IOException {
        Path temporary = folder.resolve(TEMPORARY + UUID.randomUUID());
        try {
            String found = "";
            for (int i = 0; i < TRIES; i++) {
                download(version, address, temporary);
                found = Digests.sha256(temporary);
                if (found.equals(version.sha256())) {
                    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    return;
                }
            }
            throw FailureException.permanent(
                    "the model %s was changed after it was registered: %s has the SHA-256 %s, not %s; put the original object back, or register the model under another name"
                            .formatted(version, address, found, version.sha256()));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private void download(ModelVersion version, ObjectAddress address, Path file) throws IOException {
        StoredObject object = store.find(address);
        if (object == null) {
            throw FailureException.permanent(
                    "the model %s can't be read: there is no object %s; put it back, or register the model under another name"
                            .formatted(version, address));
        }
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            if (object.bytes() > 0) {
                store.read(object, ByteRange.of(0, object.bytes()), FetchControl.NONE, (position, bytes, length) -> {
                    ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
                    while (rest.hasRemaining()) {
                        channel.write(rest, position + rest.position());
                    }
                });
            }
        }
    }

    private void sweep() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                Duration kept = name.startsWith(TEMPORARY) ? ABANDONED : KEPT;
                boolean isOurs = name.startsWith(TEMPORARY) || name.endsWith(ENDING);
                if (isOurs && isOlder(file, kept)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static boolean isOlder(Path file, Duration age) throws IOException {
        try {
            return Files.getLastModifiedTime(file)
                    .toInstant()
                    .isBefore(Instant.now().minus(age));
        } catch (NoSuchFileException _) {
            return false;
        }
    }
}
