package io.nightshift.source.lake;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A commit, as the metadata of its table has it.
///
/// @param snapshot the ID of the snapshot or version that it made
/// @param at when it was made
/// @param operation what it did, in the words of the kind of table
/// @param program that made it; null if the table does not say
/// @param properties that the program has left
public record LakeCommit(
        String snapshot,
        Instant at,
        String operation,
        @Nullable String program,
        Map<String, String> properties) {

    public LakeCommit {
        properties = Map.copyOf(properties);
    }
}
