package io.nightshift.source.files;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder of a process for copies of objects, and for files on their way to a store. A process locks its
/// own folder, and deletes those of processes that ended without deleting theirs. It is made when the first
/// copy is.
public final class CopyFolder implements AutoCloseable {

    /// The most bytes of copies, unless the configuration says otherwise.
    public static final long DEFAULT_LIMIT = 16L << 30;

    private static final Logger LOG = LoggerFactory.getLogger(CopyFolder.class);
    private static final String LOCK = "lock";
    private static final int LONGEST_NAME = 100;

    /// The folders of this process that are in use. Whoever asked for the lock of one would give it up.
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Path parent;
    private final long limit;
    private final AtomicLong number = new AtomicLong();
    private @Nullable Path own;
    private @Nullable FileLock lock;

    /// @param parent of the folders of all processes
    /// @param limit the bytes of copies that are kept; one that is needed is made all the same
    public CopyFolder(Path parent, long limit) {
        this.parent = parent.toAbsolutePath();
        this.limit = limit;
    }

    /// The bytes of copies that are kept.
    long limit() {
        return limit;
    }

    /// The folder that contains all copies of this process, and of others.
    public Path parent() {
        return parent;
    }

    /// A path for a new file, in a folder of its own.
    ///
    /// @param key of the object, whose last part the file is named by
    public Path newFile(String key) {
        try {
            String name = key.substring(key.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._=-]", "_");
            String end = name.substring(Math.max(0, name.length() - LONGEST_NAME));
            Path folder = own().resolve(String.valueOf(number.incrementAndGet()));
            return Files.createDirectories(folder).resolve(end.isEmpty() ? "object" : end);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private synchronized Path own() throws IOException {
        Path folder = own;
        if (folder == null) {
            Files.createDirectories(parent);
            deleteAbandoned();
            folder = Files.createTempDirectory(parent, "process-");
            OWN.add(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock = channel.tryLock();
            own = folder;
            // Most processes end without closing what they have.
            Path made = folder;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(made), "delete-copies"));
        }
        return folder;
    }

    private void deleteAbandoned() throws IOException {
        List<Path> folders;
        try (Stream<Path> found = Files.list(parent)) {
            folders = found.filter(folder ->
                            String.valueOf(folder.getFileName()).startsWith("process-") && !OWN.contains(folder))
                    .toList();
        }
        for (Path folder : folders) {
            try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE);
                    FileLock free = channel.tryLock()) {
                if (free != null) {
                    delete(folder);
                }
            } catch (NoSuchFileException | OverlappingFileLockException _) {
                // A process is about to make its lock, or died before it could; or it is another folder of
                // this process.
            }
        }
    }

    /// Deletes a file that [#newFile] gave out, and its folder.
    public static void deleteFile(Path file) {
        Path folder = file.getParent();
        if (folder != null) {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("copies of objects can't be deleted: {}", e.toString());
        }
    }

    /// The failure to write a copy.
    public FailureException failure(IOException e) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.SCRATCH,
                        parent.toString(),
                        "the folder %s, which holds copies of objects, can't be written: %s. Make room on its disk, or name another folder (nightshift.object-copies.folder)"
                                .formatted(parent, e.getMessage())),
                e);
    }

    @Override
    public synchronized void close() {
        if (own != null) {
            delete(own);
            OWN.remove(own);
            own = null;
        }
        if (lock != null) {
            try {
                lock.acquiredBy().close();
            } catch (IOException e) {
                LOG.debug("the lock of {} can't be released", parent, e);
            }
            lock = null;
        }
    }
}
