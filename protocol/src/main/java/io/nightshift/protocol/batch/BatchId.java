package io.nightshift.protocol.batch;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;

/// Names a batch everywhere: in the ledger, in folders, in logs. It reads as job, time of
/// submission (UTC) and four random digits: `flights-20261124t231425-3f9a`.
public record BatchId(String value) implements Comparable<BatchId> {

    private static final Pattern VALID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd't'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    public BatchId {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a batch id: " + value);
        }
    }

    /// Whether a text may be an id.
    public static boolean isValid(String text) {
        return VALID.matcher(text).matches();
    }

    /// @param random any number; its low 16 bits tell batches of one second apart
    public static BatchId of(String job, Instant submitted, int random) {
        return new BatchId(job + "-" + TIME.format(submitted) + String.format(Locale.ROOT, "-%04x", random & 0xffff));
    }

    @Override
    public int compareTo(BatchId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
