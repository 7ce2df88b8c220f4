package io.nightshift.api;

/// The progress of a replay.
///
/// @param scored number of partitions that are scored again
/// @param partitions number of partitions to score
public record ReplayProgress(int scored, int partitions) {}
