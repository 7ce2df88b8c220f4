package io.nightshift.protocol.batch;

import org.apache.pekko.actor.typed.ActorRef;

/// A message to a node that does a step of a batch for the batch's coordinator, which runs on another node.
public sealed interface StepCommand {

    /// The name of the actor, among the system's actors, that does steps. Every node has one.
    String ACTOR = "batch-steps";

    /// Does a step of a batch: plans it, or compares its input with the plan. The node reads the batch in the
    /// ledger, and refuses if another coordinator has taken over the batch since.
    ///
    /// @param batch the batch
    /// @param incarnation of the coordinator that asks, at least 1
    /// @param phase of the batch, which says what the step is: `submitted` for the plan, `running` for the check
    ///     of the input
    /// @param nonce a text that nobody can guess; the replies repeat it
    /// @param replyTo receives the replies
    record Run(BatchId batch, int incarnation, Phase phase, String nonce, ActorRef<StepReply> replyTo)
            implements StepCommand {}

    /// Sends a part of the result. Sent to the actor that a [StepReply.Part] names.
    ///
    /// @param number the position of the part, from 1, since the first one is sent unasked
    record SendPart(int number) implements StepCommand {}
}
