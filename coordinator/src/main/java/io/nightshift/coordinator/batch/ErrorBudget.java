package io.nightshift.coordinator.batch;

import io.nightshift.protocol.job.Job;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Whether a batch has quarantined more rows than its job allows. Asked after every commit, with
/// what is certain by then,
/// so the answer doesn't depend on the order in which partitions are committed.
final class ErrorBudget {

    private ErrorBudget() {}

    /// @param reasons why the first rows were quarantined
    /// @return what is exceeded, in words, or null if nothing is
    static @Nullable String violation(BatchState state, List<String> reasons) {
        Job.ErrorPolicy policy = state.submission().job().errors();
        long quarantined = state.totals().quarantined();
        if (quarantined == 0) {
            return null;
        }
        // While partitions are open, the rate is taken of all rows that may still be read.
        long rows = state.isComplete()
                ? state.totals().read()
                : state.pinned().partitions().rows()
                        - state.totals().rows()
                        + state.totals().read();
        String limit = null;
        if (policy.maxRows() != null && quarantined > policy.maxRows()) {
            limit = "errors.max-rows allows %,d".formatted(policy.maxRows());
        } else if (quarantined > policy.maxRate() * rows) {
            limit = String.format(Locale.ROOT, "errors.max-rate allows %s %% of %,d", percent(policy.maxRate()), rows);
        }
        if (limit == null) {
            return null;
        }
        String examples = reasons.isEmpty() ? "" : ". The first: " + String.join("; ", reasons);
        return String.format(Locale.ROOT, "%,d rows are quarantined, %s%s", quarantined, limit, examples);
    }

    private static String percent(double share) {
        return java.math.BigDecimal.valueOf(share)
                .movePointRight(2)
                .stripTrailingZeros()
                .toPlainString();
    }
}
