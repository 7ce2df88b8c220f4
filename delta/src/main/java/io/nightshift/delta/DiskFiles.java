package io.nightshift.delta;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tables in folders, as far as jobs may use these.
///
/// A file is written under a name of its own and made durable, and then its real name is linked to it. A
/// link is made only if there is no file of the name. So of two commits one fails, and a crash leaves a
/// whole file or none.
public final class DiskFiles implements TableFiles {

    /// Readers of tables skip names that begin with a dot.
    private static final String OWN = ".nightshift-";

    private final FileRoots roots;
    private final boolean isReadOnly;

    /// @param roots of the folders that jobs may write
    public DiskFiles(FileRoots roots) {
        this(roots, false);
    }

    private DiskFiles(FileRoots roots, boolean isReadOnly) {
        this.roots = roots;
        this.isReadOnly = isReadOnly;
    }

    /// Tables that are only read.
    ///
    /// @param roots of the folders that jobs may read
    public static DiskFiles readOnly(FileRoots roots) {
        return new DiskFiles(roots, true);
    }

    private Path path(String path) {
        Path checked = Path.of(path);
        if (isReadOnly) {
            roots.requireReadable(checked);
        } else {
            roots.requireWritable(checked);
        }
        return checked;
    }

    @Override
    public void requireAllowed(String folder) {
        path(folder);
    }

    /// Another node may have the permission that this one lacks.
    private static FailureException failure(Path path, String done, IOException e) {
        FailedResource.Type type =
                e instanceof AccessDeniedException ? FailedResource.Type.MOUNT : FailedResource.Type.STORAGE;
        return new FailureException(
                Failure.of(
                        type, parent(path).toString(), "%s can't be %s: %s".formatted(path, done, Folders.reason(e))),
                e);
    }

    @Override
    public List<Entry> listFrom(String path) throws FileNotFoundException {
        Path from = path(path);
        Path folder = parent(from);
        String least = String.valueOf(from.getFileName());
        List<Entry> found = new ArrayList<>();
        List<String> names = names(folder);
        for (String name : names) {
            Entry entry =
                    name.compareTo(least) < 0 ? null : find(folder.resolve(name).toString());
            if (entry != null) {
                found.add(entry);
            }
        }
        if (names.isEmpty()) {
            throw new FileNotFoundException(folder.toString());
        }
        return found;
    }

    /// A crash may have left a folder without files of others.
    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> !name.startsWith(OWN))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw failure(folder, "listed", e);
        }
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.getParent());
    }

    @Override
    public @Nullable Entry find(String path) {
        Path file = path(path);
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isDirectory()
                    ? null
                    : new Entry(
                            path,
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis());
        } catch (NoSuchFileException _) {
            return null;
        } catch (IOException e) {
            throw failure(file, "read", e);
        }
    }

    @Override
    public byte[] read(String path) throws FileNotFoundException {
        Path file = path(path);
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException _) {
            throw new FileNotFoundException(path);
        } catch (IOException e) {
            throw failure(file, "read", e);
        }
    }

    /// A durable file beside another one.
    private static Path write(Path beside, byte[] content) throws IOException {
        Path written = beside.resolveSibling(OWN + UUID.randomUUID() + ".tmp");
        try (FileChannel channel = Folders.create(written)) {
            ByteBuffer left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        } catch (IOException e) {
            deleteQuietly(written);
            throw e;
        }
        return written;
    }

    @Override
    public boolean create(String path, byte[] content) {
        Path file = path(path);
        try {
            Path written = write(file, content);
            try {
                return link(file, written);
            } finally {
                deleteQuietly(written);
            }
        } catch (IOException e) {
            throw failure(file, "written", e);
        }
    }

    @Override
    public boolean create(String path, Path content) {
        Path file = path(path);
        try {
            try (FileChannel channel = FileChannel.open(content, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            return link(file, content);
        } catch (IOException e) {
            throw failure(file, "written", e);
        }
    }

    private static boolean link(Path file, Path written) throws IOException {
        try {
            Files.createLink(file, written);
            Folders.force(parent(file));
            return true;
        } catch (FileAlreadyExistsException _) {
            return false;
        } catch (UnsupportedOperationException _) {
            throw withoutLinks(parent(file));
        }
    }

    private static FailureException withoutLinks(Path folder) {
        return FailureException.permanent(
                "the file system of %s has no hard links, without which two commits could both succeed. Use another file system, or an object store"
                        .formatted(folder));
    }

    @Override
    public void replace(String path, byte[] content) {
        Path file = path(path);
        try {
            Files.move(write(file, content), file, StandardCopyOption.ATOMIC_MOVE);
            Folders.force(parent(file));
        } catch (IOException e) {
            throw failure(file, "written", e);
        }
    }

    @Override
    public void delete(String path) {
        Path file = path(path);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failure(file, "deleted", e);
        }
    }

    @Override
    public void makeFolder(String path) {
        Path folder = path(path);
        try {
            Folders.make(folder);
        } catch (IOException e) {
            throw failure(folder, "made", e);
        }
    }

    /// Some file systems report the lack of links as a lack of permission.
    @Override
    public void requireCreate(String folder) {
        Path file = path(folder + "/" + OWN + UUID.randomUUID() + ".tmp");
        try {
            Path written = write(file, new byte[0]);
            try {
                Files.createLink(file, written);
            } catch (UnsupportedOperationException | IOException _) {
                throw withoutLinks(parent(file));
            } finally {
                deleteQuietly(file);
                deleteQuietly(written);
            }
        } catch (IOException e) {
            throw failure(parent(file), "written", e);
        }
    }

    @Override
    public Scratch scratch(String folder) {
        Path file = path(folder + "/" + OWN + UUID.randomUUID() + ".tmp");
        return new Scratch(file, () -> deleteQuietly(file));
    }

    @Override
    public Scratch local(String path) throws FileNotFoundException {
        if (find(path) == null) {
            throw new FileNotFoundException(path);
        }
        return new Scratch(path(path), () -> {});
    }

    /// A file that stays is skipped by readers.
    static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException _) {
            // Its name begins with a dot.
        }
    }
}
