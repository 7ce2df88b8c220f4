package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.BatchCheck;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How a batch has done in a check.
///
/// @param check the limit
/// @param value the measured value, in the unit of the limit
/// @param passed whether the value keeps the limit
/// @param baseline the batch that it was compared with; null if the check compares nothing, or there was no
///     baseline that has measured the same. Then it has passed
/// @param before the number of rows or the mean of the baseline; null if there is no baseline, or it has no such
///     number
/// @param now the number of rows or the mean of this batch; null as `before`
public record CheckResult(
        BatchCheck check,
        double value,
        boolean passed,
        @Nullable BatchId baseline,
        @Nullable Double before,
        @Nullable Double now) {

    /// The result of a check that compares nothing, or has nothing to compare with.
    public CheckResult(BatchCheck check, double value, boolean passed) {
        this(check, value, passed, null, null, null);
    }

    /// The measured value for people, such as `12.3 %`.
    public String valueText() {
        return text(value);
    }

    /// The expectation of the check, for people, such as `at most 10 %`.
    public String expected() {
        return switch (check.measure()) {
            case ROWS_MIN -> "at least " + text(check.limit());
            case ROWS_MAX, NULLS, ROWS_CHANGE, PSI, UNSEEN, PREDICTION_NULLS, PREDICTION_MEAN, PREDICTION_PSI ->
                "at most " + text(check.limit());
            case RANGE, PREDICTION_RANGE ->
                "%s outside %s".formatted(check.limit() == 0 ? "none" : "at most " + text(check.limit()), range());
        };
    }

    /// The result in one sentence, such as `nulls.age is 12.3 %, expected at most 10 %`.
    public String sentence() {
        if (!check.measure().compares()) {
            return "%s is %s, expected %s".formatted(check.name(), valueText(), expected());
        }
        if (baseline == null) {
            return "%s is not known, since no earlier batch has measured it; expected %s"
                    .formatted(check.name(), expected());
        }
        return "%s is %s (%scompared with %s), expected %s"
                .formatted(check.name(), valueText(), change(), baseline, expected());
    }

    private String change() {
        return before == null || now == null ? "" : "%s, before %s; ".formatted(rounded(now), rounded(before));
    }

    private String range() {
        Double min = check.min();
        Double max = check.max();
        return (min == null ? "-∞" : number(min)) + " to " + (max == null ? "∞" : number(max));
    }

    private String text(double number) {
        return switch (check.measure()) {
            case ROWS_MIN, ROWS_MAX -> String.format(Locale.ROOT, "%,d", (long) number);
            case NULLS, RANGE, ROWS_CHANGE, UNSEEN, PREDICTION_NULLS, PREDICTION_RANGE, PREDICTION_MEAN ->
                rounded(number * 100) + " %";
            case PSI, PREDICTION_PSI -> rounded(number);
        };
    }

    /// A number with three digits; whole numbers have all. A number that is not 0 never looks like 0.
    private static String rounded(double number) {
        return number == Math.rint(number)
                ? number(number)
                : number(Double.parseDouble(String.format(Locale.ROOT, "%.3g", number)));
    }

    private static String number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? String.format(Locale.ROOT, "%,d", (long) number)
                : Double.toString(number);
    }
}
