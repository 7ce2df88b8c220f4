package io.nightshift.protocol.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A batch at a glance.
///
/// @param model `name@version`
/// @param state the phase; `opened` before there is one, `damaged` where its ledger can't be followed
/// @param rows of the whole input; 0 before it is planned
/// @param read of the committed partitions, as `predictions`, `quarantined` and `bytes`
/// @param committed how many of the partitions are committed
/// @param incarnation how many times a coordinator took charge
/// @param reason why it failed or was cancelled, or what is wrong with its ledger; null if nothing is
/// @param destination the published folder or table; null before
/// @param progress what isn't in the ledger; null where only that was read
/// @param waitsFor what keeps the cluster from going on with it, or null
public record BatchDescription(
        String batch,
        String job,
        String model,
        String state,
        Instant submittedAt,
        long rows,
        long read,
        long predictions,
        long quarantined,
        long bytes,
        int partitions,
        int committed,
        int incarnation,
        @Nullable String reason,
        @Nullable String destination,
        LedgerHead ledger,
        @JsonInclude(Include.NON_NULL) @Nullable Progress progress,
        @JsonInclude(Include.NON_NULL) @Nullable String waitsFor) {

    /// The end of a batch's ledger.
    ///
    /// @param head the hash of the last entry
    public record LedgerHead(long entries, String head) {}

    /// How far a batch is that goes on.
    ///
    /// @param rowsDone committed, plus what the attempts in flight have reported
    /// @param attemptsFailed since it was opened or retried
    public record Progress(long rowsDone, int inFlight, int attemptsFailed) {}

    /// Only what is in the ledger.
    public BatchDescription recorded() {
        return new BatchDescription(
                batch,
                job,
                model,
                state,
                submittedAt,
                rows,
                read,
                predictions,
                quarantined,
                bytes,
                partitions,
                committed,
                incarnation,
                reason,
                destination,
                ledger,
                null,
                null);
    }

    /// Whether it stays as it is until somebody does something about it.
    public boolean isSettled() {
        return switch (state) {
            case "published", "failed", "cancelled", "damaged" -> true;
            default -> false;
        };
    }
}
