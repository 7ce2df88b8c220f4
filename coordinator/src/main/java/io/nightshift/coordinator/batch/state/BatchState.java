package io.nightshift.coordinator.batch.state;

import io.nightshift.coordinator.forecast.ProgressCurve;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.ReusedParts;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.NewerEventException;
import io.nightshift.protocol.model.ModelVersion;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The state of a batch: an immutable fold over the entries of its ledger. It uses no actors, clocks or I/O. Each
/// of its parts folds the events that concern it.
///
/// @param batch the batch
/// @param entries how many ledger entries this state includes
/// @param head the hash of the last of them; before the first, the hash that every ledger of this batch
///     starts from
/// @param submitted the first event; null before it
/// @param life how far the batch is
/// @param planned what it scores
/// @param work what is scored
/// @param trial whether the predictions are good enough
/// @param upkeep what happens after the publication
public record BatchState(
        BatchId batch,
        long entries,
        String head,
        @Nullable Submitted submitted,
        LifeState life,
        PlanState planned,
        WorkState work,
        TrialState trial,
        UpkeepState upkeep) {

    /// The state before the first event.
    public static BatchState initial(BatchId batch) {
        return new BatchState(
                batch,
                0,
                LedgerEntry.origin(batch),
                null,
                LifeState.NONE,
                PlanState.NONE,
                WorkState.NONE,
                TrialState.NONE,
                UpkeepState.NONE);
    }

    /// Whether every partition is committed, the plan is not to be extended, and no canary is running.
    public boolean isComplete() {
        return plan() != null && committed().isComplete() && extension() == null && !isCanaryRunning();
    }

    /// Whether a candidate scores some partitions, and no other is scored yet.
    public boolean isCanaryRunning() {
        return canary() != null && canary().isRunning();
    }

    /// The version that scores partitions now, and has scored all that are committed.
    public ModelVersion model() {
        return canary() == null ? submission().model() : canary().model();
    }

    /// The version that scores the same rows of a partition only to be compared; null if none does.
    @Nullable
    public ModelVersion comparedModel(int partition) {
        if (isCanaryRunning()) {
            return submission().model();
        }
        ShadowState shadow = shadow();
        return shadow != null && shadow.scores(partition, attemptsFailed().getOrDefault(partition, 0))
                ? shadow.candidate()
                : null;
    }

    /// Whether the batch has a plan, and has yet to take over parts of another batch before it scores the others.
    public boolean isReusing() {
        return plan() != null
                && submission().reuse() != null
                && reusedTo() < plan().index().partitions();
    }

    /// The alias that is moved to the candidate after the publication; empty if none is.
    public Optional<String> aliasToPromote() {
        Rollout rollout = submission().job().rollout();
        boolean isPromoted = rollout != null
                && rollout.onPass() == Rollout.OnPass.PROMOTE
                && canary() != null
                && canary().status().state() == Canary.State.PASSED;
        return isPromoted ? Optional.ofNullable(submission().job().model().alias()) : Optional.empty();
    }

    /// Digest of the identities of the files that the batch scores; null if the ledger does not say.
    public @Nullable String input() {
        String submittedInput = submitted == null ? null : submitted.input();
        return plan() == null || plan().input() == null ? submittedInput : plan().input();
    }

    /// Whether the job has checks whose results are not known yet.
    public boolean needsChecks() {
        return checked() == null && !submission().job().checks().isEmpty();
    }

    /// Whether a failed check keeps the batch from being published until someone approves it.
    public boolean isHeldBack() {
        return approved() == null && trial.hasFailedChecks(OnFail.HOLD);
    }

    /// Whether the batch is open: neither published nor cancelled.
    public boolean isOpen() {
        return phase() != null && !phase().isEnd();
    }

    /// The plan of a batch that has one.
    ///
    /// @throws IllegalStateException if the batch is not planned
    public PinnedPlan pinned() {
        PinnedPlan plan = plan();
        if (plan == null) {
            throw new IllegalStateException(batch + " has no plan yet");
        }
        return plan;
    }

    /// The first event of a batch that has one.
    ///
    /// @throws IllegalStateException if the batch was not submitted
    public Submitted submission() {
        if (submitted == null) {
            throw new IllegalStateException(batch + " was not submitted");
        }
        return submitted;
    }

    /// The state after one more entry.
    ///
    /// @throws IllegalStateException if the entry doesn't continue the hash chain, or its event can't happen
    ///     in this phase: the ledger is damaged. Also if a later version wrote the event; the cause is a
    ///     [NewerEventException] then
    public BatchState apply(LedgerEntry entry) {
        return applied(entry).state();
    }

    /// An entry's event and the state after it.
    public record Applied(BatchEvent event, BatchState state) {}

    /// As [#apply(LedgerEntry)], for callers that need the event, too: decoding the events is most of the work of
    /// reading a ledger.
    public Applied applied(LedgerEntry entry) {
        try {
            if (!entry.follows(head)) {
                throw new IllegalStateException("its hash does not follow from the entry before");
            }
            BatchEvent event = entry.event();
            return new Applied(event, apply(event).at(entry.hash()));
        } catch (IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | UncheckedIOException damage) {
            throw new IllegalStateException(
                    "ledger of %s, entry %d: %s".formatted(batch, entries + 1, damage.getMessage()), damage);
        }
    }

    /// Why a batch can't be resumed after [#apply(LedgerEntry)] failed, for people.
    public static String damage(Exception problem) {
        return verdict(problem) + problem.getMessage();
    }

    /// The beginning of a sentence about an entry that can't be read.
    public static String verdict(Exception problem) {
        return isNewer(problem) ? "the ledger can't be read by this version: " : "the ledger is damaged: ";
    }

    /// Whether a later version wrote the entry that can't be read.
    public static boolean isNewer(Exception problem) {
        return problem instanceof NewerEventException || problem.getCause() instanceof NewerEventException;
    }

    /// See [LifeState#phase()].
    public @Nullable Phase phase() {
        return life.phase();
    }

    /// See [PlanState#pinned()].
    public @Nullable PinnedPlan plan() {
        return planned.pinned();
    }

    /// See [LifeState#incarnation()].
    public int incarnation() {
        return life.incarnation();
    }

    /// See [WorkState#committed()].
    public CommittedPartitions committed() {
        return work.committed();
    }

    /// See [WorkState#totals()].
    public CommittedTotals totals() {
        return work.totals();
    }

    /// See [WorkState#attemptsFailed()].
    public Map<Integer, Integer> attemptsFailed() {
        return work.attemptsFailed();
    }

    /// See [LifeState#failure()].
    public @Nullable Failure failure() {
        return life.failure();
    }

    /// See [LifeState#published()].
    public @Nullable Published published() {
        return life.published();
    }

    /// See [LifeState#paused()].
    public @Nullable Paused paused() {
        return life.paused();
    }

    /// See [WorkState#outage()].
    public @Nullable ResourceOutage outage() {
        return work.outage();
    }

    /// See [WorkState#progressAt()].
    public @Nullable Instant progressAt() {
        return work.progressAt();
    }

    /// See [WorkState#ignoresWindow()].
    public boolean ignoresWindow() {
        return work.ignoresWindow();
    }

    /// See [WorkState#curve()].
    public ProgressCurve curve() {
        return work.curve();
    }

    /// See [TrialState#checked()].
    public @Nullable Checked checked() {
        return trial.checked();
    }

    /// See [TrialState#approved()].
    public @Nullable Approved approved() {
        return trial.approved();
    }

    /// See [WorkState#resources()].
    public ResourceUse resources() {
        return work.resources();
    }

    /// See [PlanState#extension()].
    public @Nullable ExtensionRequested extension() {
        return planned.extension();
    }

    /// How far the removal is; null if the batch is not removed.
    public @Nullable Removal removal() {
        return upkeep.removal();
    }

    /// See [UpkeepState#operation()].
    @Nullable
    public UpkeepOperation operation() {
        return upkeep.operation();
    }

    /// The redrive that has yet to end; null if there is none.
    public UpkeepOperation.@Nullable Redriving redrive() {
        return upkeep.redrive();
    }

    /// See [UpkeepState#lastRedrive()].
    public @Nullable Redrive lastRedrive() {
        return upkeep.lastRedrive();
    }

    /// See [UpkeepState#supplements()].
    public List<Supplement> supplements() {
        return upkeep.supplements();
    }

    /// See [UpkeepState#supplementsWithPending()].
    public List<Supplement> supplementsWithPending() {
        return upkeep.supplementsWithPending();
    }

    /// See [PlanState#reusedTo()].
    public int reusedTo() {
        return planned.reusedTo();
    }

    /// See [TrialState#canary()].
    public @Nullable CanaryState canary() {
        return trial.canary();
    }

    /// See [TrialState#shadow()].
    public @Nullable ShadowState shadow() {
        return trial.shadow();
    }

    /// See [PlanState#reused()].
    public List<ReusedParts> reused() {
        return planned.reused();
    }

    private BatchState at(String hash) {
        return new BatchState(batch, entries, hash, submitted, life, planned, work, trial, upkeep);
    }

    /// The state after these events, before they are entries of the ledger: [#head()] stays the same.
    ///
    /// @throws IllegalStateException if one of the events can't happen
    public BatchState after(List<BatchEvent> events) {
        BatchState next = this;
        for (BatchEvent event : events) {
            next = next.apply(event);
        }
        return next;
    }

    /// The state after one more event, before it is an entry of the ledger.
    ///
    /// @throws IllegalStateException if the event can't happen in this phase
    public BatchState apply(BatchEvent event) {
        Phase before = phase();
        if (event instanceof Submitted first) {
            if (before != null) {
                throw new IllegalStateException("it can't begin twice");
            }
            if (!first.batch().equals(batch)) {
                throw new IllegalStateException("it is about " + first.batch());
            }
            return fold(event).counted(Phase.SUBMITTED, resources());
        }
        if (before == null || !Transitions.allows(before, event.getClass())) {
            throw new IllegalStateException("%s can't happen to a batch that is %s"
                    .formatted(event.getClass().getSimpleName(), before == null ? "not submitted" : before));
        }
        BatchState next = fold(event);
        Phase after = Transitions.next(
                        before, event.getClass(), next.plan() != null, next.isComplete(), next.isHeldBack())
                .orElseThrow();
        return next.counted(after, resources().after(this, event, next, after));
    }

    /// The state after an event, in the phase before it.
    private BatchState fold(BatchEvent event) {
        PlanState nextPlanned = planned.after(event, this);
        UpkeepState nextUpkeep = upkeep.after(event, this);
        return new BatchState(
                batch,
                entries,
                head,
                event instanceof Submitted first ? first : submitted,
                life.after(event),
                nextPlanned,
                work.after(event, this, nextPlanned.pinned(), nextUpkeep),
                trial.after(event, this),
                nextUpkeep);
    }

    private BatchState counted(Phase next, ResourceUse resources) {
        return new BatchState(
                batch, entries + 1, head, submitted, life.in(next), planned, work.with(resources), trial, upkeep);
    }

    /// The window outside which a batch that has begun leases nothing; null if there is none.
    @Nullable
    public TimeWindow pausingWindow() {
        JobTiming timing = submitted == null ? null : submitted.job().timing();
        return timing == null
                        || ignoresWindow()
                        || timing.window() == null
                        || timing.window().outside() != JobWindow.Outside.PAUSE
                ? null
                : TimeWindow.of(timing);
    }

    /// The use of the nodes by the batch; null if the ledger does not say.
    public @Nullable BatchUse use() {
        return resources().describe(totals().use());
    }
}
