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
    private static final long MOST_BYTES = 128L << 20;

    private record Snapshot(String title, PinnedSnapshot pin) {}

    private final SequencedMap<Snapshot, Map<String, LakeFile>> files = new LinkedHashMap<>(8, 0.75f, true);
    private final SequencedMap<String, LiveRows> rows = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /// The files of a snapshot that have deletes, by their paths; null if they are not known.
    synchronized @Nullable Map<String, LakeFile> withDeletes(String title, PinnedSnapshot pin) {
        return files.get(new Snapshot(title, pin));
    }

    /// Keeps the files of a snapshot that have deletes.
    ///
    /// @param all files of the snapshot
    /// @return those with deletes, by their paths
    synchronized Map<String, LakeFile> put(String title, PinnedSnapshot pin, List<LakeFile> all) {
        Map<String, LakeFile> found = new HashMap<>();
        for (LakeFile file : all) {
            if (file.deletes() != null) {
                found.put(file.file().path(), file);
            }
        }
        files.put(new Snapshot(title, pin), found);
        while (files.size() > MOST_SNAPSHOTS) {
            files.pollFirstEntry();
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
