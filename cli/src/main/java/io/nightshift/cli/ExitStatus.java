package io.nightshift.cli;

/// The exit statuses that scripts can rely on.
public final class ExitStatus {

    /// The command succeeded. For `run`: the batch is published.
    public static final int DONE = 0;
    /// The batch failed, or its verification found something broken.
    public static final int FAILED = 1;
    /// The command or the job file is wrong, or something that it needs is missing. No batch was opened.
    public static final int NOTHING_STARTED = 2;
    /// Interrupted by Ctrl-C. The same command resumes the batch.
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
