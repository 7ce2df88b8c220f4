package io.nightshift.source.files;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.FileVersion;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
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
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The local files that a job's paths name: a file, every file of a kind below a folder, or what a glob
/// matches. Names that begin with `_` or `.` are skipped in folders, as other readers do. Symbolic links are
/// followed. A file with several names, by links or by overlapping paths, is read once.
final class LocalFiles {

    private LocalFiles() {}

    /// The identity of a file, whatever its name. The length and the time are part of it in case a file
    /// system gives two files the same key.
    ///
    /// @param key the device and inode, or the real path where the file system has none
    private record FileIdentity(Object key, long bytes, FileTime modified) {}

    /// Keeps one name of each file: its own path rather than a link, and then the first in order.
    ///
    /// @return sorted, each file once
    static List<FileVersion> withoutAliases(Collection<Path> files) {
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
        List<FileVersion> versions = new ArrayList<>();
        names.forEach((identity, file) -> versions.add(version(file, identity.bytes(), identity.modified())));
        versions.sort(Comparator.comparing(version -> Path.of(version.path())));
        return versions;
    }

    private static boolean isReal(Path file) throws IOException {
        return file.equals(file.toRealPath());
    }

    /// @param kind of the files that a folder is searched for
    /// @param roots of the files that may be read, listed or mentioned
    /// @return absolute paths, at least one
    /// @throws FailureException if the path names nothing, can't be listed, or names something that is not a
    ///     file
    static List<Path> expand(String text, FileKind kind, FileRoots roots) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        roots.requireReadable(path);
        if (Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (Files.isDirectory(path)) {
            List<Path> files = walk(path, roots, file -> isData(path, file) && kind.matches(file.toString()));
            if (files.isEmpty()) {
                throw SourcePins.missing(path, "source: there is no %s file in the folder %s".formatted(kind, path));
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

    /// The file system that holds the folder of a path; empty if the folder is not there.
    static String volume(String text, FileKind kind) {
        Path path = Path.of(text).toAbsolutePath().normalize();
        int firstWildcard = firstWildcard(path);
        Path folder = firstWildcard >= 0
                ? path.getRoot().resolve(path.subpath(0, Math.max(1, firstWildcard)))
                : kind.matches(text) ? path.resolveSibling("") : path;
        if (!Files.isDirectory(folder)) {
            return "";
        }
        try {
            FileStore store = Files.getFileStore(folder);
            return store.type() + " " + store.name();
        } catch (IOException e) {
            throw SourcePins.unreadable(folder, e);
        }
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

    /// The refusal of a name that exists, but is neither a file nor a folder. The file that a link points to
    /// may be missing on this node only.
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
            return version(file, attributes.size(), attributes.lastModifiedTime());
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    /// Whether a missing file is a link whose target is missing, or a folder that may not be listed.
    static boolean isThere(Path missing) {
        return Files.isDirectory(missing) ? !Files.isReadable(missing) : Files.isSymbolicLink(missing);
    }

    private static FileVersion version(Path file, long bytes, FileTime modified) {
        return new FileVersion(file.toString(), bytes, modified, null);
    }
}
