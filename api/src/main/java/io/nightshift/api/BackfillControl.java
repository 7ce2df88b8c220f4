package io.nightshift.api;

import java.util.Locale;

/// An operator's request to change the course of a backfill. Repeating one changes nothing more.
public enum BackfillControl {

    /// Starts no further run until the backfill is resumed. Batches that were started continue.
    PAUSE,

    /// Resumes a paused backfill.
    RESUME,

    /// Starts no further run, for good. Batches that were started continue.
    CANCEL;

    /// The name of the control in commands and URLs: `pause`, `resume` or `cancel`.
    public String verb() {
        return name().toLowerCase(Locale.ROOT);
    }
}
