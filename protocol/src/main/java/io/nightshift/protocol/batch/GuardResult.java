package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.Rollout;
import java.util.Locale;

/// How a candidate has done at a guard of its rollout.
///
/// @param guard the limit
/// @param value the measured value, in the unit of the limit
/// @param passed whether the value keeps the limit
public record GuardResult(Rollout.Guard guard, double value, boolean passed) {

    /// A measured value.
    ///
    /// @param guard the limit
    /// @param value the measured value
    public static GuardResult of(Rollout.Guard guard, double value) {
        boolean passed = guard.measure() == Rollout.Measure.AGREEMENT ? value >= guard.limit() : value <= guard.limit();
        return new GuardResult(guard, value, passed);
    }

    /// The result in one sentence, such as `prediction-psi is 0.31, expected at most 0.2`.
    public String sentence() {
        return "%s is %s, expected %s".formatted(guard.measure().text(), text(guard.measure(), value), expected(guard));
    }

    /// A guard in a few words, such as `prediction-psi at most 0.2`.
    public static String limit(Rollout.Guard guard) {
        return guard.measure().text() + " " + expected(guard);
    }

    private static String expected(Rollout.Guard guard) {
        return (guard.measure() == Rollout.Measure.AGREEMENT ? "at least " : "at most ")
                + text(guard.measure(), guard.limit());
    }

    private static String text(Rollout.Measure measure, double number) {
        if (measure.isShare()) {
            return rounded(100 * number) + " %";
        }
        return measure == Rollout.Measure.LATENCY ? rounded(number) + "x" : rounded(number);
    }

    /// Four digits at most; a number that is not 0 never looks like 0.
    private static String rounded(double number) {
        return number == Math.rint(number)
                ? String.format(Locale.ROOT, "%.0f", number)
                : String.valueOf(Double.parseDouble(String.format(Locale.ROOT, "%.4g", number)));
    }
}
