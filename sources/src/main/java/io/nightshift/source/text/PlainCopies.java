package io.nightshift.source.text;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Copies of compressed files without the compression, and of files in UTF-16 in UTF-8, in the node's scratch
/// folder. A compressed file can only be read from its beginning; its copy can be read from any record, so
/// several threads work on one file. A file is copied once on a node. Safe for several threads.
///
/// The copies of a process that was killed are deleted by the next one that copies something.
final class PlainCopies {

    /// Files of up to so many bytes are read from their beginning again for each slice.
    static final long SMALL = 4L << 20;

    /// The bytes of copies that are kept although nobody reads them.
    private static final long KEPT = 16L << 30;

    private static final int BUFFER = 256 * 1024;
    private static final String PREFIX = "text-";

    /// A copy.
    private static final class Copy {
        private final Path path;
        private int holders = 1;
        private boolean isReady;
        private boolean isBroken;
        private long bytes;

        Copy(Path path) {
            this.path = path;
        }
    }

    /// The identity of a file and of how it is read.
    private record Key(String path, long bytes, String modified, String tag, String encoding) {
        static Key of(SourceFile file, Encoding encoding) {
            return new Key(file.path(), file.bytes(), file.modified().toString(), file.tag(), encoding.name());
        }
    }

    private final Map<Key, Copy> copies = new LinkedHashMap<>();
    private final Map<Key, Object> locks = new HashMap<>();
    private @Nullable Path folder;
    private long copied;

    /// Whether a file needs a copy to be read from the middle.
    static boolean isNeeded(TextSchema schema, Encoding encoding) {
        return (schema.compression() != Compression.NONE || encoding.isTranslated()) && schema.bytes() > SMALL;
    }

    /// The copy of a file, if it is held.
    synchronized @Nullable Path find(SourceFile file, Encoding encoding) {
        Copy copy = copies.get(Key.of(file, encoding));
        return copy != null && copy.isReady ? copy.path : null;
    }

    /// Copies a file, unless it is copied, and keeps the copy until [#release].
    ///
    /// @param local the file's bytes
    /// @param scratch the folder for the copies
    void hold(SourceFile file, Path local, TextSchema schema, Encoding encoding, Path scratch) {
        Key key = Key.of(file, encoding);
        Object lock;
        Copy copy;
        synchronized (this) {
            Copy known = copies.remove(key);
            copy = known == null || known.isBroken ? new Copy(next(scratch)) : known;
            copies.put(key, copy);
            copy.holders += copy == known ? 1 : 0;
            lock = locks.computeIfAbsent(key, any -> new Object());
        }
        // Others who need the file wait for the first.
        synchronized (lock) {
            if (copy.isReady) {
                return;
            }
            try {
                write(local, schema, encoding, copy.path);
                synchronized (this) {
                    copy.bytes = schema.bytes();
                    copy.isReady = true;
                }
            } catch (IOException e) {
                synchronized (this) {
                    copy.isBroken = true;
                    copies.remove(key, copy);
                }
                delete(copy.path);
                throw new FailureException(
                        Failure.of(
                                FailedResource.Type.SCRATCH,
                                copy.path.toString(),
                                "source: %s can't be decompressed to %s: %s"
                                        .formatted(file.path(), copy.path, e.getMessage())),
                        e);
            }
        }
    }

    private static void write(Path local, TextSchema schema, Encoding encoding, Path to) throws IOException {
        try (InputStream in = encoding.translate(schema.compression().open(local));
                OutputStream out = Files.newOutputStream(to)) {
            byte[] buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        }
    }

    /// Gives a copy up that was held.
    void release(SourceFile file, Encoding encoding) {
        synchronized (this) {
            Copy copy = copies.get(Key.of(file, encoding));
            if (copy != null) {
                copy.holders--;
            }
            long unused = copies.values().stream()
                    .filter(one -> one.holders == 0)
                    .mapToLong(one -> one.bytes)
                    .sum();
            // The longest unused come first.
            Iterator<Copy> each = copies.values().iterator();
            while (unused > KEPT && each.hasNext()) {
                Copy oldest = each.next();
                if (oldest.holders == 0) {
                    unused -= oldest.bytes;
                    each.remove();
                    delete(oldest.path);
                }
            }
        }
    }

    private Path next(Path scratch) {
        Path own = folder;
        try {
            if (own == null) {
                Files.createDirectories(scratch);
                deleteOthers(scratch);
                own = scratch.resolve(PREFIX + ProcessHandle.current().pid());
                folder = own;
                Path gone = own;
                Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteAll(gone), "delete-text-copies"));
            }
            Files.createDirectories(own);
            allowOwnerOnly(own);
            return own.resolve("%d.txt".formatted(copied++));
        } catch (IOException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.SCRATCH,
                            scratch.toString(),
                            "the scratch folder %s can't be written: %s".formatted(scratch, e.getMessage())),
                    e);
        }
    }

    /// The copies hold rows of files that other users of the machine may not be allowed to read.
    private static void allowOwnerOnly(Path folder) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(folder, PosixFileAttributeView.class);
        if (view != null) {
            view.setPermissions(PosixFilePermissions.fromString("rwx------"));
        }
    }

    /// Deletes the copies of processes that are gone.
    private static void deleteOthers(Path scratch) throws IOException {
        try (Stream<Path> folders = Files.list(scratch)) {
            for (Path other : folders.toList()) {
                String name = other.getFileName().toString();
                if (name.matches(PREFIX + "[0-9]{1,18}")
                        && ProcessHandle.of(Long.parseLong(name.substring(PREFIX.length())))
                                .filter(ProcessHandle::isAlive)
                                .isEmpty()) {
                    deleteAll(other);
                }
            }
        }
    }

    private static void deleteAll(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(PlainCopies::delete);
        } catch (IOException e) {
            return; // It is gone.
        }
        delete(folder);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Its process may be gone; then the next one deletes it.
        }
    }
}
