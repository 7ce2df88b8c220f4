package io.nightshift.api;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of a rollback, with the batches that used the withdrawn version.
///
/// @param change the move of the alias
/// @param batches open and published batches with the withdrawn version, in the order of submission, the
///     newest first; at most 1,000. Batches whose output was removed are left out
/// @param hasMore whether there are more
/// @param problem why the batches are not known, although the alias was moved; null if they are known
public record RollbackResult(
        AliasChange change,
        List<UsedBatch> batches,
        boolean hasMore,
        @Nullable String problem) {

    /// Keeps an unmodifiable copy of the list.
    public RollbackResult {
        batches = List.copyOf(batches);
    }

    /// A batch that used a version of a model.
    ///
    /// @param batch its ID
    /// @param job the name of its job
    /// @param submittedAt when it was submitted
    /// @param published whether it is published; otherwise it is open
    public record UsedBatch(String batch, String job, Instant submittedAt, boolean published) {}
}
