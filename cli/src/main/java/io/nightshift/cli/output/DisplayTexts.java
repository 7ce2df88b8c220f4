package io.nightshift.cli.output;

import io.nightshift.protocol.batch.BatchStatus;
import java.util.Locale;

/// Sentences that several commands print.
public final class DisplayTexts {

    private DisplayTexts() {}

    /// Why a published batch has no rows.
    public static String emptyBatch(BatchStatus status) {
        String why = status.rows() == 0
                ? "the source has no rows"
                : String.format(Locale.ROOT, "none of the %,d rows meets source.where", status.rows());
        return "The batch is empty: %s. With source.on-empty: fail, the job refuses that.".formatted(why);
    }
}
