package io.nightshift.storage.source.files;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.FileVersion;
import io.nightshift.storage.source.HeldSlices;
import io.nightshift.storage.source.PinComparison;
import io.nightshift.storage.source.PinnedTail;
import io.nightshift.storage.source.SourcePins;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The files that a job's paths name: lists them, pins them, compares them with their pins, and gives queries what
/// they read in place of each. Every call may wait for a disk. Safe for several threads.
public final class SourceFiles implements PinComparison {

    private final FileRoots roots;

    /// @param roots of the files that may be read, listed or mentioned
    public SourceFiles(FileRoots roots) {
        this.roots = roots;
    }

    /// Lists the files that paths name: a file, every file of a kind below a folder, or what a glob matches. Names that
    /// begin with `_` or `.` are skipped in folders. A file with several names is listed once.
    ///
    /// @param kind of the files that a folder is searched for
    /// @return sorted; at least one for each of `paths`, unless another path names the same file
    /// @throws FailureException if a path names nothing, can't be listed, or names something that is not a file
    public List<FileVersion> list(List<String> paths, FileKind kind) {
        SequencedSet<Path> files = new TreeSet<>();
        for (String path : paths) {
            files.addAll(LocalFiles.expand(path, kind, roots));
        }
        return LocalFiles.withoutAliases(files);
    }

    /// As [#list], but without a failure if there is no file yet.
    public List<FileVersion> listOrNone(List<String> paths, FileKind kind) {
        try {
            return list(paths, kind);
        } catch (FailureException e) {
            FailedResource resource = e.failure().resource();
            if (resource != null
                    && resource.type() == FailedResource.Type.INPUT
                    && !LocalFiles.isThere(Path.of(resource.name()))) {
                return List.of();
            }
            throw e;
        }
    }

    /// A file as it is now; null if it is gone.
    public @Nullable FileVersion version(String path) {
        return LocalFiles.version(Path.of(path));
    }

    /// Pins a file as it is now.
    ///
    /// @return with 0 rows; the caller counts them
    /// @throws FailureException if the file can't be read
    public SourceFile pin(FileVersion file) {
        Path path = Path.of(file.path());
        try {
            return SourcePins.pin(path, 0);
        } catch (IOException e) {
            throw SourcePins.unreadable(path, e);
        }
    }

    /// Pins a file as it is now, and reads its end.
    ///
    /// @throws FailureException if the file can't be read
    public PinnedTail pinTail(FileVersion file) {
        Path path = Path.of(file.path());
        try {
            return SourcePins.pinTail(path);
        } catch (IOException e) {
            throw SourcePins.unreadable(path, e);
        }
    }

    /// Checks that this node's jobs may read the files of slices.
    ///
    /// @throws FailureException if a job may not read one of them
    public void requireReadable(List<Slice> slices) {
        slices.forEach(slice -> roots.requireReadable(Path.of(slice.file().path())));
    }

    @Override
    public List<String> differences(SourceFile pinned) throws IOException {
        return PinComparison.FILES.differences(pinned);
    }

    @Override
    public List<String> quickDifferences(SourceFile pinned) throws IOException {
        return PinComparison.FILES.quickDifferences(pinned);
    }

    /// What a query reads in place of a whole file, for an inspection. Waits until an object is copied.
    ///
    /// @throws FailureException if it can't be copied
    public LocalCopy copy(FileVersion file) {
        return LocalCopy.of(Path.of(file.path()));
    }

    /// Holds the whole files of slices, so that [#localPath] finds them until the result is closed.
    ///
    /// @throws FailureException if one can't be copied
    public HeldSlices hold(List<Slice> slices) {
        return HeldSlices.LOCAL;
    }

    /// The local file with the bytes of a pinned file whose slices are held by [#hold].
    public Path localPath(SourceFile pinned) {
        return Path.of(pinned.path());
    }
}
