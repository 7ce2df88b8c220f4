package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The body of an HTTP request that controls a batch; the path names the batch and the control.
///
/// @param reason kept in the batch's history when it is paused or cancelled; null for none
/// @param partitions the partitions to score again, as positions in the plan from 0; empty for other controls
public record ControlRequest(@Nullable String reason, List<Integer> partitions) {
    /// Keeps an unmodifiable copy of the list.
    public ControlRequest {
        partitions = List.copyOf(partitions);
    }
}
