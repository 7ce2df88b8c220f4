package io.nightshift.coordinator.batch.attempt;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.PartitionPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Decides which attempts are committed.
///
/// Exactly-once is decided in one place, [#flush]: a commit is persisted if, and only if, its epoch holds the
/// lease at that moment. It is acknowledged after that. Everything else can be repeated without effect.
/// Pending commits are not in the ledger; their workers ask again after a restart.
///
/// Deterministic, like [BatchDecisions].
public class CommitDecisions {

    private static final int REASONS_SHOWN = 3;

    private final BatchId batch;
    private final AttemptDecisions attempts;

    /// By partition, in the order of arrival.
    private final Map<Integer, BatchCommand.Commit> pending = new LinkedHashMap<>();

    /// Why the first quarantined rows of this incarnation were quarantined.
    private final List<String> firstReasons = new ArrayList<>();

    public CommitDecisions(BatchId batch, AttemptDecisions attempts) {
        this.batch = batch;
        this.attempts = attempts;
    }

    /// Makes a commit pending, so that several share one journal write.
    ///
    /// @param judgeable see [LifecycleDecisions#judgeableIncarnation]
    public BatchDecision commit(BatchState state, BatchCommand.Commit message, int judgeable, DecisionTime now) {
        PartitionCommit commit = message.commit();
        Attempt attempt = commit.attempt(batch);
        if (AttemptDecisions.isCommitted(state, attempt)) {
            return BatchDecision.of(acknowledge(message));
        }
        String refusal = refusal(state, commit);
        if (refusal != null) {
            return AttemptDecisions.refuse(message.worker(), attempt, judgeable, refusal);
        }
        attempts.extendLease(commit, now);
        message.reasons().stream()
                .limit(Math.max(0, REASONS_SHOWN - firstReasons.size()))
                .forEach(firstReasons::add);
        boolean isFirst = pending.isEmpty();
        pending.put(commit.partition(), message);
        return isFirst ? BatchDecision.of(new CoordinatorAction.FlushCommits()) : BatchDecision.nothing();
    }

    private CoordinatorAction acknowledge(BatchCommand.Commit message) {
        return new CoordinatorAction.Send<>(
                message.worker(), new WorkerMessage.Committed(message.commit().attempt(batch)));
    }

    /// Why the attempt can't be committed, or null if it can.
    @Nullable
    protected String refusal(BatchState state, PartitionCommit commit) {
        if (!attempts.keepsLeases(state)) {
            return "the batch is " + state.phase();
        }
        if (!holdsLease(commit)) {
            return "the attempt no longer holds its partition";
        }
        PartitionPlan.Range range = state.pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            return "the attempt scored other rows than planned";
        }
        Cut cut = state.pinned().index().cut(commit.partition());
        if (!Objects.equals(commit.value(), cut == null ? null : cut.value())) {
            return "the attempt scored rows of another partition value than planned";
        }
        if (!isOfLeasedModel(state, commit)) {
            return "the attempt scored with another model";
        }
        return null;
    }

    /// Whether the attempt has scored with the model of its lease: an attempt of a candidate that has failed
    /// has not.
    protected boolean isOfLeasedModel(BatchState state, PartitionCommit commit) {
        return commit.model().equals(state.model().sha256());
    }

    protected boolean holdsLease(PartitionCommit commit) {
        return attempts.holdsLease(commit);
    }

    /// Persists the pending commits whose epochs still hold their leases, in one journal write, and
    /// acknowledges them.
    public BatchDecision flush(BatchState state, DecisionTime now) {
        List<CoordinatorAction> actions = new ArrayList<>();
        List<BatchCommand.Commit> accepted = new ArrayList<>();
        for (BatchCommand.Commit candidate : pending.values()) {
            String refusal = refusal(state, candidate.commit());
            if (refusal == null) {
                accepted.add(candidate);
            } else {
                actions.add(AttemptDecisions.abandon(
                        candidate.worker(), candidate.commit().attempt(batch), refusal));
            }
        }
        pending.clear();
        if (accepted.isEmpty()) {
            return BatchDecision.of(actions);
        }
        for (BatchCommand.Commit commit : accepted) {
            attempts.committed(commit.commit(), now);
            actions.add(acknowledge(commit));
        }
        return BatchDecision.persist(
                events(state, accepted.stream().map(BatchCommand.Commit::commit).toList(), now), actions);
    }

    /// The commits, and the batch's failure if they exceed the error limit, leave the batch empty, or leave
    /// only exhausted partitions. One write holds both, so that no crash between them can let the batch be
    /// published.
    private List<BatchEvent> events(BatchState state, List<PartitionCommit> commits, DecisionTime now) {
        List<BatchEvent> events = new ArrayList<>();
        DiscardedUse.Sum discarded = attempts.takeDiscarded();
        events.add(new BatchEvent.Committed(
                now.instant(), commits, discarded.attempts() == 0 ? null : discarded.use(), discarded.attempts()));
        CommittedTotals totals = state.totals();
        for (PartitionCommit commit : commits) {
            totals = totals.plus(commit);
        }
        String violation = violation(state, totals, state.committed().count() + commits.size());
        Failure failure = violation != null
                ? Failure.permanent(violation)
                : attempts.unfinishableFailure(
                        state, state.committed().count() + commits.size(), state.attemptsFailed());
        if (failure != null) {
            events.add(new BatchEvent.Failed(now.instant(), failure));
        }
        return events;
    }

    /// Why the job forbids to publish the committed partitions: its error limit is exceeded, or the batch is
    /// complete and empty. In one or two sentences; null if nothing is wrong with them.
    ///
    /// @param committed how many partitions are committed
    @Nullable
    public String violation(BatchState state, CommittedTotals totals, int committed) {
        if (state.plan() == null) {
            return null;
        }
        PartitionPlan.Index plan = state.plan().index();
        Job job = state.submission().job();
        boolean isWhole = committed == plan.partitions() && state.extension() == null;
        if (job.source().failsIfEmpty() && isWhole && totals.read() == 0) {
            return String.format(
                    Locale.ROOT,
                    "none of the %,d rows meets source.where, and the job says source.on-empty: fail",
                    plan.rows());
        }
        return ErrorLimit.violation(job.errors(), plan.rows(), totals, firstReasons);
    }

    /// Why the job forbids to publish what is committed, as [#violation(BatchState, CommittedTotals, int)].
    @Nullable
    public String violation(BatchState state) {
        return violation(state, state.totals(), state.committed().count());
    }
}
