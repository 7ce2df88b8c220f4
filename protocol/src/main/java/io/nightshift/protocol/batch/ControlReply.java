package io.nightshift.protocol.batch;

/// The answer to a [BatchCommand.Control].
public sealed interface ControlReply {

    /// The batch that answers.
    BatchId batch();

    /// The batch is as requested, durably. It may have been so before.
    ///
    /// @param batch the batch
    /// @param phase the phase of the batch after the request
    record Done(BatchId batch, Phase phase) implements ControlReply {}

    /// The request was not applied. A batch whose cancellation is refused may be published instead.
    ///
    /// @param batch the batch
    /// @param reason why, in one or two sentences, for people
    record Refused(BatchId batch, String reason) implements ControlReply {}
}
