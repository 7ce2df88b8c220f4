package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A table of a lake, as its kind supplies it. Every call waits for the catalog and for the table's metadata,
/// and may be repeated. Only holds change something. Safe for several threads.
public interface LakeTable {

    /// The snapshot that the job chooses, as it is now.
    ///
    /// @throws FailureException if there is no such table or snapshot, or the catalog can't be reached
    LakeSnapshot resolve();

    /// Looks for a snapshot that was resolved before.
    ///
    /// @throws FailureException if there is no such table, or the catalog can't be reached
    KnownSnapshot find(PinnedSnapshot pinned);

    /// A snapshot that was resolved before.
    ///
    /// @throws FailureException permanent, if the table has it no longer, or is another table now
    default LakeSnapshot resolve(PinnedSnapshot pinned) {
        return switch (find(pinned)) {
            case KnownSnapshot.There there -> there.snapshot();
            case KnownSnapshot.Expired expired ->
                throw FailureException.permanent("source: %s. %s".formatted(expired.reason(), expired.advice()));
            case KnownSnapshot.OtherTable other ->
                throw FailureException.permanent("source: %s. Start over with --new".formatted(other.reason()));
        };
    }

    /// A snapshot with the numbers of its files and rows, if the table has them. May read all of its metadata.
    default LakeSnapshot counted(LakeSnapshot snapshot) {
        return snapshot;
    }

    /// Why a file of a snapshot is gone, and what to do, as sentences without the last full stop.
    String gone(PinnedSnapshot pinned);

    /// The files of a snapshot, without those that a condition rules out by the table's own statistics.
    ///
    /// @param filter holds for every row that the job reads; null for all rows
    /// @return in the order of their paths
    /// @throws FailureException if a file can't be read, or is not Parquet
    List<LakeFile> files(LakeSnapshot snapshot, @Nullable RowFilter filter);

    /// Visits the data files of the snapshot that the job chooses, with what the table's metadata says of where
    /// each comes from. Reads all of the metadata, and no data file.
    ///
    /// @throws FailureException if there is no such table or snapshot, or the catalog can't be reached
    LakeHistory trace(Consumer<FileOrigin> visitor);

    /// Holds a snapshot in the table itself, so that nobody expires it until [#letGo], or until a time that is
    /// longer than most batches run. If the name holds another snapshot, that one is let go.
    ///
    /// @param name of the hold
    /// @throws FailureException if this can't be done, for example without the right to write to the table
    default void hold(String name, PinnedSnapshot pinned) {}

    /// Ends a hold, if there is one of this name.
    ///
    /// @throws FailureException if this can't be done
    default void letGo(String name) {}
}
