package io.nightshift.coordinator.verification;

import io.nightshift.destination.Check;
import io.nightshift.destination.OutputProof;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.BatchCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Counts the predictions in the output of a batch again, and compares them with the results of the job's checks of
/// predictions in the ledger.
final class PredictionCheck {

    /// A check, and how many predictions exceed its limit.
    private static final class Count {
        private final CheckResult result;
        private long rows;

        Count(CheckResult result) {
            this.result = result;
        }

        void add(double value) {
            BatchCheck check = result.check();
            boolean isCounted = check.measure() == BatchCheck.Measure.PREDICTION_NULLS
                    ? !Double.isFinite(value)
                    : value < Objects.requireNonNullElse(check.min(), Double.NEGATIVE_INFINITY)
                            || value > Objects.requireNonNullElse(check.max(), Double.POSITIVE_INFINITY);
            rows += isCounted ? 1 : 0;
        }
    }

    private final History history;
    private final BatchEvent.Checked checked;
    private final List<Count> counts = new ArrayList<>();
    private final DistributionCounter distribution = DistributionCounter.ofPredictions(true);
    private final double[] one = new double[1];
    private long rows;

    /// @param checked the results
    PredictionCheck(History history, BatchEvent.Checked checked) {
        this.history = history;
        this.checked = checked;
        checked.results().stream()
                .filter(result -> result.check().measure().isOfPredictions()
                        && result.check().measure().isCounted())
                .forEach(result -> counts.add(new Count(result)));
    }

    void run(OutputProof output, Check check) {
        Distribution recorded =
                PartitionStatistics.find(checked.distributions(), null).orElse(null);
        if (counts.isEmpty() && recorded == null) {
            return;
        }
        try {
            if (!output.predictions(history.planned(), this::add)) {
                check.open("not counted again, since the output has the labels of classes, not their positions");
                return;
            }
        } catch (FailureException e) {
            check.problem("the output can't be read: %s", e.getMessage());
            return;
        }
        for (Count count : counts) {
            double share = rows == 0 ? 0 : (double) count.rows / rows;
            if (share != count.result.value()) {
                check.problem(
                        "%s is %s in the output, the ledger says %s",
                        count.result.check().name(), share, count.result.value());
            }
        }
        if (recorded != null && !recorded.equals(distribution.distribution())) {
            check.problem("the predictions in the output have another distribution than the ledger says");
        }
        check.proved(
                "%,d predictions, counted again in the output, give what the checks of predictions have measured; columns of the input are not counted again",
                rows);
    }

    private void add(double prediction) {
        rows++;
        one[0] = prediction;
        distribution.count(one, 1);
        counts.forEach(count -> count.add(prediction));
    }
}
