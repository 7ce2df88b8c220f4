package io.nightshift.cli.output;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Says in one line which failure a batch waits out, since when, and until when.
public final class OutageText {

    private OutageText() {}

    /// @param reason the last failure
    public static String of(String reason, Instant since, Instant until) {
        return "%s; since %s, retried until %s"
                .formatted(reason, since.truncatedTo(ChronoUnit.SECONDS), until.truncatedTo(ChronoUnit.SECONDS));
    }
}
