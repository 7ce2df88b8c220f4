package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Reuse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A published batch whose parts another batch can reuse: `batch rescore`. See docs/decisions/0045-rescore.md.
/// Blocking.
public final class ReusableBatch {

    /// The most partitions and bytes that are staged in one step, so that a step ends in time and its event stays
    /// small.
    private static final int PARTITIONS = 5_000;

    private static final long BYTES = 1L << 30;

    /// The most numbers in the distributions of these partitions. They take some 15 MB in memory.
    private static final long NUMBERS = 500_000;

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
        if (!state.supplements().isEmpty() || state.redrive() != null) {
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
        PinnedPlan plan = state.pinned();
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
        Set<Integer> scored = new HashSet<>();
        ledger.forEach(
                state.batch(),
                (number, entry) -> commits(entry.event(), scored::remove, commit -> {
                    if (commit.model().equals(model)) {
                        scored.add(commit.partition());
                    } else {
                        scored.remove(commit.partition());
                    }
                }));
        return !scored.isEmpty();
    }

    /// @param withdrawn is given each partition whose commit no longer counts
    private static void commits(BatchEvent event, Consumer<Integer> withdrawn, Consumer<PartitionCommit> committed) {
        switch (event) {
            case BatchEvent.Committed some -> some.commits().forEach(committed);
            case BatchEvent.PartsReused some -> some.commits().forEach(committed);
            case BatchEvent.Rescored rescored -> rescored.partitions().forEach(withdrawn);
            default -> {}
        }
    }

    /// The commits of neighbouring partitions that count: as many as fit into one step. For one thread.
    static final class Step {
        private final TreeMap<Integer, PartitionCommit> commits = new TreeMap<>();
        private final int from;
        private int to;
        private long numbers;

        /// @param from the first partition
        /// @param to the partition after the last one at most
        private Step(int from, int to) {
            this.from = from;
            this.to = to;
        }

        /// The partition after the last.
        int to() {
            return to;
        }

        /// The commits in the order of their partitions.
        Collection<PartitionCommit> commits() {
            return commits.values();
        }

        private void add(PartitionCommit commit) {
            if (commit.partition() >= from && commit.partition() < to) {
                numbers += numbers(commit) - numbers(commits.put(commit.partition(), commit));
                while (numbers > NUMBERS && commits.size() > 1) {
                    to = commits.lastKey();
                    remove(to);
                }
            }
        }

        private void remove(int partition) {
            numbers -= numbers(commits.remove(partition));
        }
    }

    /// The commits that the next step considers.
    Step step(int from, int partitions) {
        Step step = new Step(from, Math.min(from + PARTITIONS, partitions));
        ledger.forEach(state.batch(), (number, entry) -> commits(entry.event(), step::remove, step::add));
        return step;
    }

    private static long numbers(@Nullable PartitionCommit commit) {
        return commit == null || commit.statistics() == null
                ? 0
                : commit.statistics().distributions().stream()
                        .mapToLong(distribution -> distribution.bins().size())
                        .sum();
    }

    /// Stages the next parts.
    ///
    /// @param other the batch that reuses them
    StagedParts stage(BatchState other, Destinations destinations) {
        Reuse reuse = Objects.requireNonNull(other.submission().reuse());
        int from = other.reusedTo();
        Step step = step(from, other.pinned().index().partitions());
        int to = step.to();
        List<PartitionCommit> parts = new ArrayList<>();
        long bytes = 0;
        for (PartitionCommit commit : step.commits()) {
            if (!reuse.isRescored(commit.partition(), commit.model())) {
                if (bytes + commit.bytes() > BYTES && !parts.isEmpty()) {
                    to = commit.partition();
                    break;
                }
                bytes += commit.bytes();
                parts.add(commit.reused(other.incarnation()));
            }
        }
        destinations.of(other.submission().job()).reusableParts().reuse(state.batch(), other.batch(), parts);
        return new StagedParts(from, to, parts);
    }
}
