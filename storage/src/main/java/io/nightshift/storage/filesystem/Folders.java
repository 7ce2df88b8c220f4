package io.nightshift.storage.filesystem;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Folders that other processes write to and delete from at the same time.
public final class Folders {

    private static final int TRIES = 20;

    private Folders() {}

    /// Makes a folder and those above it, durably, while another process may remove those above it as long as
    /// they are empty.
    public static void make(Path folder) throws IOException {
        Path made = folder.toAbsolutePath();
        for (int left = TRIES; ; left--) {
            try {
                Path before = existing(made);
                Files.createDirectories(made);
                for (Path inside = made; !inside.equals(before); ) {
                    inside = Objects.requireNonNull(inside.getParent());
                    force(inside);
                }
                return;
            } catch (NoSuchFileException e) {
                if (left == 0) {
                    throw e;
                }
            }
        }
    }

    /// Deletes a folder with all that is in it, while another process may still write to it, or delete from
    /// it.
    public static void deleteTree(Path root) throws IOException {
        for (int attempt = 1; Files.exists(root); attempt++) {
            try {
                Files.walkFileTree(root, new Deletion());
            } catch (DirectoryNotEmptyException | NoSuchFileException e) {
                if (attempt == TRIES) {
                    throw e;
                }
            }
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException problem) throws IOException {
            if (problem != null) {
                throw problem;
            }
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
        }
    }

    /// Whether a path exists. Unlike this method, [Files#exists] also returns false if the file system doesn't
    /// answer.
    ///
    /// @throws IOException if it can't be found out
    public static boolean isThere(Path path) throws IOException {
        try {
            Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    /// Makes a folder's entries durable.
    public static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Opens a file for writing, empty.
    public static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /// Why a folder can't be made or written, as far as that can be said without touching it.
    public static Optional<String> obstacle(Path folder) {
        Path wanted = folder.toAbsolutePath();
        Path nearest = existing(wanted);
        if (nearest == null) {
            return Optional.of("the destination %s can't be made: there is no folder above it".formatted(wanted));
        }
        if (!Files.isDirectory(nearest)) {
            String what = Files.exists(nearest) ? "a file, not a folder" : "a link to something that does not exist";
            return Optional.of("the destination %s can't be made: %s is %s".formatted(wanted, nearest, what));
        }
        return obstacle(nearest, usable(nearest), Files.isWritable(nearest) && Files.isExecutable(nearest))
                .map(reason -> "the destination %s can't be written: %s".formatted(wanted, reason));
    }

    /// The space that is left in a file system.
    ///
    /// @param bytes [Long#MAX_VALUE] if it is not known
    record Space(boolean readOnly, long bytes) {}

    private static Space usable(Path folder) {
        try {
            FileStore store = Files.getFileStore(folder);
            return new Space(store.isReadOnly(), bytes(store));
        } catch (IOException e) {
            return new Space(false, Long.MAX_VALUE);
        }
    }

    private static long bytes(FileStore store) throws IOException {
        try {
            return store.getUsableSpace();
        } catch (UnsupportedOperationException e) {
            return Long.MAX_VALUE;
        }
    }

    /// @param permitted whether this user may make files in the folder
    static Optional<String> obstacle(Path folder, Space space, boolean permitted) {
        if (space.readOnly()) {
            return Optional.of("the file system of %s is mounted read-only".formatted(folder));
        }
        if (!permitted) {
            return Optional.of("this user (%s) has no permission to write in %s%s"
                    .formatted(System.getProperty("user.name"), folder, permissions(folder)));
        }
        return space.bytes() == 0
                ? Optional.of("the file system of %s has no space left for this user".formatted(folder))
                : Optional.empty();
    }

    /// Whose a folder is and who may write in it; empty if the file system has no owners.
    private static String permissions(Path folder) {
        try {
            PosixFileAttributes attributes = Files.readAttributes(folder, PosixFileAttributes.class);
            return " (owner %s, permissions %s)"
                    .formatted(attributes.owner().getName(), PosixFilePermissions.toString(attributes.permissions()));
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    private static @Nullable Path existing(@Nullable Path path) {
        return path == null || Files.exists(path, LinkOption.NOFOLLOW_LINKS) ? path : existing(path.getParent());
    }

    /// Why an operation on files failed, in a few words.
    public static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "this user has no permission to write " + denied.getFile();
            case FileSystemException problem
            when problem.getReason() != null -> problem.getFile() + ": " + problem.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
