package io.nightshift.source.lake;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// The deletes that a node has read of snapshots, so that the partitions of a file, and the files of a
/// snapshot, read them once. Safe for several threads.
public final class LakeCache {

    private static final int MOST_SNAPSHOTS = 4;
    private static final long MOST_BYTES =
            Math.min(128L << 20, Runtime.getRuntime().maxMemory() / 8);

    private record Snapshot(String title, PinnedSnapshot pin) {}

    private final SequencedMap<Snapshot, FilesWithDeletes> snapshots = new LinkedHashMap<>(8, 0.75f, true);
    private final SequencedMap<String, LiveRows> rows = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /// A snapshot with those of its files that have deletes.
    ///
    /// @param files by their paths
    record FilesWithDeletes(LakeSnapshot snapshot, Map<String, LakeFile> files) {

        /// @param all files of the snapshot
        static FilesWithDeletes of(LakeSnapshot snapshot, List<LakeFile> all) {
            Map<String, LakeFile> found = new HashMap<>();
            for (LakeFile file : all) {
                if (file.deletes() != null) {
                    found.put(file.file().path(), file);
                }
            }
            return new FilesWithDeletes(snapshot, found);
        }
    }

    /// A snapshot with its files; null if it is not known.
    ///
    /// @param title the name of the table, with its catalog
    synchronized @Nullable FilesWithDeletes withDeletes(String title, PinnedSnapshot pin) {
        return snapshots.get(new Snapshot(title, pin));
    }

    /// Keeps a snapshot with its files.
    ///
    /// @return the same
    synchronized FilesWithDeletes put(String title, FilesWithDeletes found) {
        snapshots.put(new Snapshot(title, found.snapshot().pin()), found);
        while (snapshots.size() > MOST_SNAPSHOTS) {
            snapshots.pollFirstEntry();
        }
        return found;
    }

    /// The live rows of a file; null if they are not known.
    ///
    /// @param key of the file and its deletes
    synchronized @Nullable LiveRows live(String key) {
        return rows.get(key);
    }

    /// Keeps the live rows of a file.
    synchronized void put(String key, LiveRows live) {
        LiveRows before = rows.put(key, live);
        bytes += live.bytes() - (before == null ? 0 : before.bytes());
        while (bytes > MOST_BYTES && rows.size() > 1) {
            bytes -= Objects.requireNonNull(rows.pollFirstEntry()).getValue().bytes();
        }
    }
}
