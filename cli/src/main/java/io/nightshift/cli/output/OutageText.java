package io.nightshift.cli.output;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// What a batch waits for, since when, and until when, in one line.
public final class OutageText {

    private OutageText() {}

    /// @param reason the last failure
    public static String of(String reason, Instant since, Instant until) {
        return "%s; since %s, retried until %s"
                .formatted(reason, since.truncatedTo(ChronoUnit.SECONDS), until.truncatedTo(ChronoUnit.SECONDS));
    }
}
