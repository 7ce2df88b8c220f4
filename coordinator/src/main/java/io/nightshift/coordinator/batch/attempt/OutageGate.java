package io.nightshift.coordinator.batch.attempt;

/// Holds leasing back while a resource fails, so that not every worker fails at every partition. After a failure,
/// nothing is leased for a backoff. Then one partition at a time is leased, until an attempt makes progress.
///
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
final class OutageGate {

    /// The number of failures since the last success. Failures at about the same time count once.
    private int round;

    private boolean open = true;
    private long lastFailure;
    private long closedUntil;

    int round() {
        return round;
    }

    /// An attempt failed because of a resource.
    ///
    /// @param leasedAt when the attempt's lease was granted
    /// @param backoff in nanoseconds
    void failed(long leasedAt, long now, long backoff) {
        // An attempt that began before the last failure is part of the same outage.
        if (round == 0 || leasedAt - lastFailure > 0) {
            round++;
            closedUntil = now + backoff;
        }
        lastFailure = now;
        open = false;
    }

    /// An attempt has scored rows.
    ///
    /// @param leasedAt when the attempt's lease was granted
    void progressed(long leasedAt) {
        open |= leasedAt - lastFailure > 0;
    }

    /// A partition was committed.
    void succeeded() {
        round = 0;
        open = true;
    }

    /// Whether a partition may be leased.
    ///
    /// @param inFlight how many partitions are leased
    boolean isOpen(long now, int inFlight) {
        return open || (inFlight == 0 && now - closedUntil >= 0);
    }
}
