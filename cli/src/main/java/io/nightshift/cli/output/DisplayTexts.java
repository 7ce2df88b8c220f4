package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Sentences and values that several commands print.
public final class DisplayTexts {

    /// The longest value of a record.
    private static final int LONGEST = 60;

    private DisplayTexts() {}

    /// A value of a record for people: on one line, and its start if it is long.
    public static String value(@Nullable String text) {
        return text == null ? "NULL" : line(text, LONGEST);
    }

    /// A text on one line, and its start with an ellipsis if it is longer than some characters.
    public static String line(@Nullable String text, int longest) {
        String line = text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ");
        if (line.length() <= longest) {
            return line;
        }
        int end = Character.isHighSurrogate(line.charAt(longest - 2)) ? longest - 2 : longest - 1;
        return line.substring(0, end) + "…";
    }

    /// Why a published batch has no rows.
    public static String emptyBatch(BatchDescription status) {
        String why = status.rows() == 0
                ? "the source has no rows"
                : String.format(Locale.ROOT, "none of the %,d rows meets source.where", status.rows());
        return "The batch is empty: %s. With source.on-empty: fail, the job refuses that.".formatted(why);
    }

    /// Why a batch that is not published has stopped.
    public static String stopped(BatchDescription batch) {
        String what = switch (batch.state()) {
            case "cancelled" -> "was cancelled";
            case "damaged" -> "is damaged";
            default -> "failed";
        };
        return "Batch %s %s%s".formatted(batch.batch(), what, batch.reason() == null ? "" : ": " + batch.reason());
    }
}
