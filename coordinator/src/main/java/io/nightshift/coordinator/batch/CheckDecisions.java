package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import java.util.ArrayList;
import java.util.List;

/// Decides whether a complete batch may be published: compares what its committed attempts have counted with
/// the limits of the job.
///
/// Deterministic, like [BatchDecisions].
public final class CheckDecisions {

    private CheckDecisions() {}

    /// The events that follow from the checks: the results, and the failure if a check fails the batch. One
    /// write holds both, so that no crash between them can let the batch be published.
    ///
    /// @param statistics of the committed partitions
    static List<BatchEvent> events(BatchState state, PartitionStatistics statistics, DecisionTime now) {
        BatchEvent.Checked checked = new BatchEvent.Checked(now.instant(), results(state, statistics));
        List<BatchEvent> events = new ArrayList<>(List.of(checked));
        if (checked.verdict().filter(OnFail.FAIL::equals).isPresent()) {
            events.add(new BatchEvent.Failed(
                    now.instant(), Failure.permanent("the checks of the job fail: " + checked.sentence(OnFail.FAIL))));
        }
        return events;
    }

    /// The results of the job's checks, in the job's order.
    ///
    /// @param statistics of the committed partitions
    public static List<CheckResult> results(BatchState state, PartitionStatistics statistics) {
        List<BatchCheck> checks = state.submission().job().checks();
        List<CheckResult> results = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            results.add(result(checks.get(i), statistics.count(i), state.totals()));
        }
        return results;
    }

    private static CheckResult result(BatchCheck check, long count, BatchState.Totals totals) {
        double value = switch (check.measure()) {
            case ROWS_MIN, ROWS_MAX -> totals.read();
            case NULLS, RANGE -> totals.predictions() == 0 ? 0 : (double) count / totals.predictions();
        };
        boolean passed =
                check.measure() == BatchCheck.Measure.ROWS_MIN ? value >= check.limit() : value <= check.limit();
        return new CheckResult(check, value, passed);
    }
}
