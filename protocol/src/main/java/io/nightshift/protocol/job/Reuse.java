package io.nightshift.protocol.job;

import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// A batch reuses the plan of a published batch of its run, and the parts of the partitions that are not scored
/// again.
///
/// @param batch the ID of the published batch
/// @param partitions the partitions to score again: positions in the plan, from 0, sorted, each once; empty if
///     `model` selects them, or all are scored again
/// @param model SHA-256 of the model whose partitions are scored again, 64 hexadecimal digits; null if
///     `partitions` selects them, or all are scored again
public record Reuse(
        String batch, List<Integer> partitions, @Nullable String model) {

    /// Sorts the partitions.
    public Reuse {
        partitions = List.copyOf(new TreeSet<>(partitions));
    }

    /// Whether the partition is scored again.
    ///
    /// @param partition its position in the plan
    /// @param scoredBy SHA-256 of the model that has scored it
    public boolean isRescored(int partition, String scoredBy) {
        return model != null
                ? model.equals(scoredBy)
                : partitions.isEmpty() || Collections.binarySearch(partitions, partition) >= 0;
    }
}
