package io.nightshift.coordinator.batch;

import java.time.Instant;

/// When something is decided.
///
/// @param nanos of a monotonic clock, for what lasts
/// @param instant for people and the ledger
record DecisionTime(long nanos, Instant instant) {}
