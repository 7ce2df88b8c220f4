package io.nightshift.coordinator.retention;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.RunKey;
import java.time.Instant;

/// A published batch whose removal has not begun.
///
/// @param number its position in the order of submission
/// @param destination of its job, in a few words. Batches with the same text are at the same place
/// @param counts whether the batch may push out older batches: its own job has a retention, and it is not a
///     rescored batch
record RetainedBatch(BatchId batch, long number, RunKey run, Instant publishedAt, String destination, boolean counts) {}
