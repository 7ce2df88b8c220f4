package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ValueLimits;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.scoring.Model;
import io.nightshift.source.SourceReader;
import io.nightshift.storage.duckdb.DuckDb;
import java.util.concurrent.atomic.AtomicLong;

/// The parts of an attempt. They do not change while it runs.
///
/// @param source of the lease's job
/// @param node where the attempt runs
/// @param output of the attempt, which closes it
/// @param limits the values that the destination can't hold
/// @param firstScored set, if it is 0, to the milliseconds since 1970 when a row is first scored
record AttemptParts(
        DuckDb duckDb,
        SourceReader source,
        Lease lease,
        Model model,
        String node,
        PartitionWriter output,
        ValueLimits limits,
        AtomicLong firstScored) {}
