package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.lake.LakeDeletes.Keys;
import io.nightshift.source.parquet.KeyScan;
import io.nightshift.source.parquet.TableColumns;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
            keys.find(table, parquet, file.file().values(), each.path(), each.columns(), deleted);
        }
        LiveRows live = new LiveRows(deleted, (int) parquet.rows());
        cache.put(key, live);
        return live;
    }

    /// The live rows of a pinned file.
    ///
    /// @param pin of a file with deletes
    /// @throws FailureException permanent, if the snapshot is gone, or has other deletes
    LiveRows live(LakeTable table, SourceFile pinned, PinnedFile pin) {
        SourceFile parquet = pin.parquet(pinned);
        LiveRows known = cache.live(parquet.path() + "\n" + parquet.tag() + "\n" + pin.deletes());
        if (known != null) {
            return known;
        }
        LakeSnapshot snapshot = table.resolve(pin.snapshot());
        LakeFile file = find(table, snapshot, pinned.path());
        if (file == null || !Objects.requireNonNull(file.deletes()).digest().equals(pin.deletes())) {
            throw FailureException.permanent(
                    "source: the deleted rows of %s in %s are not those that the batch was planned with"
                            .formatted(pinned.path(), pin.snapshot()));
        }
        return live(snapshot.columns(), file, parquet);
    }

    private @Nullable LakeFile find(LakeTable table, LakeSnapshot snapshot, String path) {
        String title = snapshot.columns().title();
        Map<String, LakeFile> known = cache.withDeletes(title, snapshot.pin());
        return (known == null ? cache.put(title, snapshot.pin(), table.files(snapshot, null)) : known).get(path);
    }

    /// The differences between the deletes of a pinned file and those of its snapshot, in words.
    List<String> differences(LakeTable table, String path, PinnedFile pin) {
        try {
            LakeSnapshot snapshot = table.resolve(pin.snapshot());
            LakeFile file = find(table, snapshot, path);
            return file != null
                            && Objects.requireNonNull(file.deletes()).digest().equals(pin.deletes())
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
