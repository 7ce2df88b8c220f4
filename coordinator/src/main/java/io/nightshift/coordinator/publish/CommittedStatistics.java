package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionStatistics;
import java.util.Optional;

/// Sums what the committed attempts of a batch have counted for the checks of its job, event by event. Only
/// the
/// winning attempt of a partition counts: an earlier winner that was withdrawn has another epoch. For one
/// thread.
public final class CommittedStatistics {

    private final BatchState state;
    private PartitionStatistics sum = PartitionStatistics.NONE;

    /// @param state of the batch, which holds the winning epochs
    public CommittedStatistics(BatchState state) {
        this.state = state;
    }

    /// The sum over the committed partitions of a batch, read from its ledger.
    ///
    /// @param state of the batch
    public static PartitionStatistics read(Ledger ledger, BatchState state) {
        CommittedStatistics statistics = new CommittedStatistics(state);
        ledger.forEach(state.batch(), (number, entry) -> statistics.add(entry.event()));
        return statistics.sum();
    }

    /// Adds the commits of an event of the batch that still count.
    public void add(BatchEvent event) {
        if (event instanceof BatchEvent.Committed committed) {
            committed.commits().forEach(this::add);
        } else if (event instanceof BatchEvent.PartsReused reused) {
            reused.commits().forEach(this::add);
        }
    }

    private void add(PartitionCommit commit) {
        boolean counts = state.committed().epoch(commit.partition()).equals(Optional.of(commit.epoch()));
        if (counts && commit.statistics() != null) {
            sum = sum.plus(commit.statistics());
        }
    }

    /// The sum until now.
    public PartitionStatistics sum() {
        return sum;
    }
}
