package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CompactCommits;
import io.nightshift.destination.Check;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Reuse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Compares the parts that a batch has taken over with the ledger of the batch that they come from: the same rows,
/// the same model, and the same length and digest of each file. That the files are those, the check of the
/// checksums proves. The ledger of the other batch stays when its output is removed.
final class ReuseCheck {

    private final Ledger ledger;
    private final History history;

    /// @param history of a batch that reuses parts
    ReuseCheck(Ledger ledger, History history) {
        this.ledger = ledger;
        this.history = history;
    }

    void run(Check check) {
        Reuse reuse = Objects.requireNonNull(history.state().submission().reuse());
        List<PartitionCommit> reused = history.planned().stream()
                .filter(commit -> commit.epoch().isReuse())
                .toList();
        Map<Integer, PartitionCommit> sources;
        try {
            sources = commits(new BatchId(reuse.batch()));
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            check.problem("the ledger of %s can't be read: %s", reuse.batch(), e.getMessage());
            return;
        }
        for (PartitionCommit commit : reused) {
            PartitionCommit source = sources.get(commit.partition());
            if (source == null || !isSame(source, commit)) {
                check.problem("partition %d is not the one that %s has committed", commit.partition(), reuse.batch());
            } else if (reuse.isRescored(commit.partition(), commit.model())) {
                check.problem("partition %d was to be scored again, and is reused", commit.partition());
            }
        }
        if (history.state().isReusing()) {
            check.open("%,d parts of %s are reused until now", reused.size(), reuse.batch());
        }
        check.proved(
                "%,d partitions are those of %s, by its ledger: the same rows, model, lengths and SHA-256",
                reused.size(), reuse.batch());
    }

    private static boolean isSame(PartitionCommit source, PartitionCommit reused) {
        return source.firstRow() == reused.firstRow()
                && source.rows() == reused.rows()
                && source.part().equals(reused.part())
                && Objects.equals(source.quarantine(), reused.quarantine())
                && source.model().equals(reused.model())
                && Objects.equals(source.value(), reused.value());
    }

    /// The commits of a batch that count.
    private Map<Integer, PartitionCommit> commits(BatchId batch) {
        Map<Integer, PartitionCommit> commits = new HashMap<>();
        CompactCommits compact = new CompactCommits();
        ledger.forEach(batch, (number, entry) -> {
            switch (entry.event()) {
                case BatchEvent.Committed committed ->
                    committed.commits().forEach(commit -> commits.put(commit.partition(), compact.of(commit)));
                case BatchEvent.PartsReused reused ->
                    reused.commits().forEach(commit -> commits.put(commit.partition(), compact.of(commit)));
                case BatchEvent.Rescored rescored -> rescored.partitions().forEach(commits::remove);
                default -> {}
            }
        });
        return commits;
    }
}
