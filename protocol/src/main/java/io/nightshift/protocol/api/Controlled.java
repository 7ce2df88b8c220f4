package io.nightshift.protocol.api;

/// It is as was asked for, durably.
///
/// @param state of the batch after it
public record Controlled(String batch, String state) {}
