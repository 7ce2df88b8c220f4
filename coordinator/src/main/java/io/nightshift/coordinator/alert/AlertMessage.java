package io.nightshift.coordinator.alert;

import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertStep;

/// Everything that the outbox receives.
sealed interface AlertMessage {

    /// A command from outside.
    record CommandReceived(AlertCommand command) implements AlertMessage {}

    /// Sends the messages that are due. A timer sends this periodically, and the outbox after each change.
    record Continue() implements AlertMessage {}

    /// An attempt to deliver a message ended.
    record SendEnded(long incident, String channel, AlertStep step, int attempt, AlertSender.Outcome outcome)
            implements AlertMessage {}
}
