package io.nightshift.protocol.job;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A limit that a batch must keep before it is published. The rows with a prediction count; quarantined rows
/// count for the number of rows only.
///
/// @param measure what is measured
/// @param column the column or feature that is checked; null for measures of the whole batch, and for all
///     features of [Measure#UNSEEN] and, in a job file, of [Measure#PSI]
/// @param limit the limit of the measured value, in the measure's unit
/// @param min for a range, the smallest value in it; null if there is none, and for all other measures
/// @param max for a range, the largest value in it; null if there is none, and for all other measures
/// @param onFail what happens to a batch that exceeds the limit
/// @param baseline for a measure that compares, the ID of the published batch to compare with; null for the one
///     before, and for all other measures
public record BatchCheck(
        Measure measure,
        @Nullable String column,
        double limit,
        @Nullable Double min,
        @Nullable Double max,
        OnFail onFail,
        @Nullable String baseline) {

    /// Stands for all features in a job file.
    public static final String ALL = "all";

    /// The most checks of a job. Each partition reports a number for each of them.
    public static final int MOST = 700;

    /// The figure that a check measures.
    public enum Measure {
        /// The number of rows that the job's `where` lets through; the limit is the smallest number.
        ROWS_MIN("rows.min"),
        /// The number of rows that the job's `where` lets through; the limit is the largest number.
        ROWS_MAX("rows.max"),
        /// The share of rows in which a column is NULL or NaN; the limit is the largest share, 0 to 1.
        NULLS("nulls"),
        /// The share of rows in which a column is outside a range; the limit is the largest share, 0 to 1.
        /// NULL and NaN are not outside.
        RANGE("range"),
        /// How much the number of rows that the job's `where` lets through differs from that of the baseline, as a
        /// share of the latter; the limit is the largest share.
        ROWS_CHANGE("rows.max-change"),
        /// The population stability index of a column or a feature against the baseline; the limit is the largest
        /// index, 0 or more.
        PSI("psi"),
        /// The share of rows in which a feature has a category that the model does not know, or the largest
        /// of these shares of all features; the limit is the largest share, 0 to 1.
        UNSEEN("unseen-categories"),
        /// The share of predictions that are NaN or infinite; the limit is the largest share, 0 to 1.
        PREDICTION_NULLS("prediction.nulls"),
        /// The share of predictions outside a range; the limit is the largest share, 0 to 1. NaN is not outside.
        PREDICTION_RANGE("prediction.range"),
        /// How much the mean of the predictions differs from that of the baseline, as a share of the latter; the
        /// limit is the largest share.
        PREDICTION_MEAN("prediction.mean-change"),
        /// The population stability index of the predictions against the baseline; the limit is the largest index,
        /// 0 or more.
        PREDICTION_PSI("prediction.psi");

        private final String text;

        Measure(String text) {
            this.text = text;
        }

        /// The key of the job file, such as `rows.min`.
        public String text() {
            return text;
        }

        /// Whether the values of a column are read while rows are scored.
        public boolean isOfColumn() {
            return this == NULLS || this == RANGE || this == PSI;
        }

        /// Whether rows with a prediction are counted while they are scored.
        public boolean isCounted() {
            return this == NULLS || this == RANGE || this == PREDICTION_NULLS || this == PREDICTION_RANGE;
        }

        /// Whether the predictions are looked at.
        public boolean isOfPredictions() {
            return switch (this) {
                case PREDICTION_NULLS, PREDICTION_RANGE, PREDICTION_MEAN, PREDICTION_PSI -> true;
                case ROWS_MIN, ROWS_MAX, NULLS, RANGE, ROWS_CHANGE, PSI, UNSEEN -> false;
            };
        }

        /// Whether a distribution of values is needed.
        public boolean isOfDistribution() {
            return this == PSI || this == PREDICTION_MEAN || this == PREDICTION_PSI;
        }

        /// Whether the batch is compared with an earlier one, its baseline.
        public boolean compares() {
            return this == ROWS_CHANGE || isOfDistribution();
        }
    }

    /// The consequence for a batch that exceeds a limit. A later constant outranks an earlier one.
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
        if (measure.isOfColumn() && measure != Measure.PSI && column == null) {
            throw new IllegalArgumentException("%s of no column".formatted(measure));
        }
    }

    /// A check that compares with no batch, or with the one before.
    public BatchCheck(
            Measure measure,
            @Nullable String column,
            double limit,
            @Nullable Double min,
            @Nullable Double max,
            OnFail onFail) {
        this(measure, column, limit, min, max, onFail, null);
    }

    /// The same check of another column.
    BatchCheck of(String other) {
        return new BatchCheck(measure, other, limit, min, max, onFail, baseline);
    }

    /// Whether this stands for a check of each feature of the model: see [Job#withFeatures].
    public boolean isOfEachFeature() {
        return measure == Measure.PSI && column == null;
    }

    /// The name of the check, as the path of its key in the job file, such as `nulls.last_login`.
    public String name() {
        return column == null && measure != Measure.UNSEEN && measure != Measure.PSI
                ? measure.text()
                : measure.text() + "." + (column == null ? ALL : column);
    }
}
