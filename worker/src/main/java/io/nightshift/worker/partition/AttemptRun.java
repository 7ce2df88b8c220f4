package io.nightshift.worker.partition;

import io.nightshift.source.HeldSlices;

/// The objects that the stages of a running attempt share. [PartitionAttempt] closes the connection and the slices.
///
/// @param second the model with which the predictions are compared
/// @param control ends the attempt, from other threads
/// @param read counts the bytes read
/// @param clock measures the steps
/// @param sealing makes the output durable
/// @param connection to DuckDB
/// @param held the slices of the lease, readable
record AttemptRun(
        AttemptParts parts,
        SecondModel second,
        AttemptControl control,
        ReadBytes read,
        StepClock clock,
        OutputSealing sealing,
        LentConnection connection,
        HeldSlices held) {}
