package io.nightshift.protocol.batch;

import java.util.Locale;

/// The phase of a batch's life. The coordinator's class `Transitions` holds the table of what may follow.
public enum Phase {
    /// The batch has no plan yet.
    SUBMITTED,
    /// Workers lease, score and commit partitions.
    RUNNING,
    /// No partition is leased until the batch is resumed. Attempts in flight may still commit.
    PAUSED,
    /// Every partition is committed. The coordinator checks the output, and makes it visible.
    PUBLISHING,
    /// Every partition is committed, and a check has failed. The batch waits until someone approves or
    /// cancels it.
    HELD,
    /// Readers see the whole output. The batch has ended.
    PUBLISHED,
    /// The batch stopped with a reason. Its commits are kept, and a retry resumes it.
    FAILED,
    /// An operator or a later batch cancelled it. Its staged output is deleted. The batch has ended.
    CANCELLED;

    /// Whether the batch has ended: no event can follow.
    public boolean isEnd() {
        return this == PUBLISHED || this == CANCELLED;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
