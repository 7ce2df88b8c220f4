package io.nightshift.protocol.batch;

/// What came of a [BatchCommand.Control].
public sealed interface ControlReply {

    /// It is as was asked for, durably: now, or since before.
    ///
    /// @param phase of the batch after it
    record Done(BatchId batch, Phase phase) implements ControlReply {}

    /// Nothing was changed.
    ///
    /// @param reason in one sentence, for people
    record Refused(BatchId batch, String reason) implements ControlReply {}
}
