package io.nightshift.protocol.batch;

import java.util.Locale;

/// Where a batch is in its life. What may follow what stands in `Transitions` of the coordinator.
public enum Phase {
    /// Accepted; its input is not yet pinned.
    SUBMITTED,
    /// Partitions are leased, scored and committed.
    RUNNING,
    /// Nothing is leased until it is resumed; attempts in flight may still be committed.
    PAUSED,
    /// Every partition is committed; the output is being made visible.
    PUBLISHING,
    /// Readers see the whole batch. The end.
    PUBLISHED,
    /// Stopped with a reason; what is committed is kept, and a retry goes on from there.
    FAILED,
    /// Given up; its staged output is removed. The end.
    CANCELLED;

    /// Whether nothing can follow.
    public boolean isEnd() {
        return this == PUBLISHED || this == CANCELLED;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
