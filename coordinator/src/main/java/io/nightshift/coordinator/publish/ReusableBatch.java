package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.batch.StagedParts;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.storage.Destinations;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A published batch whose parts another batch can reuse: `batch rescore`. See docs/decisions/0045-rescore.md.
/// Blocking.
public final class ReusableBatch {

    /// The most partitions and bytes that are staged in one step, so that a step ends in time and its event stays
    /// small.
    private static final int PARTITIONS = 5_000;

    private static final long BYTES = 1L << 30;

    private final Ledger ledger;
    private final BatchState state;

    private ReusableBatch(Ledger ledger, BatchState state) {
        this.ledger = ledger;
        this.state = state;
    }

    /// Finds a batch in the ledger.
    ///
    /// @throws FailureException permanent, with a sentence, if its parts can't be reused
    public static ReusableBatch of(Ledger ledger, Destinations destinations, BatchId batch) {
        BatchState state = ledger.state(batch);
        String refusal = refusal(state, destinations);
        if (refusal != null) {
            throw FailureException.permanent("the parts of %s can't be reused: %s".formatted(batch, refusal));
        }
        return new ReusableBatch(ledger, state);
    }

    private static @Nullable String refusal(BatchState state, Destinations destinations) {
        if (state.phase() == null) {
            return "there is no such batch";
        }
        if (state.phase() != Phase.PUBLISHED) {
            return "it is %s. Wait until it is published; `batch rescore` without --model scores partitions of an open batch again"
                    .formatted(state.phase());
        }
        if (state.removal() != null) {
            return "it is " + state.removal().sentence();
        }
        if (!state.redrives().all().isEmpty() || state.redrives().isPending()) {
            return "rows of its quarantine were added to it later. Run the job with the other model and --new";
        }
        Job job = state.submission().job();
        if (job.source().input() instanceof DatabaseInput
                || job.source().lookups().stream().anyMatch(lookup -> lookup.input() instanceof DatabaseInput)) {
            return "rows of a database can't be read again as they were. Run the job with the other model and --new";
        }
        if (job.incremental() != null) {
            return "its job is incremental, and the next batch of the job would read the same rows again";
        }
        if (state.input() == null) {
            return "its ledger does not say what it has read";
        }
        return destinations.of(job).reuseRefusal(job).orElse(null);
    }

    /// The batch by its ledger.
    public BatchState state() {
        return state;
    }

    /// The plan with the digest of the input. A division by a partition key is in the first plan only.
    BatchEvent.Planned plan() {
        BatchEvent.Planned[] found = new BatchEvent.Planned[1];
        boolean[] isExtended = new boolean[1];
        ledger.forEach(state.batch(), (number, entry) -> {
            BatchEvent event = entry.event();
            if (event instanceof BatchEvent.Planned planned) {
                found[0] = planned;
            }
            isExtended[0] |= event instanceof BatchEvent.PlanExtended;
        });
        BatchState.Plan plan = state.pinned();
        return new BatchEvent.Planned(
                found[0].at(),
                plan.files(),
                plan.partitions(),
                Objects.requireNonNull(state.input()),
                isExtended[0] ? null : found[0].cuts());
    }

    /// Whether a model has scored at least one partition.
    ///
    /// @param model SHA-256 of its file
    public boolean wasScoredBy(String model) {
        return commits(0, Integer.MAX_VALUE).stream()
                .anyMatch(commit -> commit.model().equals(model));
    }

    /// The commits of some partitions that count, in their order.
    ///
    /// @param from the first partition
    /// @param to the partition after the last
    List<PartitionCommit> commits(int from, int to) {
        TreeMap<Integer, PartitionCommit> commits = new TreeMap<>();
        ledger.forEach(state.batch(), (number, entry) -> {
            switch (entry.event()) {
                case BatchEvent.Committed committed ->
                    committed.commits().forEach(commit -> put(commits, commit, from, to));
                case BatchEvent.PartsReused reused ->
                    reused.commits().forEach(commit -> put(commits, commit, from, to));
                case BatchEvent.Rescored rescored -> rescored.partitions().forEach(commits::remove);
                default -> {}
            }
        });
        return List.copyOf(commits.values());
    }

    private static void put(Map<Integer, PartitionCommit> commits, PartitionCommit commit, int from, int to) {
        if (commit.partition() >= from && commit.partition() < to) {
            commits.put(commit.partition(), commit);
        }
    }

    /// Stages the next parts.
    ///
    /// @param other the batch that reuses them
    StagedParts stage(BatchState other, Destinations destinations) {
        Reuse reuse = Objects.requireNonNull(other.submission().reuse());
        int from = other.reusedTo();
        int to = Math.min(from + PARTITIONS, other.pinned().index().partitions());
        TreeMap<Integer, PartitionCommit> reused = new TreeMap<>();
        long bytes = 0;
        for (PartitionCommit commit : commits(from, to)) {
            if (!reuse.isRescored(commit.partition(), commit.model())) {
                if (bytes + commit.bytes() > BYTES && !reused.isEmpty()) {
                    to = commit.partition();
                    break;
                }
                bytes += commit.bytes();
                reused.put(commit.partition(), commit.reused(other.incarnation()));
            }
        }
        List<PartitionCommit> parts = List.copyOf(reused.values());
        destinations.of(other.submission().job()).reuse(state.batch(), other.batch(), parts);
        return new StagedParts(from, to, parts);
    }
}
