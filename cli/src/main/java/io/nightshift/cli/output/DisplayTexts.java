package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.util.Locale;

/// Sentences that several commands print.
public final class DisplayTexts {

    private DisplayTexts() {}

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
