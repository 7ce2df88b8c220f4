package io.nightshift.coordinator.batch.attempt;

import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.protocol.job.Job;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Decides whether a batch has quarantined more rows than its job allows. It is checked after every commit,
/// with the rows that are certain by then, so the order of commits doesn't change the verdict.
public final class ErrorLimit {

    private ErrorLimit() {}

    /// @param rows of the whole input
    /// @param totals of the committed partitions
    /// @param reasons why the first rows were quarantined
    /// @return which limit is exceeded and by what, in one or two sentences; null if none is
    public static @Nullable String violation(
            Job.ErrorPolicy policy, long rows, CommittedTotals totals, List<String> reasons) {
        long quarantined = totals.quarantined();
        // Rows that are not committed yet count as read, so that a later commit can't lower the rate below
        // the limit.
        long readAtMost = rows - totals.rows() + totals.read();
        BigDecimal allowed = BigDecimal.valueOf(policy.maxRate()).multiply(BigDecimal.valueOf(readAtMost));
        String limit = null;
        if (policy.maxRows() != null && quarantined > policy.maxRows()) {
            limit = String.format(Locale.ROOT, "errors.max-rows allows %,d", policy.maxRows());
        } else if (BigDecimal.valueOf(quarantined).compareTo(allowed) > 0) {
            limit = String.format(
                    Locale.ROOT, "errors.max-rate allows %s %% of %,d", percent(policy.maxRate()), readAtMost);
        }
        if (limit == null) {
            return null;
        }
        String examples = reasons.isEmpty() ? "" : ". The first: " + String.join("; ", reasons);
        return String.format(Locale.ROOT, "%,d rows are quarantined, %s%s", quarantined, limit, examples);
    }

    private static String percent(double share) {
        return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString();
    }
}
