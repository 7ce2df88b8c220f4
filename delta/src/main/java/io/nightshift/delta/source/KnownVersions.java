package io.nightshift.delta.source;

import io.delta.kernel.internal.SnapshotImpl;
import io.nightshift.delta.TableFiles;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// The versions that this process has loaded, so that the files of a batch load their version once. Safe for
/// several threads.
final class KnownVersions {

    private static final int MOST = 16;

    private record Key(String root, long version) {}

    /// @param commit the file of its commit, which another table in the same folder would have written again
    private record Version(SnapshotImpl snapshot, TableFiles.Entry commit) {}

    /// How much a version has.
    ///
    /// @param rows deleted ones included; -1 if the log does not say
    record Counts(long files, long rows) {}

    private final SequencedMap<Key, Version> versions = new LinkedHashMap<>(32, 0.75f, true);
    private final SequencedMap<SnapshotKey, Counts> counts = new LinkedHashMap<>(32, 0.75f, true);

    private record SnapshotKey(String table, long version) {}

    /// A version, if it is known and its commit is still the same.
    synchronized @Nullable SnapshotImpl get(String root, long version, TableFiles.@Nullable Entry commit) {
        Version known = versions.get(new Key(root, version));
        return known == null || !known.commit().equals(commit) ? null : known.snapshot();
    }

    /// Keeps a version.
    ///
    /// @param commit null if its commit is in a checkpoint only; then it is not kept
    synchronized void put(String root, SnapshotImpl snapshot, TableFiles.@Nullable Entry commit) {
        if (commit != null) {
            versions.put(new Key(root, snapshot.getVersion()), new Version(snapshot, commit));
        }
        while (versions.size() > MOST) {
            versions.pollFirstEntry();
        }
    }

    /// How much a version of a table has; null if nobody has counted.
    ///
    /// @param table its ID
    synchronized @Nullable Counts counts(String table, long version) {
        return counts.get(new SnapshotKey(table, version));
    }

    synchronized void put(String table, long version, Counts counted) {
        counts.put(new SnapshotKey(table, version), counted);
        while (counts.size() > MOST) {
            counts.pollFirstEntry();
        }
    }
}
