package io.nightshift.protocol.job;

import java.util.Locale;
import java.util.Optional;

/// A problem that people may want to be told of.
public enum AlertCause {
    /// A batch has failed.
    FAILED,
    /// The forecast says that a batch will miss its deadline.
    DEADLINE_AT_RISK,
    /// A batch was not published by its deadline.
    DEADLINE_MISSED,
    /// A check of a batch has failed, and the batch waits for approval.
    HELD,
    /// A batch makes no progress.
    STALLED,
    /// More rows of a batch are quarantined than the job allows.
    QUARANTINE_RATE,
    /// A run of the schedule did not start.
    SCHEDULE_MISSED,
    /// A node gets no work because of its own faults.
    NODE_EXCLUDED,
    /// A verification has found an error in a published batch.
    VERIFICATION_FAILED,
    /// The candidate of a rollout has failed. The batch continues without it.
    CANDIDATE_FAILED;

    /// The name in a job file, such as `deadline-at-risk`.
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The cause with a name, as a job file writes it; empty if there is none.
    public static Optional<AlertCause> of(String text) {
        for (AlertCause cause : values()) {
            if (cause.text().equals(text)) {
                return Optional.of(cause);
            }
        }
        return Optional.empty();
    }
}
