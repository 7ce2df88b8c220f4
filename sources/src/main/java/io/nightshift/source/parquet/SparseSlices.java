package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.CompactReader.BrokenException;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.StoredObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;

/// Slices of Parquet objects, as local files that hold the footer and the column chunks that a query reads,
/// each at its own place. The rest of such a file is a hole.
///
/// DuckDB can't read a hole without noticing: the chunks here are whole or missing, a missing chunk begins
/// with zeros where its first page's header belongs, and a zero ends a header before the fields that each
/// page needs. Before a query runs, this class computes from the footer which bytes the query reads, and
/// fetches what is missing of them.
///
/// A copy is for one slice, so that it is deleted as soon as its partition is done. Safe for several threads.
public final class SparseSlices {

    private final SourceFiles files;
    private final ObjectCopies copies;
    private final Map<String, FetchControl> controls = new ConcurrentHashMap<>();

    /// @param files that jobs may read
    public SparseSlices(SourceFiles files) {
        this.files = files;
        this.copies = files.copies();
    }

    private static String part(Slice slice) {
        return "rows " + slice.firstRow() + "-" + slice.endRow();
    }

    private static String key(Slice slice) {
        return slice.file().path() + " " + slice.file().tag() + " " + part(slice);
    }

    /// The file that a query reads in place of a slice that is held.
    Path local(Slice slice) {
        return SourceFiles.isObject(slice.file())
                ? files.localPath(slice.file(), part(slice))
                : Path.of(slice.file().path());
    }

    /// Holds slices, with the footers of their objects. What else is needed is fetched by [#fetch].
    ///
    /// @throws FailureException if a footer can't be fetched
    HeldSlices hold(List<Slice> slices, FetchControl control) {
        List<Slice> objects = slices.stream()
                .filter(slice -> SourceFiles.isObject(slice.file()))
                .toList();
        return objects.isEmpty() ? HeldSlices.LOCAL : new Held(objects, control);
    }

    private final class Held implements HeldSlices {
        private final List<Slice> slices;
        private final FetchControl control;
        private final List<ObjectCopies.Use> uses = new ArrayList<>();

        Held(List<Slice> slices, FetchControl control) {
            this.slices = slices;
            this.control = control;
            try {
                for (Slice slice : slices) {
                    uses.add(open(slice, control));
                    controls.put(key(slice), control);
                }
            } catch (RuntimeException e) {
                close();
                throw e;
            }
        }

        @Override
        public void requireAllColumns() {
            for (int i = 0; i < slices.size(); i++) {
                Slice slice = slices.get(i);
                List<ByteRange> needed =
                        chunks(slice.file(), control).of(slice.firstRow(), slice.endRow(), column -> true, true);
                uses.get(i).copy().fetch(needed, control);
            }
        }

        @Override
        public void close() {
            slices.forEach(slice -> controls.remove(key(slice), control));
            uses.forEach(ObjectCopies.Use::close);
        }
    }

    /// A copy with the object's footer.
    private ObjectCopies.Use open(Slice slice, FetchControl control) {
        StoredObject object = SourceFiles.object(slice.file());
        byte[] tail = copies.tail(object, control);
        ObjectCopies.Use use = copies.use(object, part(slice));
        try {
            use.copy().put(object.bytes() - tail.length, tail);
            return use;
        } catch (RuntimeException e) {
            use.close();
            throw e;
        }
    }

    /// Fetches what a query reads of slices that are held, if it isn't here. Waits for the network.
    ///
    /// @param columns which of a file's own columns are read, by its pin and these
    /// @param isFiltered whether the query may compare a column with a value
    /// @throws FailureException if it can't be fetched, or the object was replaced
    void fetch(List<Slice> slices, ReadColumns columns, boolean isFiltered) {
        for (Slice slice : slices) {
            if (SourceFiles.isObject(slice.file())) {
                FetchControl control = controls.getOrDefault(key(slice), FetchControl.NONE);
                ObjectCopies.Use use = copies.use(SourceFiles.object(slice.file()), part(slice));
                try {
                    use.copy().fetch(needed(slice, columns, isFiltered, control), control);
                } finally {
                    use.close();
                }
            }
        }
    }

    /// Which of a file's own columns a query reads.
    @FunctionalInterface
    interface ReadColumns {
        Set<String> of(SourceFile file, Set<String> own);
    }

    private List<ByteRange> needed(Slice slice, ReadColumns columns, boolean isFiltered, FetchControl control) {
        ParquetChunks chunks = chunks(slice.file(), control);
        Predicate<String> isRead = columns.of(slice.file(), chunks.columns())::contains;
        return chunks.of(slice.firstRow(), slice.endRow(), isRead, isFiltered);
    }

    private ParquetChunks chunks(SourceFile file, FetchControl control) {
        StoredObject object = SourceFiles.object(file);
        try {
            return ParquetChunks.parse(copies.tail(object, control), object.bytes());
        } catch (BrokenException e) {
            throw ParquetFiles.broken(file.path(), String.valueOf(e.getMessage()));
        }
    }

    /// Fetches slices that will be held soon, unless there is no room for them. Waits for the network.
    ///
    /// @throws FailureException if they can't be fetched
    void fetchAhead(List<Slice> slices, ReadColumns columns, boolean isFiltered) {
        for (Slice slice : slices) {
            if (SourceFiles.isObject(slice.file())) {
                fetchAhead(slice, columns, isFiltered);
            }
        }
    }

    private void fetchAhead(Slice slice, ReadColumns columns, boolean isFiltered) {
        List<ByteRange> needed = needed(slice, columns, isFiltered, FetchControl.NONE);
        if (copies.hasRoom(needed.stream().mapToLong(ByteRange::length).sum())) {
            ObjectCopies.Use use = open(slice, FetchControl.NONE);
            try {
                use.copy().fetch(needed, FetchControl.NONE);
            } finally {
                use.closeAndKeep();
            }
        }
    }

    /// The bytes of the columns that a job reads in a whole file, for a plan.
    long bytes(SourceFile file, Function<Set<String>, Set<String>> columns) {
        ParquetChunks chunks = chunks(file, FetchControl.NONE);
        Set<String> read = columns.apply(chunks.columns());
        return chunks.of(0, file.rows(), read::contains, false).stream()
                .mapToLong(ByteRange::length)
                .sum();
    }
}
