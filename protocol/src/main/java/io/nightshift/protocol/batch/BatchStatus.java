package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import org.jspecify.annotations.Nullable;

/// A batch at one moment.
///
/// @param phase null if there is no such batch
/// @param incarnation how many times a coordinator took charge
/// @param rows of the whole input; 0 before it is planned
/// @param rowsDone committed, plus what the attempts in flight have reported
/// @param partitions 0 before it is planned
/// @param attemptsFailed since the batch was opened or retried
/// @param failure the reason of a failed batch
/// @param destination the published folder
/// @param entries of its ledger
/// @param head hash of the last entry: 64 hexadecimal digits; that of an empty ledger if there is none
public record BatchStatus(
        BatchId batch,
        @Nullable Phase phase,
        int incarnation,
        long rows,
        long rowsDone,
        int partitions,
        int committed,
        int inFlight,
        long read,
        long predictions,
        long quarantined,
        long bytes,
        int attemptsFailed,
        @Nullable Failure failure,
        @Nullable String destination,
        long entries,
        String head) {}
