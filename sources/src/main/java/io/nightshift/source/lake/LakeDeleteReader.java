package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeCache.FilesWithDeletes;
import io.nightshift.source.lake.LakeDeletes.Keys;
import io.nightshift.source.parquet.KeyScan;
import io.nightshift.source.parquet.TableColumns;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Finds out which rows of data files are deleted. What it has found for the newest files is kept. Safe for
/// several threads.
public final class LakeDeleteReader {

    private final KeyScan keys;
    private final LakeCache cache;

    /// @param keys finds rows by their keys
    /// @param cache of this node
    public LakeDeleteReader(KeyScan keys, LakeCache cache) {
        this.keys = keys;
        this.cache = cache;
    }

    /// The live rows of a file that a plan looks at.
    ///
    /// @param table the columns of its snapshot
    /// @param file with deletes
    /// @param parquet the file, as its own reader pins it
    LiveRows live(TableColumns table, LakeFile file, SourceFile parquet) {
        LakeDeletes deletes = Objects.requireNonNull(file.deletes());
        String key = parquet.path() + "\n" + parquet.tag() + "\n" + deletes.digest();
        LiveRows known = cache.live(key);
        if (known != null) {
            return known;
        }
        if (parquet.rows() > Integer.MAX_VALUE) {
            throw FailureException.permanent(
                    "source: %s has %,d rows and deleted ones among them, which are too many for one file"
                            .formatted(parquet.path(), parquet.rows()));
        }
        BitSet deleted = new BitSet();
        deletes.positions(deleted);
        for (Keys each : deletes.keys()) {
            keys.find(table, parquet, file.file().values(), each.paths(), each.columns(), deleted);
        }
        LiveRows live = new LiveRows(deleted, (int) parquet.rows());
        cache.put(key, live);
        return live;
    }

    /// The live rows of a pinned file. The catalog is asked once for each snapshot.
    ///
    /// @param title the name of the table, with its catalog
    /// @param pin of a file with deletes
    /// @throws FailureException permanent, if the snapshot is gone, or has other deletes
    LiveRows live(String title, LakeTable table, SourceFile pinned, PinnedFile pin) {
        SourceFile parquet = pin.parquet(pinned);
        LiveRows known = cache.live(parquet.path() + "\n" + parquet.tag() + "\n" + pin.deletes());
        if (known != null) {
            return known;
        }
        FilesWithDeletes snapshot = cache.withDeletes(title, pin.snapshot());
        if (snapshot == null) {
            snapshot = cache.put(title, read(table, pin.snapshot()));
        }
        LakeFile file = snapshot.files().get(pinned.path());
        if (!hasDeletes(file, pin)) {
            throw FailureException.permanent(
                    "source: the deleted rows of %s in %s are not those that the batch was planned with"
                            .formatted(pinned.path(), pin.snapshot()));
        }
        return live(snapshot.snapshot().columns(), Objects.requireNonNull(file), parquet);
    }

    private static boolean hasDeletes(@Nullable LakeFile file, PinnedFile pin) {
        return file != null && Objects.requireNonNull(file.deletes()).digest().equals(pin.deletes());
    }

    private static FilesWithDeletes read(LakeTable table, PinnedSnapshot pin) {
        LakeSnapshot snapshot = table.resolve(pin);
        return FilesWithDeletes.of(snapshot, table.files(snapshot, null));
    }

    /// Compares the deletes of pinned files with those of their snapshots, as the catalog has them now. Each
    /// snapshot is read once. Safe for several threads.
    static final class Comparison {
        private final LakeTable table;
        private final Map<PinnedSnapshot, FilesWithDeletes> found = new ConcurrentHashMap<>();

        Comparison(LakeTable table) {
            this.table = table;
        }

        /// The differences, in words.
        List<String> differences(String path, PinnedFile pin) {
            try {
                FilesWithDeletes files = found.computeIfAbsent(pin.snapshot(), absent -> read(table, absent));
                return hasDeletes(files.files().get(path), pin)
                        ? List.of()
                        : List.of("its deleted rows are not those that the batch was planned with");
            } catch (FailureException e) {
                if (!e.failure().isPermanent()) {
                    throw e;
                }
                return List.of(String.valueOf(e.getMessage()));
            }
        }
    }
}
