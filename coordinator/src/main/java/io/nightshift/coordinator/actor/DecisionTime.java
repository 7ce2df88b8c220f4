package io.nightshift.coordinator.actor;

import java.time.Instant;

/// The time at which a message is decided.
///
/// @param nanos of a monotonic clock, for durations; its origin is arbitrary, so it may be negative or
///     overflow
/// @param instant of the wall clock, for events and people
public record DecisionTime(long nanos, Instant instant) {}
