package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Supplement;
import java.util.ArrayList;
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
        return read(ledger, state, state.supplements());
    }

    /// A published batch, with the supplement that is about to be published.
    public static CommittedBatch withPending(Ledger ledger, BatchState state) {
        return read(ledger, state, state.supplementsWithPending());
    }

    private static CommittedBatch read(Ledger ledger, BatchState state, List<Supplement> supplements) {
        Map<Integer, PartitionCommit> commits = new TreeMap<>();
        Set<Integer> rescored = new HashSet<>();
        CompactCommits compact = new CompactCommits();
        ledger.forEach(state.batch(), (number, entry) -> {
            BatchEvent event = entry.event();
            if (event instanceof BatchEvent.Committed committed) {
                committed.commits().forEach(commit -> commits.put(commit.partition(), compact.of(commit)));
            } else if (event instanceof BatchEvent.PartsReused reused) {
                reused.commits().forEach(commit -> commits.put(commit.partition(), compact.of(commit)));
            } else if (event instanceof BatchEvent.Rescored again) {
                again.partitions().forEach(commits::remove);
                rescored.addAll(again.partitions());
            }
        });
        return of(state, commits.values(), rescored, supplements);
    }

    /// @param commits that count, of the partitions of the plan, in their order
    /// @param rescored partitions that had another winner before
    public static CommittedBatch of(BatchState state, Collection<PartitionCommit> commits, Set<Integer> rescored) {
        return of(state, commits, rescored, state.supplements());
    }

    private static CommittedBatch of(
            BatchState state,
            Collection<PartitionCommit> commits,
            Set<Integer> rescored,
            List<Supplement> supplements) {
        BatchEvent.Submitted submitted = state.submission();
        return new CommittedBatch(
                state.batch(),
                submitted.job(),
                state.model(),
                submitted.at(),
                state.incarnation(),
                state.plan() == null ? List.of() : state.pinned().files(),
                supplemented(commits, supplements),
                supplements,
                rescored,
                state.checked(),
                state.approved(),
                state.entries(),
                state.head(),
                submitted.reuse() == null ? null : submitted.reuse().batch(),
                state.canary() == null ? null : state.canary().status(),
                ShadowState.report(state));
    }

    /// The commits whose output readers see: those of the plan, and those of supplements. The quarantine of the
    /// last supplement has replaced that of all commits before.
    ///
    /// @param commits of the partitions of the plan, in their order
    public static List<PartitionCommit> supplemented(
            Collection<PartitionCommit> commits, List<Supplement> supplements) {
        List<PartitionCommit> all = new ArrayList<>(commits);
        supplements.forEach(supplement -> all.add(supplement.commit()));
        if (!supplements.isEmpty()) {
            all.subList(0, all.size() - 1).replaceAll(PartitionCommit::withoutQuarantine);
        }
        return all;
    }
}
