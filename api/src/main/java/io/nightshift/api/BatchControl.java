package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// An operator's request to change the course of a batch. Repeating one changes nothing more.
public sealed interface BatchControl {

    /// Stops leasing partitions until the batch is resumed. Attempts in flight continue and may commit.
    ///
    /// @param reason kept in the batch's history; at most 1,000 characters, may be empty
    record Pause(String reason) implements BatchControl {}

    /// Resumes a paused batch.
    record Resume() implements BatchControl {}

    /// Cancels the batch for good. Refused once readers see the batch.
    ///
    /// @param reason kept in the batch's history; at most 1,000 characters, may be empty
    record Cancel(String reason) implements BatchControl {}

    /// Retries a failed batch from what is committed, or the partitions of a running batch that have failed
    /// too often.
    record Retry() implements BatchControl {}

    /// Scores committed partitions again. Refused once the batch is being published.
    ///
    /// @param partitions positions in the plan, from 0; 1 to 10,000 of them
    record Rescore(List<Integer> partitions) implements BatchControl {
        /// Keeps an unmodifiable copy of the list.
        public Rescore {
            partitions = List.copyOf(partitions);
        }
    }

    /// Lets the batch score outside its job's window, until it ends.
    record IgnoreWindow() implements BatchControl {}

    /// Publishes a batch that is held because a check of its job has failed.
    ///
    /// @param reason kept in the batch's history; at most 1,000 characters, may be empty
    record Approve(String reason) implements BatchControl {}

    /// Deletes the output of a published batch. Its ledger stays. Refused for the newest published batch of
    /// its job at its destination, unless forced.
    ///
    /// @param reason kept in the batch's history; at most 1,000 characters, may be empty
    /// @param force whether the newest batch is deleted, too
    /// @param dryRun whether to check only, and to delete nothing
    record Delete(String reason, boolean force, boolean dryRun) implements BatchControl {}

    /// Scores quarantined rows of a published batch again, and adds them to the batch. Refused where the
    /// destination can't take them.
    ///
    /// @param job the text of a job file, by which the rows are scored; null for the batch's own job
    /// @param where an SQL expression over the columns of the quarantine that selects rows; null for all rows
    /// @param reason kept in the batch's history; at most 1,000 characters, may be empty
    record Redrive(@Nullable String job, @Nullable String where, String reason) implements BatchControl {}

    /// The name of the control in commands and URLs: `pause`, `resume`, `cancel`, `retry`, `rescore`,
    /// `ignore-window`, `approve`, `delete` or `redrive`.
    default String verb() {
        return switch (this) {
            case Pause pause -> "pause";
            case Resume resume -> "resume";
            case Cancel cancel -> "cancel";
            case Retry retry -> "retry";
            case Rescore rescore -> "rescore";
            case IgnoreWindow ignore -> "ignore-window";
            case Approve approve -> "approve";
            case Delete delete -> "delete";
            case Redrive redrive -> "redrive";
        };
    }
}
