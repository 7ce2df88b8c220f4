package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.trial.CanaryDecisions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.CommittedBatches;
import io.nightshift.coordinator.publish.CompactCommits;
import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.PartitionPlan.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The history of a batch according to its ledger. It is read once, from the first entry, and trusted as far
/// as each entry follows from those before it: by its hash, by its number, by what may happen to a batch in
/// that phase, and by the epochs that its coordinators could have given. It ends at the first entry that
/// doesn't.
///
/// Keeps every commit, as [CompactCommits].
final class History {

    private final BatchId batch;
    private final Check chain;
    private final Check epochs;
    private final Check partitions;

    private BatchState state;
    private boolean ended;
    private @Nullable PartitionCommit[] commits = {};
    private final Set<Epoch> failedEpochs = new HashSet<>();
    /// The epochs of commits that were forgotten, since their partitions were scored again.
    private final Set<Epoch> usedEpochs = new HashSet<>();
    private final List<Epoch> supplemented = new ArrayList<>();
    /// The hash after each entry from the last commit on: one of them is in the manifest.
    private final Map<Long, String> heads = new HashMap<>();

    /// [#heads] before the last supplement was committed: the published manifest has one of them if the supplement
    /// is withdrawn.
    private Map<Long, String> earlierHeads = Map.of();

    private final CompactCommits compact = new CompactCommits();

    private History(BatchId batch, Consumer<Finding> findings) {
        this.batch = batch;
        this.state = BatchState.initial(batch);
        chain = new Check("ledger", findings);
        epochs = new Check("epochs", findings);
        partitions = new Check("partitions", findings);
    }

    /// Reads the history of a batch and reports what it proves of itself.
    static History read(Ledger ledger, BatchId batch, Consumer<Finding> findings) {
        History history = new History(batch, findings);
        try {
            ledger.forEach(batch, history::entry);
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            history.chain.problem("%s", e.getMessage());
        }
        history.conclude();
        return history;
    }

    /// Whether every entry was believed.
    boolean isSound() {
        return !chain.hasProblems();
    }

    /// Whether every entry was believed, and there is one.
    boolean isWhole() {
        return isSound() && state.entries() > 0;
    }

    BatchState state() {
        return state;
    }

    /// The commits whose output readers see: of the partitions of the plan, in their order, and of supplements.
    List<PartitionCommit> commits() {
        return CommittedBatches.supplemented(planned(), state.supplements());
    }

    /// The commits of the partitions of the plan, in their order, with the quarantine that they had.
    List<PartitionCommit> planned() {
        return committed().toList();
    }

    /// The commit of a partition, or null if there is none.
    @Nullable
    PartitionCommit commit(int partition) {
        return partition < commits.length ? commits[partition] : null;
    }

    /// The hash after an entry, or null if that entry is older than the last commit.
    @Nullable
    String headAt(long entry) {
        return heads.get(entry);
    }

    private Stream<PartitionCommit> committed() {
        return Arrays.stream(commits).filter(Objects::nonNull).map(Objects::requireNonNull);
    }

    private void entry(long number, LedgerEntry entry) {
        if (ended) {
            return;
        }
        if (number != state.entries() + 1) {
            end("entry %,d is missing: after entry %,d comes entry %,d", state.entries() + 1, state.entries(), number);
            return;
        }
        if (!entry.follows(state.head())) {
            end("entry %,d was changed or moved: its hash does not follow from the entry before", number);
            return;
        }
        BatchState.Applied applied;
        try {
            applied = state.applied(entry);
        } catch (RuntimeException e) {
            // Whatever a forged entry breaks: it can't have been written by a coordinator.
            end("entry %,d can't be: %s", number, e.getMessage());
            return;
        }
        look(number, applied.event(), applied.state());
        state = applied.state();
    }

    private void end(String format, @Nullable Object... arguments) {
        chain.problem(format, arguments);
        ended = true;
    }

    private void look(long number, BatchEvent event, BatchState next) {
        boolean isSupplement = event instanceof BatchEvent.SupplementCommitted;
        if (isSupplement) {
            earlierHeads = Map.copyOf(heads);
        }
        if (isSupplement || event instanceof BatchEvent.Committed || event instanceof BatchEvent.PartsReused) {
            heads.clear();
        }
        if (event instanceof BatchEvent.RedriveFailed) {
            heads.putAll(earlierHeads);
        }
        if (event instanceof BatchEvent.SupplementPublished) {
            earlierHeads = Map.of();
        }
        if (!(event instanceof BatchEvent.Published || event instanceof BatchEvent.SupplementPublished)) {
            heads.put(number, next.head());
        }
        switch (event) {
            case BatchEvent.TookOver tookOver -> {
                if (tookOver.incarnation() != state.incarnation() + 1) {
                    epochs.problem(
                            "entry %,d: incarnation %d is followed by incarnation %d",
                            number, state.incarnation(), tookOver.incarnation());
                }
            }
            case BatchEvent.Planned planned ->
                commits = new @Nullable PartitionCommit[next.pinned().index().partitions()];
            case BatchEvent.PlanExtended extended ->
                commits = Arrays.copyOf(commits, next.pinned().index().partitions());
            case BatchEvent.AttemptFailed failed -> {
                lookAtEpoch(number, failed.partition(), failed.epoch());
                failedEpochs.add(failed.epoch());
            }
            case BatchEvent.CanaryDecided decided -> lookAtCanary(number, decided);
            case BatchEvent.Rescored rescored -> rescored.partitions().forEach(this::forget);
            case BatchEvent.SupplementCommitted committed ->
                supplemented.add(committed.supplement().commit().epoch());
            case BatchEvent.Committed committed ->
                committed.commits().forEach(commit -> {
                    lookAtCommit(number, commit);
                    lookAtModel(number, commit);
                });
            // That these are the commits of the other batch is checked with its ledger.
            case BatchEvent.PartsReused reused -> reused.commits().forEach(commit -> lookAtCommit(number, commit));
            default -> {}
        }
    }

    /// Compares the results of the guards with what the candidate's commits have counted.
    private void lookAtCanary(long number, BatchEvent.CanaryDecided decided) {
        CanaryState canary = state.canary();
        Rollout rollout = state.submission().job().rollout();
        if (canary == null || rollout == null || decided.reason() != null) {
            return;
        }
        boolean follows = CanaryDecisions.rows(canary) == decided.rows()
                && decided.rows() > 0
                && CanaryDecisions.results(rollout, canary).equals(decided.results());
        if (!follows) {
            partitions.problem(
                    "entry %,d: the figures of the canary do not follow from the commits of %s",
                    number, canary.status().candidate());
        }
    }

    /// A partition is to be scored again; the lease under which it was committed is used up.
    private void forget(int partition) {
        PartitionCommit forgotten = commits[partition];
        if (forgotten != null) {
            usedEpochs.add(forgotten.epoch());
            commits[partition] = null;
        }
    }

    private void lookAtEpoch(long number, int partition, Epoch epoch) {
        if (epoch.incarnation() != state.incarnation()) {
            epochs.problem(
                    "entry %,d: partition %d has the epoch %s, which incarnation %d can't have granted",
                    number, partition, epoch, state.incarnation());
        }
    }

    private void lookAtCommit(long number, PartitionCommit commit) {
        lookAtEpoch(number, commit.partition(), commit.epoch());
        if (failedEpochs.contains(commit.epoch())) {
            epochs.problem(
                    "entry %,d: partition %d was committed by the attempt %s, which had failed",
                    number, commit.partition(), commit.epoch());
        }
        if (usedEpochs.contains(commit.epoch())) {
            epochs.problem(
                    "entry %,d: partition %d was committed by the attempt %s, which was committed before the partition was rescored",
                    number, commit.partition(), commit.epoch());
        }
        Range range = state.pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            partitions.problem(
                    "entry %,d: partition %d is committed with rows %,d to %,d, and planned with rows %,d to %,d",
                    number,
                    commit.partition(),
                    commit.firstRow(),
                    commit.firstRow() + commit.rows() - 1,
                    range.firstRow(),
                    range.endRow() - 1);
        }
        if (!Objects.equals(commit.value(), value(state, commit))) {
            partitions.problem(
                    "entry %,d: partition %d is committed with the partition value %s, and planned with %s",
                    number, commit.partition(), commit.value(), value(state, commit));
        }
        if (!state.submission().job().leavesOutRows() && commit.read() != commit.rows()) {
            partitions.problem(
                    "entry %,d: partition %d has %,d rows, but %,d were predicted or quarantined",
                    number, commit.partition(), commit.rows(), commit.read());
        }
        commits[commit.partition()] = compact.of(commit);
    }

    private void lookAtModel(long number, PartitionCommit commit) {
        if (commit.epoch().isReuse()) {
            epochs.problem(
                    "entry %,d: partition %d was committed without a lease, as %s",
                    number, commit.partition(), commit.epoch());
        }
        if (!commit.model().equals(state.model().sha256())) {
            partitions.problem("entry %,d: partition %d was scored by another model", number, commit.partition());
        }
    }

    private static @Nullable String value(BatchState state, PartitionCommit commit) {
        Cut cut = state.pinned().index().cut(commit.partition());
        return cut == null ? null : cut.value();
    }

    private void conclude() {
        if (state.entries() == 0 && !chain.hasProblems()) {
            chain.open("it has no entry of %s", batch);
            return;
        }
        chain.proved(
                "%,d entries, each following from the one before; the hash of the last is %s",
                state.entries(), state.head());
        if (!isWhole() || state.plan() == null) {
            return;
        }
        lookForRepeatedEpochs();
        epochs.proved("each commit has a lease of its own, from the coordinator of that time");
        lookAtTiling();
    }

    private void lookForRepeatedEpochs() {
        Epoch[] sorted = Stream.concat(committed().map(PartitionCommit::epoch), supplemented.stream())
                .filter(epoch -> !epoch.isReuse())
                .sorted()
                .toArray(Epoch[]::new);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i].equals(sorted[i - 1])) {
                epochs.problem("two partitions were committed under one lease, %s", sorted[i]);
            }
        }
    }

    private void lookAtTiling() {
        long rows = state.pinned().partitions().rows();
        if (!state.isComplete()) {
            partitions.open(
                    "%,d of %,d are committed, each once and with its planned rows; %,d of %,d input rows are not yet covered",
                    state.committed().count(),
                    commits.length,
                    rows - state.totals().rows(),
                    rows);
            return;
        }
        long covered = 0;
        for (PartitionCommit commit : planned()) {
            if (commit.firstRow() != covered) {
                partitions.problem(
                        "partition %d begins at row %,d, where row %,d is next",
                        commit.partition(), commit.firstRow(), covered);
            }
            covered = commit.firstRow() + commit.rows();
        }
        if (covered != rows) {
            partitions.problem("they cover %,d rows; the input has %,d", covered, rows);
        }
        partitions.proved(
                "%,d, each committed once; end to end they are the %,d input rows, without gap or overlap",
                commits.length, rows);
    }
}
