package io.nightshift.source.files;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.FileSelection;
import io.nightshift.source.FileVersion;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.Lookahead;
import io.nightshift.source.PinComparison;
import io.nightshift.source.PinnedTail;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The files that a job's paths name, on the node's disks and in object stores: lists them, pins them,
/// compares them with their pins, and gives queries what they read in place of each. Every call may wait for
/// a disk or the network. Safe for several threads.
///
/// The pin of an object is its ETag. It is sent with every request for the object's bytes, so what was read
/// under a pin is the pinned object, whatever happens to it later.
public final class SourceFiles implements PinComparison {

    /// The length of the magic at each end of a Parquet file.
    private static final int MAGIC = 4;

    private final FileRoots roots;
    private final ObjectCopies copies;
    private final FileSelection selection;

    /// @param roots of the files that may be read, listed or mentioned
    /// @param copies of objects on this node, from the stores that jobs may read
    public SourceFiles(FileRoots roots, ObjectCopies copies) {
        this(roots, copies, FileSelection.ALL);
    }

    private SourceFiles(FileRoots roots, ObjectCopies copies, FileSelection selection) {
        this.roots = roots;
        this.copies = copies;
        this.selection = selection;
    }

    /// The same, but [#list] returns what a selection chooses.
    public SourceFiles selecting(FileSelection chosen) {
        return new SourceFiles(roots, copies, chosen);
    }

    /// Files on the node's disks only.
    ///
    /// @param roots of the files that may be read, listed or mentioned
    public SourceFiles(FileRoots roots) {
        this(roots, ObjectCopies.none());
    }

    /// The files that may be read, listed or mentioned.
    public FileRoots roots() {
        return roots;
    }

    /// The copies of objects on this node.
    public ObjectCopies copies() {
        return copies;
    }

    /// Lists the files that paths name: a file, every file of a kind below a folder, or what a glob matches.
    /// Names that begin with `_` or `.` are skipped in folders. A file with several names is listed once.
    ///
    /// @param kind of the files that a folder is searched for
    /// @return sorted; at least one for each of `paths`, unless another path names the same file
    /// @throws FailureException if a path names nothing, can't be listed, or names something that is not a
    ///     file
    public List<FileVersion> list(List<String> paths, FileKind kind) {
        return list(paths, kind, FolderFilter.ALL);
    }

    /// As [#list(List, FileKind)], without the objects in folders that a filter rules out. Their lists are
    /// not asked for. If nothing remains for an address, its first object does. A filter makes no difference
    /// to local files.
    public List<FileVersion> list(List<String> paths, FileKind kind, FolderFilter filter) {
        Listing listing = new Listing();
        paths.forEach(path -> listing.add(path, kind, filter));
        return listing.selected();
    }

    /// The files that some paths name.
    private final class Listing {
        private final SequencedSet<Path> files = new TreeSet<>();
        private final Map<String, FileVersion> objects = new TreeMap<>();

        void add(String path, FileKind kind, FolderFilter filter) {
            if (ObjectAddress.isAddress(path)) {
                for (StoredObject object : NamedObjects.expand(path, kind, copies.stores(), filter)) {
                    objects.put(object.address().toString(), version(object));
                }
            } else {
                files.addAll(LocalFiles.expand(path, kind, roots));
            }
        }

        boolean isEmpty() {
            return files.isEmpty() && objects.isEmpty();
        }

        List<FileVersion> selected() {
            List<FileVersion> listed = new ArrayList<>(LocalFiles.withoutAliases(files));
            listed.addAll(objects.values());
            return selection.select(listed);
        }
    }

    /// As [#list], but without a failure for a path that names no file yet. [#volumes] says whether its folder
    /// is there.
    public List<FileVersion> listOrNone(List<String> paths, FileKind kind) {
        Listing listing = new Listing();
        for (String path : paths) {
            try {
                listing.add(path, kind, FolderFilter.ALL);
            } catch (FailureException e) {
                if (!namesNothing(e)) {
                    throw e;
                }
            }
        }
        return listing.isEmpty() ? List.of() : listing.selected();
    }

    private static boolean namesNothing(FailureException e) {
        FailedResource resource = e.failure().resource();
        return resource != null
                && resource.type() == FailedResource.Type.INPUT
                && (e.getCause() == null || !ObjectAddress.isAddress(resource.name()))
                && !LocalFiles.isThere(Path.of(resource.name()));
    }

    /// The file systems that hold the folders of local paths, in their order; an empty text for a folder that
    /// is not there. If a folder's file system is not mounted, the folder is missing, or is on the file system
    /// of its parent.
    ///
    /// @param kind of the files; a path with a name of this kind is a file, any other one a folder
    public static List<String> volumes(List<String> paths, FileKind kind) {
        return paths.stream()
                .filter(path -> !ObjectAddress.isAddress(path))
                .map(path -> LocalFiles.volume(path, kind))
                .toList();
    }

    /// A file as it is now; null if it is gone.
    public @Nullable FileVersion version(String path) {
        if (ObjectAddress.isAddress(path)) {
            ObjectAddress address = ObjectAddress.of(path);
            StoredObject found = copies.stores().of(address).find(address);
            return found == null ? null : version(found);
        }
        return LocalFiles.version(Path.of(path));
    }

    private static FileVersion version(StoredObject object) {
        return new FileVersion(
                object.address().toString(), object.bytes(), FileTime.from(object.modified()), object.tag());
    }

    private static StoredObject object(FileVersion file) {
        return new StoredObject(
                ObjectAddress.of(file.path()),
                file.bytes(),
                file.modified().toInstant(),
                Objects.requireNonNull(file.tag()));
    }

    /// A pinned object, as its store knows it.
    ///
    /// @param pinned of an object
    public static StoredObject object(SourceFile pinned) {
        return new StoredObject(ObjectAddress.of(pinned.path()), pinned.bytes(), pinned.modified(), pinned.tag());
    }

    /// Whether a pinned file is an object.
    public static boolean isObject(SourceFile pinned) {
        return ObjectAddress.isAddress(pinned.path());
    }

    /// Whether a file is an object.
    ///
    /// @param path an absolute path, or the address of an object
    public static boolean isObject(String path) {
        return ObjectAddress.isAddress(path);
    }

    /// Pins a file as it is now.
    ///
    /// @return with 0 rows; the caller counts them
    /// @throws FailureException if the file can't be read
    public SourceFile pin(FileVersion file) {
        if (file.tag() != null) {
            return new SourceFile(file.path(), file.bytes(), file.modified().toInstant(), 0, file.tag());
        }
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
        if (file.tag() != null) {
            byte[] tail = copies.tail(object(file), FetchControl.NONE);
            // The magic of a Parquet file is at both ends, and one request is enough.
            byte[] head = Arrays.copyOfRange(tail, Math.max(0, tail.length - MAGIC), tail.length);
            return new PinnedTail(pin(file), head, tail);
        }
        Path path = Path.of(file.path());
        try {
            return SourcePins.pinTail(path);
        } catch (IOException e) {
            throw SourcePins.unreadable(path, e);
        }
    }

    /// Pins files as they are now, and reads their ends, in order. The ends of objects are fetched some at a
    /// time.
    public Lookahead<FileVersion, PinnedTail> pinTails(List<FileVersion> listed) {
        return new Lookahead<>(listed, file -> file.tag() != null, this::pinTail);
    }

    /// A file of which a query reads the end only.
    public LocalCopy tailCopy(FileVersion file) {
        if (file.tag() == null) {
            return LocalCopy.of(Path.of(file.path()));
        }
        StoredObject object = object(file);
        byte[] tail = copies.tail(object, FetchControl.NONE);
        ObjectCopies.Use use = copies.use(object, "footer");
        use.copy().put(object.bytes() - tail.length, tail);
        return local(use, use::close);
    }

    /// Checks that this node's jobs may read the files of slices.
    ///
    /// @throws FailureException if a job may not read one of them
    public void requireReadable(List<Slice> slices) {
        slices.forEach(slice -> requireReadable(slice.file().path()));
    }

    /// Checks that this node's jobs may read a file.
    ///
    /// @param path an absolute path, or the address of an object
    /// @throws FailureException if they may not
    public void requireReadable(String path) {
        if (ObjectAddress.isAddress(path)) {
            copies.stores().requireReadable(ObjectAddress.of(path));
        } else {
            roots.requireReadable(Path.of(path));
        }
    }

    @Override
    public List<String> differences(SourceFile pinned) throws IOException {
        if (!isObject(pinned)) {
            return PinComparison.FILES.differences(pinned);
        }
        FileVersion now;
        try {
            now = version(pinned.path());
        } catch (FailureException e) {
            throw new IOException(e.getMessage(), e);
        }
        return now == null ? SourcePins.GONE : differences(pinned, now);
    }

    private static List<String> differences(SourceFile pinned, FileVersion now) {
        List<String> differences = new ArrayList<>();
        if (now.bytes() != pinned.bytes()) {
            differences.add(
                    String.format(Locale.ROOT, "its length was %,d bytes and is %,d", pinned.bytes(), now.bytes()));
        }
        if (!pinned.tag().equals(now.tag())) {
            differences.add("its ETag was %s and is %s".formatted(pinned.tag(), now.tag()));
        }
        return differences;
    }

    /// Requests for an object's bytes compare it with its pin.
    @Override
    public List<String> quickDifferences(SourceFile pinned) throws IOException {
        return isObject(pinned) ? List.of() : PinComparison.FILES.quickDifferences(pinned);
    }

    @Override
    public List<String> differencesAfterReading(SourceFile pinned) throws IOException {
        return isObject(pinned) ? List.of() : PinComparison.FILES.differences(pinned);
    }

    @Override
    public boolean waitsForNetwork(SourceFile pinned) {
        return isObject(pinned);
    }

    /// The local file that a query reads in place of a whole file, for an inspection. Waits until an object is
    /// copied.
    ///
    /// @throws FailureException if it can't be copied
    public LocalCopy copy(FileVersion file) {
        if (file.tag() == null) {
            return LocalCopy.of(Path.of(file.path()));
        }
        ObjectCopies.Use use = copies.whole(object(file), FetchControl.NONE);
        return local(use, use::closeAndKeep);
    }

    private static LocalCopy local(ObjectCopies.Use use, Runnable closing) {
        return new LocalCopy() {
            @Override
            public Path path() {
                return use.copy().file();
            }

            @Override
            public void close() {
                closing.run();
            }
        };
    }

    /// Holds the whole files of slices, so that [#localPath(SourceFile)] finds them until the result is
    /// closed.
    ///
    /// @throws FailureException if one can't be copied
    public HeldSlices hold(List<Slice> slices) {
        return hold(slices, FetchControl.NONE);
    }

    /// As [#hold(List)], for a caller that may be cancelled.
    public HeldSlices hold(List<Slice> slices, FetchControl control) {
        List<SourceFile> objects = slices.stream()
                .map(Slice::file)
                .filter(SourceFiles::isObject)
                .distinct()
                .toList();
        if (objects.isEmpty()) {
            return HeldSlices.LOCAL;
        }
        List<ObjectCopies.Use> uses = new ArrayList<>();
        try {
            for (SourceFile object : objects) {
                uses.add(copies.whole(object(object), control));
            }
            return new WholeCopies(uses);
        } catch (RuntimeException e) {
            uses.forEach(ObjectCopies.Use::closeAndKeep);
            throw e;
        }
    }

    /// The local file with the bytes of a pinned file whose slices are held by [#hold(List)].
    public Path localPath(SourceFile pinned) {
        return isObject(pinned) ? localPath(pinned, "") : Path.of(pinned.path());
    }

    /// The copy of a part of a pinned object, which is in use.
    ///
    /// @param part by which [ObjectCopies] knows it
    public Path localPath(SourceFile pinned, String part) {
        ObjectCopy copy = copies.inUse(pinned.path(), pinned.tag(), part);
        if (copy == null) {
            throw new IllegalStateException("%s is read without being held".formatted(pinned.path()));
        }
        return copy.file();
    }
}
