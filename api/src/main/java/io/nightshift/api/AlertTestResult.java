package io.nightshift.api;

/// The result of a test message to a channel of alerts.
///
/// @param channel the name of the channel
/// @param delivered whether the receiver has acknowledged the message
/// @param answer what the receiver answered, or why there was no answer; at most some 4,000 characters
/// @param node the node that sent the message, `host:port`
public record AlertTestResult(String channel, boolean delivered, String answer, String node) {}
