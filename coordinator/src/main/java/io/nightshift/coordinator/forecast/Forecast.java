package io.nightshift.coordinator.forecast;

import java.time.Instant;

/// When a batch ends, if nothing changes.
///
/// @param median half of such batches end before it
/// @param late 95 % of such batches end before it
/// @param workers how many workers the forecast counts on; 0 if that is not known
/// @param wantedWorkers how many workers the batch needs to end before its deadline with a probability of 95
///     %; 0 if no number suffices, or it has no deadline
public record Forecast(Instant median, Instant late, double workers, int wantedWorkers) {}
