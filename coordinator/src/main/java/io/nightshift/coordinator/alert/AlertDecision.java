package io.nightshift.coordinator.alert;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchId;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// The reaction of the outbox to one message.
record AlertDecision(List<AlertEvent> events, List<Action> actions)
        implements Decision<AlertEvent, AlertDecision.Action> {

    static final AlertDecision NOTHING = new AlertDecision(List.of(), List.of());

    AlertDecision {
        events = List.copyOf(events);
        actions = List.copyOf(actions);
    }

    static AlertDecision of(Action... actions) {
        return new AlertDecision(List.of(), List.of(actions));
    }

    static AlertDecision persist(AlertEvent event, Action... actions) {
        return new AlertDecision(List.of(event), List.of(actions));
    }

    /// An effect of a decision.
    sealed interface Action {}

    /// Replies to a command.
    record Reply(ActorRef<AlertReply> to, AlertReply reply) implements Action {}

    /// Sends a message. The outcome comes back as [AlertMessage.SendEnded].
    record Send(long incident, AlertNotification notification) implements Action {}

    /// Asks a batch to report its alerts again.
    record AskBatch(BatchId batch) implements Action {}

    /// Logs that an attempt failed.
    record LogFailure(String key, String channel, int attempt, String reason) implements Action {}
}
