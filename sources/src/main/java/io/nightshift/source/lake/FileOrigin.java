package io.nightshift.source.lake;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A data file of a snapshot, with what its table says of where it comes from.
///
/// @param path where it is
/// @param rows deleted ones included; -1 if the table does not say
/// @param hasDeletes whether rows of it are deleted
/// @param batch the value of the partition column `batch_id`; null if it has none
/// @param tags that the file itself has; null if the kind of table has no tags of files
/// @param added when the file was added, as its own entry says; null if it does not say
/// @param commit that added it; null if the table does not have it any more
public record FileOrigin(
        String path,
        long rows,
        boolean hasDeletes,
        @Nullable String batch,
        @Nullable Map<String, String> tags,
        @Nullable Instant added,
        @Nullable LakeCommit commit) {

    /// The partition column of the tables that Nightshift writes.
    public static final String BATCH = "batch_id";
}
