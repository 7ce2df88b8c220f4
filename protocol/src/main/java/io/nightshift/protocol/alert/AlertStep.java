package io.nightshift.protocol.alert;

/// The two messages that a channel gets about an incident, in this order.
public enum AlertStep {
    /// The cause has begun.
    RAISED,
    /// The cause has ended.
    RESOLVED
}
