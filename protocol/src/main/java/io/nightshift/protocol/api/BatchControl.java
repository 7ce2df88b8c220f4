package io.nightshift.protocol.api;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.ControlReply;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.actor.typed.ActorRef;

/// What an operator may want of a batch. Done twice, it changes nothing more.
public sealed interface BatchControl {

    /// Leases nothing more until [Resume].
    ///
    /// @param reason for the history; may be empty
    record Pause(String reason) implements BatchControl {}

    /// Lets a paused batch go on.
    record Resume() implements BatchControl {}

    /// Gives the batch up, unless it is being published.
    ///
    /// @param reason for the history; may be empty
    record Cancel(String reason) implements BatchControl {}

    /// Lets a failed batch, or partitions that have failed too often, go on.
    record Retry() implements BatchControl {}

    /// Has committed partitions scored again.
    ///
    /// @param partitions positions in the plan, from 0; at least one
    record Rescore(List<Integer> partitions) implements BatchControl {
        public Rescore {
            partitions = List.copyOf(partitions);
        }
    }

    /// `pause`, `resume`, `cancel`, `retry` or `rescore`.
    default String verb() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /// The same as the batch's actor is told it.
    default BatchCommand.Control command(ActorRef<ControlReply> replyTo) {
        return switch (this) {
            case Pause(String reason) -> new BatchCommand.Pause(reason, replyTo);
            case Resume() -> new BatchCommand.Resume(replyTo);
            case Cancel(String reason) -> new BatchCommand.Cancel(reason, replyTo);
            case Retry() -> new BatchCommand.Retry(replyTo);
            case Rescore(List<Integer> partitions) -> new BatchCommand.Rescore(partitions, replyTo);
        };
    }
}
