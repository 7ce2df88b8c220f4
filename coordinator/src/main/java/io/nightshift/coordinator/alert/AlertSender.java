package io.nightshift.coordinator.alert;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Sends messages to the channels of the configuration.
public interface AlertSender {

    /// The result of an attempt.
    ///
    /// @param delivered whether the receiver has acknowledged the message
    /// @param answer what the receiver answered, or why there was no answer; without secrets
    /// @param retryAfter how long the receiver asks to wait; null if it does not say
    record Outcome(
            boolean delivered, String answer, @Nullable Duration retryAfter) {

        /// The receiver has acknowledged the message.
        public static Outcome delivered(String answer) {
            return new Outcome(true, answer, null);
        }

        /// The message may not have arrived.
        public static Outcome failed(String reason) {
            return new Outcome(false, reason, null);
        }
    }

    /// Sends a message once. Never blocks. The future completes with an outcome within a minute or two, and
    /// never fails. To cancel it ends the attempt.
    CompletableFuture<Outcome> send(AlertNotification notification);
}
