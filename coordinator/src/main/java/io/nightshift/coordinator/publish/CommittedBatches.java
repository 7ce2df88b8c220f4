package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.storage.destination.CommittedBatch;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Batches as destinations see them.
public final class CommittedBatches {

    private CommittedBatches() {}

    /// A batch with the commits that count, read from its ledger.
    public static CommittedBatch read(Ledger ledger, BatchState state) {
        Map<Integer, PartitionCommit> commits = new TreeMap<>();
        Set<Integer> rescored = new HashSet<>();
        ledger.forEach(state.batch(), (number, entry) -> {
            BatchEvent event = entry.event();
            if (event instanceof BatchEvent.Committed committed) {
                committed.commits().forEach(commit -> commits.put(commit.partition(), commit));
            } else if (event instanceof BatchEvent.Rescored again) {
                again.partitions().forEach(commits::remove);
                rescored.addAll(again.partitions());
            }
        });
        return of(state, commits.values(), rescored);
    }

    /// @param commits that count, in the order of the partitions
    /// @param rescored partitions that had another winner before
    public static CommittedBatch of(BatchState state, Collection<PartitionCommit> commits, Set<Integer> rescored) {
        BatchEvent.Submitted submitted = state.submission();
        return new CommittedBatch(
                state.batch(),
                submitted.job(),
                submitted.model(),
                submitted.at(),
                state.incarnation(),
                state.plan() == null ? List.of() : state.pinned().files(),
                List.copyOf(commits),
                rescored,
                state.checked(),
                state.approved(),
                state.entries(),
                state.head());
    }
}
