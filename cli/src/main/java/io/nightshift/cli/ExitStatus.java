package io.nightshift.cli;

/// What a script can go by.
public final class ExitStatus {

    /// Done; of `run`: published.
    public static final int DONE = 0;
    /// The batch failed, or the proof did.
    public static final int FAILED = 1;
    /// The command or the job file is wrong, or something it needs isn't there; no batch was
    /// opened.
    public static final int NOTHING_STARTED = 2;
    /// Stopped by Ctrl-C; the batch can be gone on with.
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
