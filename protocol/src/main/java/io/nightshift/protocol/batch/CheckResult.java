package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.BatchCheck;
import java.util.Locale;

/// How a batch has done in a check.
///
/// @param check the limit
/// @param value the measured value, in the unit of the limit
/// @param passed whether the value keeps the limit
public record CheckResult(BatchCheck check, double value, boolean passed) {

    /// The measured value for people, such as `12.3 %`.
    public String valueText() {
        return text(value);
    }

    /// What the check expects, for people, such as `at most 10 %`.
    public String expected() {
        return switch (check.measure()) {
            case ROWS_MIN -> "at least " + text(check.limit());
            case ROWS_MAX, NULLS -> "at most " + text(check.limit());
            case RANGE ->
                "%s outside %s".formatted(check.limit() == 0 ? "none" : "at most " + text(check.limit()), range());
        };
    }

    /// The result in one sentence, such as `nulls.age is 12.3 %, expected at most 10 %`.
    public String sentence() {
        return "%s is %s, expected %s".formatted(check.name(), valueText(), expected());
    }

    private String range() {
        Double min = check.min();
        Double max = check.max();
        return (min == null ? "-∞" : number(min)) + " to " + (max == null ? "∞" : number(max));
    }

    private String text(double number) {
        return switch (check.measure()) {
            case ROWS_MIN, ROWS_MAX -> String.format(Locale.ROOT, "%,d", (long) number);
            case NULLS, RANGE -> share(number);
        };
    }

    /// A share in per cent; a share that is not 0 never looks like 0.
    private static String share(double share) {
        return number(Double.parseDouble(String.format(Locale.ROOT, "%.3g", share * 100))) + " %";
    }

    private static String number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? String.format(Locale.ROOT, "%,d", (long) number)
                : Double.toString(number);
    }
}
