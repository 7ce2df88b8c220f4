package io.nightshift.protocol.batch;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The identity of a batch in the ledger, folders, tables and logs. It consists of the job's name, the time
/// of submission in UTC to the second, and four hexadecimal digits for the part of the second that had passed:
/// `flights-20261124t231425-3f9a`.
///
/// @param value 1 to 128 characters: lower-case letters, digits, `.`, `_` and `-`, starting with a letter or
///     digit
public record BatchId(String value) implements Comparable<BatchId> {

    private static final Pattern VALID = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");
    private static final Pattern END = Pattern.compile("-\\d{8}t\\d{6}-[0-9a-f]{4}");
    private static final Pattern END_OF_ID = Pattern.compile(END + "$");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd't'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final int TIME_LENGTH = "20261124t231425".length();

    public BatchId {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a batch ID: " + value);
        }
    }

    /// Whether a text has the form of a batch ID.
    ///
    /// @param text any text
    public static boolean isValid(String text) {
        return VALID.matcher(text).matches();
    }

    /// The ID of a new batch. It is greater than all before, also when the clock was set back.
    ///
    /// @param job the job's name
    /// @param submitted the time of submission
    /// @param last the ID of the job's batch before; null if there is none
    public static BatchId of(String job, Instant submitted, @Nullable BatchId last) {
        BatchId batch =
                of(job, submitted, (int) (submitted.get(ChronoField.NANO_OF_SECOND) * 0x1_0000L / 1_000_000_000));
        return last == null || !last.isOfJob(job) || batch.compareTo(last) > 0 ? batch : last.next(job);
    }

    private BatchId next(String job) {
        int end = value.length() - 5;
        Instant second = TIME.parse(value.substring(end - TIME_LENGTH, end), Instant::from);
        int digits = Integer.parseInt(value.substring(end + 1), 16);
        return digits == 0xffff ? of(job, second.plusSeconds(1), 0) : of(job, second, digits + 1);
    }

    /// An ID with digits of its own.
    ///
    /// @param job the job's name
    /// @param submitted the time of submission
    /// @param digits any number; its low 16 bits are the digits
    public static BatchId of(String job, Instant submitted, int digits) {
        return new BatchId(job + "-" + TIME.format(submitted) + String.format(Locale.ROOT, "-%04x", digits & 0xffff));
    }

    /// Whether this is the ID of a batch of a job. IDs of one job are ordered by the time of submission.
    ///
    /// @param job the job's name
    public boolean isOfJob(String job) {
        return value.startsWith(job)
                && END.matcher(value.substring(job.length())).matches();
    }

    /// The name of the job. It is the whole text for an ID of another form.
    public String job() {
        Matcher end = END_OF_ID.matcher(value);
        return end.find() ? value.substring(0, end.start()) : value;
    }

    /// Whether this batch, of any job, was submitted later than another. IDs of other forms say nothing.
    public boolean isSubmittedAfter(BatchId other) {
        Matcher end = END_OF_ID.matcher(value);
        Matcher endOfOther = END_OF_ID.matcher(other.value);
        return end.find() && endOfOther.find() && end.group().compareTo(endOfOther.group()) > 0;
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
