package io.nightshift.coordinator.batch.trial;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.coordinator.batch.state.StabilityIndex;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Decides whether a complete batch may be published: compares what its committed attempts have counted with
/// the limits of the job.
///
/// Deterministic, like [BatchDecisions].
public final class CheckDecisions {

    private CheckDecisions() {}

    /// The events that follow from the checks: the results, and the failure if a check fails the batch. One
    /// write holds both, so that no crash between them can let the batch be published.
    ///
    /// @param measured what was counted, and the batch to compare with
    public static List<BatchEvent> events(BatchState state, Measured measured, DecisionTime now) {
        BatchEvent.Checked checked = new BatchEvent.Checked(
                now.instant(), results(state, measured), measured.statistics().distributions());
        List<BatchEvent> events = new ArrayList<>(List.of(checked));
        if (checked.verdict().filter(OnFail.FAIL::equals).isPresent()) {
            events.add(new BatchEvent.Failed(
                    now.instant(), Failure.permanent("the checks of the job fail: " + checked.sentence(OnFail.FAIL))));
        }
        return events;
    }

    /// The results of the job's checks, in the job's order.
    ///
    /// @param measured what was counted, and the batch to compare with
    public static List<CheckResult> results(BatchState state, Measured measured) {
        List<BatchCheck> checks = state.submission().job().checks();
        List<CheckResult> results = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            BatchCheck check = checks.get(i);
            results.add(
                    check.measure().compares()
                            ? compared(check, measured, state.totals())
                            : counted(check, measured.statistics().count(i), state.totals()));
        }
        return results;
    }

    private static CheckResult counted(BatchCheck check, long count, CommittedTotals totals) {
        double value = switch (check.measure()) {
            case ROWS_MIN, ROWS_MAX -> totals.read();
            case NULLS, RANGE, PREDICTION_NULLS, PREDICTION_RANGE -> share(count, totals.predictions());
            case UNSEEN -> share(unseen(check.column(), totals.unseenCategories()), totals.read());
            case ROWS_CHANGE, PSI, PREDICTION_MEAN, PREDICTION_PSI ->
                throw new IllegalArgumentException(check.name() + " compares");
        };
        boolean passed =
                check.measure() == BatchCheck.Measure.ROWS_MIN ? value >= check.limit() : value <= check.limit();
        return new CheckResult(check, value, passed);
    }

    private static double share(long part, long all) {
        return all == 0 ? 0 : (double) part / all;
    }

    private static long unseen(@Nullable String feature, Map<String, Long> counts) {
        return feature == null
                ? counts.values().stream().mapToLong(Long::longValue).max().orElse(0)
                : counts.getOrDefault(feature, 0L);
    }

    private static CheckResult compared(BatchCheck check, Measured measured, CommittedTotals totals) {
        Measured.Baseline baseline = measured.baseline();
        if (baseline == null) {
            return new CheckResult(check, 0, true);
        }
        BatchId batch = baseline.batch();
        if (check.measure() == BatchCheck.Measure.ROWS_CHANGE) {
            return changed(check, batch, (double) baseline.rows(), (double) totals.read());
        }
        Distribution before = PartitionStatistics.find(baseline.distributions(), check.column())
                .orElse(null);
        Distribution now = PartitionStatistics.find(measured.statistics().distributions(), check.column())
                .orElse(null);
        if (before == null || now == null) {
            return new CheckResult(check, 0, true);
        }
        if (check.measure() == BatchCheck.Measure.PREDICTION_MEAN) {
            return before.rows() == 0 || now.rows() == 0
                    ? new CheckResult(check, 0, true)
                    : changed(check, batch, before.mean(), now.mean());
        }
        if (before.rows() + before.missing() == 0 || now.rows() + now.missing() == 0) {
            return new CheckResult(check, 0, true);
        }
        double index = StabilityIndex.of(before, now);
        return new CheckResult(check, index, index <= check.limit(), batch, null, null);
    }

    /// A change from 0 to something else is larger than every limit.
    private static CheckResult changed(BatchCheck check, BatchId batch, double before, double now) {
        double change = before == now ? 0 : Math.min(Double.MAX_VALUE, Math.abs(now - before) / Math.abs(before));
        return new CheckResult(check, change, change <= check.limit(), batch, before, now);
    }
}
