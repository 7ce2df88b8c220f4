package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A table of a lake, as its kind supplies it. Every call waits for the catalog and for the table's metadata,
/// may be repeated, and changes nothing. Safe for several threads.
public interface LakeTable {

    /// The snapshot that the job chooses, as it is now.
    ///
    /// @throws FailureException if there is no such table or snapshot, or the catalog can't be reached
    LakeSnapshot resolve();

    /// A snapshot that was resolved before.
    ///
    /// @throws FailureException permanent, if the table has it no longer, or is another table now
    LakeSnapshot resolve(PinnedSnapshot pinned);

    /// The files of a snapshot, without those that a condition rules out by the table's own statistics.
    ///
    /// @param filter holds for every row that the job reads; null for all rows
    /// @return in the order of their paths
    /// @throws FailureException if a file can't be read, or is not Parquet
    List<LakeFile> files(LakeSnapshot snapshot, @Nullable RowFilter filter);
}
