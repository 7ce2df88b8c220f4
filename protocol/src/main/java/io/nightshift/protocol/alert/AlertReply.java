package io.nightshift.protocol.alert;

import io.nightshift.api.AlertPage;
import io.nightshift.protocol.job.AlertCause;

/// A reply of the alert outbox.
public sealed interface AlertReply {

    /// Acknowledges a message: its content is durable, or has no effect.
    ///
    /// @param subject of the message
    /// @param cause of the message
    /// @param version of the message
    record Recorded(AlertSubject subject, AlertCause cause, long version) implements AlertReply {}

    /// Incidents.
    ///
    /// @param page newest first
    record Listed(AlertPage page) implements AlertReply {}
}
