package io.nightshift.storage.filesystem;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The folders that jobs may use on this node: `files.read` and `files.write` of its configuration.
///
/// A path is allowed if it lies in one of the folders as it is written, and again after its links are
/// resolved. A path that lies outside as it is written is refused without a look at the disk. Every refusal
/// is the same sentence, so it does not tell whether the file exists.
///
/// Every process checks a path when it opens it, not only when the job is submitted: another process may
/// have replaced a folder by a link in between. Safe for several threads.
public final class FileRoots {

    /// Every file that this process may open. For a job that a person runs on their own files.
    public static final FileRoots UNRESTRICTED = new FileRoots(null, null, List.of());

    private final @Nullable List<Path> read;
    private final @Nullable List<Path> write;
    private final List<Path> own;

    private FileRoots(@Nullable List<Path> read, @Nullable List<Path> write, List<Path> own) {
        this.read = read;
        this.write = write;
        this.own = own;
    }

    /// The same roots for jobs, and a folder of the process's own that its DuckDB may open, too.
    public FileRoots withOwn(Path folder) {
        return new FileRoots(read, write, absolute(List.of(folder)));
    }

    /// Only these folders and what they contain; an empty collection allows nothing.
    ///
    /// @param read folders of sources and model files
    /// @param write folders of destinations, which may be read, too
    public static FileRoots only(Collection<Path> read, Collection<Path> write) {
        return new FileRoots(absolute(read), absolute(write), List.of());
    }

    /// As [#only], but an empty collection allows everything.
    public static FileRoots onlyIfAny(Collection<Path> read, Collection<Path> write) {
        return new FileRoots(
                read.isEmpty() ? null : absolute(read), write.isEmpty() ? null : absolute(write), List.of());
    }

    private static List<Path> absolute(Collection<Path> folders) {
        return folders.stream()
                .map(folder -> folder.toAbsolutePath().normalize())
                .toList();
    }

    /// Whether there is a folder that jobs may not read.
    public boolean limitsReading() {
        return read != null;
    }

    /// @param path of a source or a model file
    /// @throws FailureException permanent, if a job may not read it
    public void requireReadable(Path path) {
        refuse(refusal(path, read, "read"));
    }

    /// @param path of a destination, or in one
    /// @throws FailureException permanent, if a job may not write it
    public void requireWritable(Path path) {
        refuse(writeRefusal(path));
    }

    /// Why a job may not write a path.
    public Optional<String> writeRefusal(Path path) {
        return refusal(path, write, "write");
    }

    /// All folders and files that DuckDB may open, as they are written and with their links resolved; nothing if
    /// reading or writing is unrestricted.
    public Optional<List<Path>> all() {
        return read == null || write == null
                ? Optional.empty()
                : Optional.of(Stream.of(read, write, own)
                        .flatMap(List::stream)
                        .flatMap(folder -> Stream.concat(Stream.of(folder), resolved(folder).stream()))
                        .distinct()
                        .toList());
    }

    private static void refuse(Optional<String> refusal) {
        refusal.ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
    }

    private static Optional<String> refusal(Path path, @Nullable List<Path> roots, String verb) {
        return roots == null || contain(roots, path)
                ? Optional.empty()
                : Optional.of("%s is outside the folders that jobs may %s on this node (nightshift.files.%s)"
                        .formatted(path, verb, verb));
    }

    private static boolean contain(List<Path> roots, Path path) {
        Path absolute = path.toAbsolutePath();
        if (roots.stream().noneMatch(absolute.normalize()::startsWith)) {
            return false;
        }
        return resolved(absolute)
                .filter(real ->
                        roots.stream().flatMap(root -> resolved(root).stream()).anyMatch(real::startsWith))
                .isPresent();
    }

    /// The path with its links resolved. What doesn't exist yet stays as it is written. Nothing if a link
    /// on the way leads to what can't be resolved.
    private static Optional<Path> resolved(Path path) {
        List<Path> missing = new ArrayList<>();
        for (Path existing = path; existing != null; existing = existing.getParent()) {
            try {
                Path real = existing.toRealPath();
                for (Path name : missing.reversed()) {
                    real = real.resolve(name);
                }
                return Optional.of(real.normalize());
            } catch (IOException e) {
                if (Files.isSymbolicLink(existing)) {
                    return Optional.empty();
                }
                if (existing.getFileName() != null) {
                    missing.add(existing.getFileName());
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return "read %s, write %s".formatted(read == null ? "everything" : read, write == null ? "everything" : write);
    }
}
