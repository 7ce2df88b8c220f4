package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import org.apache.pekko.actor.typed.ActorRef;

/// A reply to a coordinator whose step another node does.
public sealed interface StepReply {

    /// The nonce of the request.
    String nonce();

    /// The node still does the step. Sent every few seconds, and when it begins.
    ///
    /// @param nonce of the request
    record Working(String nonce) implements StepReply {}

    /// A part of the step's result. The whole result is an event of the batch, which the coordinator persists:
    /// CBOR in Base64. It is empty if the step has no result. A plan of many files takes many parts.
    ///
    /// @param nonce of the request
    /// @param number the position of the part, from 0
    /// @param last whether it is the last one
    /// @param text the part, not larger than a message permits
    /// @param sender sends the next part when it is asked; waits for a minute
    record Part(String nonce, int number, boolean last, String text, ActorRef<StepCommand> sender)
            implements StepReply {}

    /// The step failed.
    ///
    /// @param nonce of the request
    /// @param failure why
    /// @param mayContinue whether the step waits for a file system that does not answer, and may continue later
    record Failed(String nonce, Failure failure, boolean mayContinue) implements StepReply {}
}
