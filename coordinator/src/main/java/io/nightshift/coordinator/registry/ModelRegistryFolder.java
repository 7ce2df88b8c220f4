package io.nightshift.coordinator.registry;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/// The registry's files, and what keeps them whole.
///
/// ```
/// models/.lock                    held by whoever writes, in this process or another
/// models/.new-…                   being written, or left by a crash
/// models/<name>/<version>/        model.nsm, model.json
/// models/<name>/aliases.json
/// ```
///
/// Whatever appears under a name appears by a rename of something complete that has reached the disk: each
/// file is forced, then the folder that holds it, then it is renamed, then the folder it was renamed into is
/// forced. A crash at any instant leaves a `.new-…` at most. Since only the holder of the lock makes one, the
/// next holder may delete what it finds. Readers take no lock: they see a version whole or not at all.
final class ModelRegistryFolder {

    static final String MODEL_FILE = "model.nsm";
    private static final String DESCRIPTION_FILE = "model.json";
    private static final String ALIASES_FILE = "aliases.json";
    private static final String TEMPORARY = ".new-";
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");

    /// Reasons of the operating system that waiting doesn't cure; others, such as a full disk, may pass.
    private static final Set<String> LASTING = Set.of("Not a directory", "Read-only file system", "File name too long");

    /// A file lock is the process's; threads of one process wait here first.
    private static final ReentrantLock WRITING = new ReentrantLock();

    /// Something to do with files.
    interface Work<T> {
        T run() throws IOException;
    }

    private final Path models;

    ModelRegistryFolder(Path home) {
        this.models = home.resolve("models");
    }

    Path folder(String name, int version) {
        return models.resolve(name).resolve(String.valueOf(version));
    }

    /// The names with at least one version, sorted.
    List<String> names() {
        return reading(models, () -> {
            List<String> names = new ArrayList<>();
            for (String name : children(models)) {
                if (ModelVersion.NAME.matcher(name).matches() && !versions(name).isEmpty()) {
                    names.add(name);
                }
            }
            names.sort(null);
            return names;
        });
    }

    /// The versions of a name, ascending; none where the name is unknown.
    List<Integer> versions(String name) {
        Path folder = models.resolve(name);
        return reading(
                folder,
                () -> children(folder).stream()
                        .filter(child -> VERSION.matcher(child).matches())
                        .map(Integer::valueOf)
                        .sorted()
                        .toList());
    }

    RegisteredModel read(String name, int version) {
        Path file = folder(name, version).resolve(DESCRIPTION_FILE);
        return reading(file, () -> {
            RegisteredModel model = ModelJson.readModel(Files.readAllBytes(file));
            if (!model.version().name().equals(name) || model.version().version() != version) {
                throw new ModelJson.Damaged("it describes " + model.version());
            }
            return model;
        });
    }

    SortedMap<String, Integer> aliases(String name) {
        Path file = models.resolve(name).resolve(ALIASES_FILE);
        return reading(file, () -> {
            try {
                return ModelJson.readAliases(Files.readAllBytes(file));
            } catch (NoSuchFileException _) {
                return new TreeMap<>();
            }
        });
    }

    /// Runs the work while no other thread and no other process writes to this registry. Leftovers of crashes
    /// are gone when it begins.
    <T> T exclusively(Work<T> work) {
        WRITING.lock();
        try {
            Files.createDirectories(models);
            try (FileChannel channel = FileChannel.open(
                            models.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                sweep();
                return work.run();
            }
        } catch (IOException e) {
            throw failure("write to the model registry", models, e);
        } finally {
            WRITING.unlock();
        }
    }

    /// Puts a version in its place. Only inside [#exclusively].
    void create(RegisteredModel model, byte[] flatFile) throws IOException {
        Path temporary = Files.createDirectory(models.resolve(TEMPORARY + UUID.randomUUID()));
        write(temporary.resolve(MODEL_FILE), flatFile);
        write(temporary.resolve(DESCRIPTION_FILE), ModelJson.write(model));
        force(temporary);
        Path name = models.resolve(model.version().name());
        Files.createDirectories(name);
        force(models);
        Files.move(
                temporary, folder(model.version().name(), model.version().version()), StandardCopyOption.ATOMIC_MOVE);
        force(name);
    }

    /// Replaces the aliases of a name. Only inside [#exclusively].
    void writeAliases(String name, SortedMap<String, Integer> aliases) throws IOException {
        Path temporary = models.resolve(TEMPORARY + UUID.randomUUID());
        write(temporary, ModelJson.writeAliases(aliases));
        Path folder = models.resolve(name);
        Files.move(
                temporary,
                folder.resolve(ALIASES_FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        force(folder);
    }

    private void sweep() throws IOException {
        for (String child : children(models)) {
            if (child.startsWith(TEMPORARY)) {
                Path leftover = models.resolve(child);
                if (Files.isDirectory(leftover)) {
                    for (String file : children(leftover)) {
                        Files.delete(leftover.resolve(file));
                    }
                }
                Files.delete(leftover);
            }
        }
    }

    private static List<String> children(Path folder) throws IOException {
        List<String> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(entry ->
                    children.add(Objects.requireNonNull(entry.getFileName()).toString()));
        } catch (NoSuchFileException _) {
            return children; // nothing registered yet
        }
        return children;
    }

    private static void write(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static <T> T reading(Path file, Work<T> work) {
        try {
            return work.run();
        } catch (IOException e) {
            throw failure("read", file, e);
        }
    }

    private static FailureException failure(String doing, Path asked, IOException e) {
        Path file =
                e instanceof FileSystemException inner && inner.getFile() != null ? Path.of(inner.getFile()) : asked;
        String reason = switch (e) {
            case AccessDeniedException _ -> "the user that runs Nightshift has no right to";
            case NoSuchFileException _ -> "it is not there";
            case NotDirectoryException _, FileAlreadyExistsException _ -> "a file stands where a folder belongs";
            case ModelJson.Damaged damaged -> "it is damaged: " + damaged.getMessage();
            case FileSystemException system when system.getReason() != null -> system.getReason();
            default -> String.valueOf(e.getMessage());
        };
        String message = "cannot " + doing + ": " + file + ": " + reason;
        boolean isPermanent = e instanceof AccessDeniedException
                || e instanceof NoSuchFileException
                || e instanceof NotDirectoryException
                || e instanceof FileAlreadyExistsException
                || e instanceof ModelJson.Damaged
                || LASTING.contains(reason);
        return new FailureException(isPermanent ? Failure.permanent(message) : Failure.transientFailure(message), e);
    }
}
