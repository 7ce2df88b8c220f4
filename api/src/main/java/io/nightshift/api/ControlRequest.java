package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The body of an HTTP request that controls a batch; the path names the batch and the control.
///
/// @param reason kept in the batch's history when it is paused, cancelled, approved, deleted or redriven; null for
///     none
/// @param partitions the partitions to score again, as positions in the plan from 0; empty for other controls
/// @param force whether to delete the newest batch, too; false for other controls
/// @param dryRun whether to check a deletion only; false for other controls
/// @param job the text of the job file of a redrive; null for the batch's own job, and for other controls
/// @param where the condition that selects rows of a redrive; null for all rows, and for other controls
public record ControlRequest(
        @Nullable String reason,
        List<Integer> partitions,
        @JsonInclude(Include.NON_DEFAULT) boolean force,
        @JsonInclude(Include.NON_DEFAULT) boolean dryRun,
        @JsonInclude(Include.NON_NULL) @Nullable String job,
        @JsonInclude(Include.NON_NULL) @Nullable String where) {
    /// Keeps an unmodifiable copy of the list.
    public ControlRequest {
        partitions = List.copyOf(partitions);
    }

    /// The body of a control that is neither a deletion nor a redrive.
    ///
    /// @param reason as above
    /// @param partitions as above
    public ControlRequest(@Nullable String reason, List<Integer> partitions) {
        this(reason, partitions, false, false, null, null);
    }
}
