package io.nightshift.protocol.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What may go with a control.
///
/// @param reason for the history, of a pause or a cancellation; null: none
/// @param partitions positions in the plan, of a rescoring
public record ControlRequest(@Nullable String reason, List<Integer> partitions) {
    public ControlRequest {
        partitions = List.copyOf(partitions);
    }
}
