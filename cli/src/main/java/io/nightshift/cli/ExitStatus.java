package io.nightshift.cli;

import io.nightshift.api.BatchDescription;

/// The exit statuses that scripts can rely on.
public final class ExitStatus {

    /// The command succeeded. For `run`: the batch is published.
    public static final int DONE = 0;
    /// The batch failed for good, or its verification found something broken.
    public static final int FAILED = 1;
    /// The command or the job file is wrong, or something that it needs is missing. No batch was opened.
    public static final int NOTHING_STARTED = 2;
    /// The batch is held: a check has failed, and someone has to approve or cancel it. 3 is that of a process
    /// without memory.
    public static final int HELD = 4;
    /// The batch failed of something that may be gone when it is retried: `EX_TEMPFAIL` of `sysexits.h`.
    public static final int RETRY = 75;
    /// Interrupted by Ctrl-C. The same command resumes the batch.
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}

    /// The exit status for a batch that is published, held, cancelled or has failed.
    public static int of(BatchDescription batch) {
        return switch (batch.state()) {
            case "published" -> DONE;
            case "held" -> HELD;
            default -> batch.retryable() ? RETRY : FAILED;
        };
    }
}
