package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Notices that another coordinator has taken over the batch. This happens when the cluster takes this node
/// for dead although it is only frozen or cut off. A write of this coordinator would fail then; this class
/// finds out without a write, by counting the batch's entries in the journal.
///
/// Deterministic, like [BatchDecisions].
public class TakeoverDetection {

    private final BatchSettings settings;
    private final LifecycleDecisions lifecycle;

    /// When the last count was requested; null before the first tick.
    private @Nullable DecisionTime lastCount;

    public TakeoverDetection(BatchSettings settings, LifecycleDecisions lifecycle) {
        this.settings = settings;
        this.lifecycle = lifecycle;
    }

    /// The last tick; null before the first one.
    private @Nullable DecisionTime lastTick;

    /// Whether this coordinator did not run for so long that another one may have taken over, and it has not
    /// counted the entries since.
    private boolean hasSlept;

    /// In how many leases' durations the register's question leads to a count.
    private static final int REGISTER_INTERVAL = 10;

    /// Requests a count once in a lease's duration while the coordinator has no reason to write. A
    /// coordinator without ticks counts when it is asked.
    ///
    /// @param decision what is decided about the same tick
    public List<CoordinatorAction> tick(BatchState state, BatchDecision decision, DecisionTime now) {
        noticeSleep(now);
        lastTick = now;
        if (lastCount == null) {
            lastCount = now;
        }
        boolean isRecent = now.nanos() - lastCount.nanos() < settings.lease().toNanos();
        return isRecent || !isIdle(state, now) || !decision.events().isEmpty() ? List.of() : List.of(count(now));
    }

    /// Requests a count because a client or a worker asks for a batch that has failed or waits for its
    /// window, once in a lease's duration.
    public List<CoordinatorAction> asked(BatchState state, DecisionTime now) {
        return ifWithoutTicks(state, now, settings.lease().toNanos());
    }

    /// Requests a count because the register asks about such a batch, more rarely.
    public List<CoordinatorAction> ensured(BatchState state, DecisionTime now) {
        return ifWithoutTicks(state, now, REGISTER_INTERVAL * settings.lease().toNanos());
    }

    private List<CoordinatorAction> ifWithoutTicks(BatchState state, DecisionTime now, long interval) {
        boolean isRecent = lastCount != null && now.nanos() - lastCount.nanos() < interval;
        return isRecent || isStopped(state) || !isIdle(state, now) ? List.of() : List.of(count(now));
    }

    /// Whether nothing is written until someone asks for it. Another coordinator may have written meanwhile
    /// and stopped again, and nothing would ever tell this one.
    protected boolean isIdle(BatchState state, DecisionTime now) {
        return isStopped(state) || state.phase() == Phase.FAILED || WindowGate.opening(state, now.instant()) != null;
    }

    /// Whether the batch waits for an operator.
    private static boolean isStopped(BatchState state) {
        return state.phase() == Phase.PAUSED || state.phase() == Phase.HELD;
    }

    /// A coordinator ticks every second while it has partitions to lease. If it did not, its process or its machine
    /// was frozen. Meanwhile the cluster may have removed its node and started another coordinator.
    private void noticeSleep(DecisionTime now) {
        hasSlept |= lastTick != null
                && now.nanos() - lastTick.nanos() > settings.lease().toNanos() / 2;
    }

    /// The decision about a request for a lease, if another coordinator may have taken over while this one did not
    /// run: to lease nothing until the entries are counted. Empty if this coordinator may lease.
    public Optional<BatchDecision> check(BatchState state, BatchCommand.RequestLease request, DecisionTime now) {
        noticeSleep(now);
        if (!hasSlept) {
            return Optional.empty();
        }
        WorkerMessage later = new WorkerMessage.NothingToLease(state.batch(), settings.tick());
        return Optional.of(countOnceInATick(now).plus(List.of(new CoordinatorAction.Send<>(request.worker(), later))));
    }

    private BatchDecision countOnceInATick(DecisionTime now) {
        boolean isRecent = lastCount != null
                && now.nanos() - lastCount.nanos() < settings.tick().toNanos();
        return isRecent ? BatchDecision.nothing() : BatchDecision.of(count(now));
    }

    /// The decision about a message of an attempt, if a later coordinator has leased the attempt: to answer
    /// nothing, and to count the entries. Empty if this coordinator may decide about the attempt.
    public Optional<BatchDecision> check(BatchState state, Attempt attempt, DecisionTime now) {
        if (!isFromLaterIncarnation(state, attempt)) {
            return Optional.empty();
        }
        return Optional.of(countOnceInATick(now));
    }

    protected boolean isFromLaterIncarnation(BatchState state, Attempt attempt) {
        return attempt.epoch().incarnation() > state.incarnation();
    }

    private CoordinatorAction count(DecisionTime now) {
        lastCount = now;
        return new CoordinatorAction.CountLedgerEntries(lifecycle.incarnation());
    }

    /// Restarts the coordinator from the ledger if the journal holds more entries than the state.
    public BatchDecision counted(BatchState state, CoordinatorMessage.LedgerEntriesCounted counted) {
        if (counted.entries() > state.entries()) {
            return BatchDecision.of(new CoordinatorAction.RecoverFromLedger());
        }
        hasSlept = false;
        return BatchDecision.nothing();
    }
}
