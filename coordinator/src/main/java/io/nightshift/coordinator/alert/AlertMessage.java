package io.nightshift.coordinator.alert;

import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertStep;

/// Everything that the outbox receives.
sealed interface AlertMessage {

    /// A command from outside.
    record CommandReceived(AlertCommand command) implements AlertMessage {}

    /// What is due is to be sent. A timer's periodic message, and sent after each change.
    record Continue() implements AlertMessage {}

    /// An attempt to deliver a message ended.
    record SendEnded(long incident, String channel, AlertStep step, int attempt, AlertSender.Outcome outcome)
            implements AlertMessage {}
}
