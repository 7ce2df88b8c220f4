package io.nightshift.protocol.job;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A limit that a batch must keep before it is published. The rows with a prediction count; quarantined rows
/// count for the number of rows only.
///
/// @param measure what is measured
/// @param column the column or feature that is checked; null for measures of the whole batch
/// @param limit the limit of the measured value, in the measure's unit
/// @param min for [Measure#RANGE], the smallest value in the range; null if there is none, and for all others
/// @param max for [Measure#RANGE], the largest value in the range; null if there is none, and for all others
/// @param onFail what happens to a batch that exceeds the limit
public record BatchCheck(
        Measure measure,
        @Nullable String column,
        double limit,
        @Nullable Double min,
        @Nullable Double max,
        OnFail onFail) {

    /// The most checks of a job. Each partition reports a number for each of them.
    public static final int MOST = 100;

    /// What a check measures.
    public enum Measure {
        /// The number of rows that the job's `where` lets through; the limit is the smallest number.
        ROWS_MIN("rows.min"),
        /// The number of rows that the job's `where` lets through; the limit is the largest number.
        ROWS_MAX("rows.max"),
        /// The share of rows in which a column is NULL or NaN; the limit is the largest share, 0 to 1.
        NULLS("nulls"),
        /// The share of rows in which a column is outside a range; the limit is the largest share, 0 to 1.
        /// NULL and NaN are not outside.
        RANGE("range");

        private final String text;

        Measure(String text) {
            this.text = text;
        }

        /// The key of the job file, such as `rows.min`.
        public String text() {
            return text;
        }

        /// Whether the values of a column are counted while rows are scored.
        public boolean isCounted() {
            return this == NULLS || this == RANGE;
        }
    }

    /// What happens to a batch that exceeds a limit. A later constant outranks an earlier one.
    public enum OnFail {
        /// The batch is published. The ledger, the manifest and the log say which limit it exceeds.
        WARN,
        /// The batch waits until someone approves it.
        HOLD,
        /// The batch fails.
        FAIL;

        /// The word in a job file, such as `hold`.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public BatchCheck {
        if (!(limit >= 0)) {
            throw new IllegalArgumentException("%s: the limit %s".formatted(measure, limit));
        }
        if (measure.isCounted() && column == null) {
            throw new IllegalArgumentException("%s of no column".formatted(measure));
        }
    }

    /// The name of the check, as the path of its key in the job file, such as `nulls.last_login`.
    public String name() {
        return column == null ? measure.text() : measure.text() + "." + column;
    }
}
