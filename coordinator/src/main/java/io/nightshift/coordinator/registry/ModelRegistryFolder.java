package io.nightshift.coordinator.registry;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.filesystem.Digests;
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
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// The registry's files. It writes them so that a crash leaves no incomplete version.
///
/// ```
/// models/.lock                    held by whoever writes, in this process or another
/// models/.new-…                   being written, or left by a crash
/// models/<name>/<version>/        model.nsm, model.json
/// models/<name>/aliases.json
/// ```
///
/// A version appears by one rename. Before the rename, each file and then the folder are forced to disk.
/// After the rename, the parent folder is forced. A crash leaves at most a folder `.new-…`. Only the holder
/// of the lock creates such a folder, so the next holder can delete it. Readers take no lock: they see a
/// complete version or none.
final class ModelRegistryFolder implements ModelRegistryStore {

    private static final String MODEL_FILE = "model.nsm";
    private static final String DESCRIPTION_FILE = "model.json";
    private static final String ALIASES_FILE = "aliases.json";
    private static final String TEMPORARY = ".new-";
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,8}");

    /// Errors of the operating system that stay. Others, such as a full disk, may pass.
    private static final Set<String> LASTING = Set.of("Not a directory", "Read-only file system", "File name too long");

    /// A file lock belongs to the whole process, so the threads of a process take this lock first.
    private static final ReentrantLock WRITING = new ReentrantLock();

    /// File operations, run by [#withLock] or [#reading].
    private interface FileWork<T> {
        T run() throws IOException;
    }

    private final Path models;

    ModelRegistryFolder(Path home) {
        this.models = home.resolve("models");
    }

    private Path folder(String name, int version) {
        return models.resolve(name).resolve(String.valueOf(version));
    }

    @Override
    public String place() {
        return models.toString();
    }

    @Override
    public List<String> names() {
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

    @Override
    public List<Integer> versions(String name) {
        Path folder = models.resolve(name);
        return reading(
                folder,
                () -> children(folder).stream()
                        .filter(child -> VERSION.matcher(child).matches())
                        .map(Integer::valueOf)
                        .sorted()
                        .toList());
    }

    @Override
    public RegisteredModel read(String name, int version) {
        Path file = folder(name, version).resolve(DESCRIPTION_FILE);
        return reading(file, () -> {
            RegisteredModel model = ModelJson.readModel(Files.readAllBytes(file));
            if (!model.version().name().equals(name) || model.version().version() != version) {
                throw new ModelJson.Damaged("it describes " + model.version());
            }
            return model;
        });
    }

    @Override
    public ModelAliases aliases(String name) {
        Path file = models.resolve(name).resolve(ALIASES_FILE);
        return reading(file, () -> {
            try {
                return ModelJson.readAliases(Files.readAllBytes(file));
            } catch (NoSuchFileException _) {
                return ModelAliases.NONE;
            }
        });
    }

    @Override
    public Path file(ModelVersion version) {
        Path file = folder(version.name(), version.version()).resolve(MODEL_FILE);
        String found = reading(file, () -> Digests.sha256(file));
        if (!found.equals(version.sha256())) {
            throw FailureException.permanent("the model " + version + " was changed after it was registered: " + file
                    + " has the SHA-256 " + found + ", not " + version.sha256()
                    + "; put the original file back, or register the model under another name");
        }
        return file;
    }

    @Override
    public <T> T creating(Supplier<T> work) {
        return withLock(work::get);
    }

    /// Runs work while no other thread or process writes to this registry. It first deletes what crashes have
    /// left.
    private <T> T withLock(FileWork<T> work) {
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

    /// Called inside [#creating], so that no other process can have created it.
    @Override
    public boolean create(RegisteredModel model, byte[] flatFile) {
        try {
            write(model, flatFile);
            return true;
        } catch (IOException e) {
            throw failure("write to the model registry", models, e);
        }
    }

    private void write(RegisteredModel model, byte[] flatFile) throws IOException {
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

    @Override
    public void changeAliases(String name, UnaryOperator<ModelAliases> change) {
        withLock(() -> {
            ModelAliases before = aliases(name);
            ModelAliases after = change.apply(before);
            if (!after.equals(before)) {
                writeAliases(name, after);
            }
            return after;
        });
    }

    /// Called inside [#withLock].
    private void writeAliases(String name, ModelAliases aliases) throws IOException {
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
            return children; // nothing is registered yet
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

    private <T> T reading(Path file, FileWork<T> work) {
        try {
            return work.run();
        } catch (NoSuchFileException e) {
            FailureException missing = failure("read", file, e);
            throw Files.isDirectory(models)
                    ? missing
                    : new FailureException(
                            Failure.of(
                                    FailedResource.Type.PLACE,
                                    models.toString(),
                                    missing.failure().message()),
                            e);
        } catch (IOException e) {
            throw failure("read", file, e);
        }
    }

    private static FailureException failure(String doing, Path asked, IOException e) {
        Path file =
                e instanceof FileSystemException inner && inner.getFile() != null ? Path.of(inner.getFile()) : asked;
        String reason = switch (e) {
            case AccessDeniedException _ -> "the user that runs Nightshift has no permission";
            case NoSuchFileException _ -> "it does not exist";
            case NotDirectoryException _, FileAlreadyExistsException _ -> "a file is in the place of a folder";
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
        return new FailureException(
                isPermanent
                        ? Failure.permanent(message)
                        : Failure.of(FailedResource.Type.STORAGE, file.toString(), message),
                e);
    }
}
