package io.nightshift.coordinator.ledger;

import io.nightshift.api.DriftReport;
import io.nightshift.api.DriftReport.ColumnDrift;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.JensenShannonDivergence;
import io.nightshift.coordinator.batch.state.StabilityIndex;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Compares the distributions that two batches have kept in the ledger.
public final class DriftReports {

    private DriftReports() {}

    /// The batch that the checks of a batch have compared it with; empty if there was none.
    ///
    /// @throws FailureException permanent, if the batch has kept no distribution
    public static Optional<BatchId> baseline(BatchState batch) {
        return checked(batch).results().stream()
                .map(CheckResult::baseline)
                .filter(Objects::nonNull)
                .findFirst();
    }

    /// @param batch to compare
    /// @param baseline to compare it with, or null to describe the batch alone
    /// @throws FailureException permanent, if one of them has kept no distribution
    public static DriftReport of(BatchState batch, @Nullable BatchState baseline) {
        List<Distribution> earlier =
                baseline == null ? List.of() : checked(baseline).distributions();
        List<ColumnDrift> columns = new ArrayList<>();
        for (Distribution now : checked(batch).distributions()) {
            Distribution before =
                    PartitionStatistics.find(earlier, now.column()).orElse(null);
            columns.add(baseline == null || before == null ? column(now, batch) : column(now, batch, before, baseline));
        }
        return new DriftReport(
                batch.batch().value(),
                baseline == null ? null : baseline.batch().value(),
                batch.totals().predictions(),
                baseline == null ? null : baseline.totals().predictions(),
                columns);
    }

    private static ColumnDrift column(Distribution now, BatchState batch) {
        return new ColumnDrift(now.column(), null, null, missing(now), null, unseen(now, batch), null, mean(now), null);
    }

    private static ColumnDrift column(Distribution now, BatchState batch, Distribution before, BatchState baseline) {
        boolean areComparable = rows(now) > 0 && rows(before) > 0;
        return new ColumnDrift(
                now.column(),
                areComparable ? StabilityIndex.of(before, now) : null,
                areComparable ? JensenShannonDivergence.of(before, now) : null,
                missing(now),
                missing(before),
                unseen(now, batch),
                unseen(before, baseline),
                mean(now),
                mean(before));
    }

    private static BatchEvent.Checked checked(BatchState batch) {
        BatchEvent.Checked checked = batch.checked();
        if (checked != null && !checked.distributions().isEmpty()) {
            return checked;
        }
        throw FailureException.permanent(
                checked == null && batch.isOpen()
                        ? "the distributions of batch %s are known when all of its partitions are scored"
                                .formatted(batch.batch())
                        : "batch %s has kept no distributions; add checks with psi to the job, such as checks: {on-fail: warn, psi: {all: 0.25}, prediction: {psi: 0.25}}"
                                .formatted(batch.batch()));
    }

    private static long rows(Distribution distribution) {
        return distribution.rows() + distribution.missing();
    }

    private static double missing(Distribution distribution) {
        return rows(distribution) == 0 ? 0 : (double) distribution.missing() / rows(distribution);
    }

    private static double unseen(Distribution distribution, BatchState batch) {
        long unseen = distribution.column() == null
                ? 0
                : batch.totals().unseenCategories().getOrDefault(distribution.column(), 0L);
        return unseen == 0 ? 0 : (double) unseen / batch.totals().read();
    }

    private static @Nullable Double mean(Distribution distribution) {
        double mean = distribution.mean();
        return Double.isNaN(mean) ? null : mean;
    }
}
