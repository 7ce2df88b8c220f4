package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.RowCounts.FileVersion;
import io.nightshift.storage.source.SourcePins;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The files that a job's paths name: a file, every Parquet file below a folder, or what a glob
/// matches. Names that begin with `_` or `.` are skipped in folders, as other readers do. Symbolic links are
/// followed. A file with several names, by links or by overlapping paths, is read once.
final class SourceFiles {

    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /// The magic of a file whose footer is encrypted.
    private static final byte[] ENCRYPTED = "PARE".getBytes(StandardCharsets.US_ASCII);

    /// The footer's length and the magic, at the end of a file.
    private static final long TAIL_BYTES = 8;

    private SourceFiles() {}

    /// The identity of a file, whatever its name. The length and the time are part of it in case a file
    /// system gives two files the same key.
    ///
    /// @param key the device and inode, or the real path where the file system has none
    private record FileIdentity(Object key, long bytes, FileTime modified) {}

    /// @param roots of the files that may be read, listed or mentioned
    /// @return absolute paths, sorted, each file once; at least one for each of `paths`, unless another
    ///     path names the same file
    /// @throws FailureException if a path names nothing, can't be listed, or names something that is not a file
    static List<Path> expand(List<String> paths, FileRoots roots) {
        SequencedSet<Path> files = new TreeSet<>();
        for (String path : paths) {
            files.addAll(expand(path, roots));
        }
        return withoutAliases(files);
    }

    /// Of several names of a file, its own path is taken rather than a link, and then the first in order.
    private static List<Path> withoutAliases(Collection<Path> files) {
        Map<FileIdentity, Path> names = new HashMap<>();
        for (Path file : files) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                Object key = attributes.fileKey();
                FileIdentity identity = new FileIdentity(
                        key == null ? file.toRealPath() : key, attributes.size(), attributes.lastModifiedTime());
                Path other = names.putIfAbsent(identity, file);
                if (other != null && !isReal(other) && isReal(file)) {
                    names.put(identity, file);
                }
            } catch (IOException e) {
                throw SourcePins.unreadable(file, e);
            }
        }
        return names.values().stream().sorted().toList();
    }

    private static boolean isReal(Path file) throws IOException {
        return file.equals(file.toRealPath());
    }

    private static List<Path> expand(String text, FileRoots roots) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        roots.requireReadable(path);
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (Files.isDirectory(path)) {
            List<Path> files = walk(
                    path, roots, file -> isData(path, file) && file.toString().endsWith(".parquet"));
            if (files.isEmpty()) {
                throw SourcePins.missing(path, "source: there is no .parquet file in the folder " + path);
            }
            return files;
        }
        int firstWildcard = firstWildcard(path);
        if (firstWildcard < 0) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw refusal(path);
            }
            throw SourcePins.missing(path, "source: there is no file " + path);
        }
        Path base = path.getRoot().resolve(path.subpath(0, Math.max(1, firstWildcard)));
        if (firstWildcard == 0 || !Files.isDirectory(base)) {
            throw SourcePins.missing(path, "source: there is no folder for " + path);
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path);
        List<Path> files = walk(base, roots, file -> isData(base, file) && matcher.matches(file));
        if (files.isEmpty()) {
            throw SourcePins.missing(path, "source: no file matches " + path);
        }
        return files;
    }

    private static int firstWildcard(Path path) {
        for (int i = 0; i < path.getNameCount(); i++) {
            if (path.getName(i).toString().matches(".*[*?\\[{].*")) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isData(Path base, Path file) {
        for (Path name : base.relativize(file)) {
            if (name.toString().startsWith("_") || name.toString().startsWith(".")) {
                return false;
            }
        }
        return true;
    }

    private static List<Path> walk(Path base, FileRoots roots, Predicate<Path> wanted) {
        List<Path> files = new ArrayList<>();
        SimpleFileVisitor<Path> visitor = new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                if (!folder.equals(base) && !isData(base, folder)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                roots.requireReadable(folder);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (wanted.test(file)) {
                    roots.requireReadable(file);
                    if (!attributes.isRegularFile()) {
                        throw refusal(file);
                    }
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                if (!isData(base, file) && !file.equals(base)) {
                    return FileVisitResult.CONTINUE;
                }
                roots.requireReadable(file);
                throw e instanceof FileSystemLoopException
                        ? FailureException.permanent(
                                "source: %s is a symbolic link to a folder that contains it".formatted(file))
                        : unlisted(file, e);
            }
        };
        try {
            Files.walkFileTree(base, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
        } catch (IOException e) {
            throw unlisted(base, e);
        }
        return files;
    }

    /// The failure to list a folder. One that may not be listed is this node's problem until another node
    /// confirms it.
    private static FailureException unlisted(Path folder, IOException e) {
        boolean isRefused = e instanceof AccessDeniedException;
        String message = "source: %s can't be listed: %s"
                .formatted(folder, isRefused ? "permission denied" : String.valueOf(e.getMessage()));
        return isRefused
                ? SourcePins.missing(folder, message)
                : new FailureException(Failure.of(FailedResource.Type.STORAGE, folder.toString(), message), e);
    }

    /// The refusal of a name that exists, but is neither a file nor a folder. The file that a link points to may
    /// be missing on this node only.
    private static FailureException refusal(Path file) {
        return Files.isSymbolicLink(file) && !Files.exists(file)
                ? SourcePins.missing(
                        file, "source: %s is a symbolic link to a file that does not exist".formatted(file))
                : FailureException.permanent("source: %s is not a regular file".formatted(file));
    }

    /// A file as it is now; null if it is gone.
    static @Nullable FileVersion version(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileVersion(file, attributes.size(), attributes.lastModifiedTime());
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    /// Whether a file is a whole Parquet file. One that is being written is not.
    static boolean isWhole(Path file) {
        try {
            checkMagic(file);
            return true;
        } catch (FailureException e) {
            return false;
        }
    }

    /// Refuses a file that is not a whole Parquet file, with a clearer message than a library gives.
    static void checkMagic(Path file) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long length = in.length();
            if (length == 0) {
                throw FailureException.permanent("source: %s is empty (0 bytes)".formatted(file));
            }
            if (length >= 12 && Arrays.equals(read(in, 0), ENCRYPTED)) {
                throw FailureException.permanent(
                        "source: %s is an encrypted Parquet file, which Nightshift can't read; write it without encryption, for example on an encrypted disk"
                                .formatted(file));
            }
            if (length < 12 || !Arrays.equals(read(in, 0), MAGIC)) {
                throw FailureException.permanent("source: %s is not a Parquet file".formatted(file));
            }
            if (!Arrays.equals(read(in, length - MAGIC.length), MAGIC)) {
                throw FailureException.permanent(
                        "source: %s is truncated: it does not end in a Parquet footer".formatted(file));
            }
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    /// Refuses a file that lost bytes in its middle: then its footer, which is at the end, lists data beyond
    /// the footer's own beginning.
    ///
    /// @param end of a row group's data, as the footer gives it
    static void checkHolds(Path file, long end) {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long length = in.length();
            int footer = ByteBuffer.wrap(read(in, length - TAIL_BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (end > length - TAIL_BYTES - footer) {
                throw FailureException.permanent(
                        "source: %s is truncated: it is shorter than its Parquet footer says".formatted(file));
            }
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    private static byte[] read(RandomAccessFile in, long position) throws IOException {
        byte[] bytes = new byte[MAGIC.length];
        in.seek(position);
        in.readFully(bytes);
        return bytes;
    }
}
