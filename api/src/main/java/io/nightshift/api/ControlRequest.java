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

    /// The body that says nothing but a reason.
    ///
    /// @param reason as above
    public static ControlRequest because(@Nullable String reason) {
        return new ControlRequest(reason, List.of(), false, false, null, null);
    }

    /// The body of a control.
    public static ControlRequest of(BatchControl control) {
        return switch (control) {
            case BatchControl.Pause(String reason) -> because(reason);
            case BatchControl.Cancel(String reason) -> because(reason);
            case BatchControl.Rescore(List<Integer> partitions) ->
                new ControlRequest(null, partitions, false, false, null, null);
            case BatchControl.Resume resume -> because(null);
            case BatchControl.Retry retry -> because(null);
            case BatchControl.IgnoreWindow ignore -> because(null);
            case BatchControl.Approve(String reason) -> because(reason);
            case BatchControl.Delete(String reason, boolean force, boolean dryRun) ->
                new ControlRequest(reason, List.of(), force, dryRun, null, null);
            case BatchControl.Redrive(String job, String where, String reason) ->
                new ControlRequest(reason, List.of(), false, false, job, where);
        };
    }

    /// The control with this body.
    ///
    /// @param verb as [BatchControl#verb]
    /// @throws IllegalArgumentException if there is no such control
    public BatchControl control(String verb) {
        String text = reason == null ? "" : reason;
        return switch (verb) {
            case "pause" -> new BatchControl.Pause(text);
            case "resume" -> new BatchControl.Resume();
            case "cancel" -> new BatchControl.Cancel(text);
            case "retry" -> new BatchControl.Retry();
            case "rescore" -> new BatchControl.Rescore(partitions);
            case "ignore-window" -> new BatchControl.IgnoreWindow();
            case "approve" -> new BatchControl.Approve(text);
            case "delete" -> new BatchControl.Delete(text, force, dryRun);
            case "redrive" -> new BatchControl.Redrive(job, where, text);
            default -> throw new IllegalArgumentException("there is no control " + verb);
        };
    }
}
