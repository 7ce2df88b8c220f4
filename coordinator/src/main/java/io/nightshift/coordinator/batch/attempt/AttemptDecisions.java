package io.nightshift.coordinator.batch.attempt;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.OutageLimit;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.coordinator.batch.state.Transitions;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.ThreadLimit;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Grants leases for attempts, takes leases back, and counts the attempts that failed. [CommitDecisions]
/// decides about the attempts that succeeded.
///
/// Leases are not in the ledger. They are lost with this object on purpose, see [BatchDecisions].
///
/// Deterministic, like [BatchDecisions].
public class AttemptDecisions {

    /// How many partitions the average time of a partition is taken of.
    private static final int AVERAGED = 50;

    private final BatchId batch;
    private final BatchSettings settings;
    private final RandomGenerator random;

    /// Null until this incarnation has compared the source with the plan, and after the last lease.
    private @Nullable Leases leases;

    private long lastTick;

    private final OutageGate gate = new OutageGate();
    private final HeldOffNodes heldOff = new HeldOffNodes();
    private final DiscardedUse discarded;

    /// How long the last partitions took on average, from their lease to their commit.
    private double partitionMillis;

    /// How many commits [#partitionMillis] is the average of.
    private int commits;

    /// The message of the last failed attempt of this incarnation.
    private @Nullable String lastFailure;

    /// @param random for the jitter of backoffs
    public AttemptDecisions(BatchId batch, BatchSettings settings, RandomGenerator random) {
        this(batch, settings, random, new DiscardedUse());
    }

    public AttemptDecisions(BatchId batch, BatchSettings settings, RandomGenerator random, DiscardedUse discarded) {
        this.batch = batch;
        this.settings = settings;
        this.random = random;
        this.discarded = discarded;
    }

    /// Starts to grant leases. Called at most once for an incarnation, because leases are numbered from 1.
    public List<CoordinatorAction> start(BatchState state, int incarnation, DecisionTime now) {
        leases = leases(incarnation, state.pinned().index().partitions());
        exhaustedPartitions(state, state.attemptsFailed()).forEach(leases::exclude);
        if (state.canary() != null && state.canary().isRunning()) {
            leases.only(state.canary().partitions().stream()
                    .filter(partition -> !state.committed().contains(partition))
                    .toList());
        }
        lastTick = now.nanos();
        return reportWork(state, now);
    }

    /// Voids all leases of the canary, which is decided, and begins to lease every partition.
    public List<CoordinatorAction> restart(BatchState state, DecisionTime now) {
        if (leases != null) {
            leases.restart();
        }
        return reportWork(state, now);
    }

    protected Leases leases(int incarnation, int partitions) {
        return new Leases(incarnation, partitions, settings.lease().toNanos());
    }

    /// Grants leases of the partitions, too, that were added at the end of the plan. Leases continue.
    public List<CoordinatorAction> grow(BatchState state, DecisionTime now) {
        if (leases != null) {
            leases.grow(state.pinned().index().partitions());
        }
        return reportWork(state, now);
    }

    /// Whether this incarnation grants leases, if the phase permits it.
    public boolean hasStarted() {
        return leases != null;
    }

    public void voidLeases() {
        leases = null;
    }

    /// Whether attempts that hold a lease may continue and commit. A paused batch grants no leases, but keeps
    /// the work that is in flight.
    public boolean keepsLeases(BatchState state) {
        return state.phase() != null && Transitions.allows(state.phase(), BatchEvent.Committed.class);
    }

    /// Whether partitions are leased in this phase.
    public boolean isLeasing(BatchState state) {
        return state.phase() == Phase.RUNNING;
    }

    /// Whether the batch may plan and lease now, as far as its window is concerned.
    public boolean isInWindow(BatchState state, DecisionTime now) {
        return WindowGate.opening(state, now.instant()) == null;
    }

    public int inFlight() {
        return leases == null ? 0 : leases.inFlight();
    }

    public long rowsInFlight() {
        return leases == null ? 0 : leases.rowsInFlight();
    }

    public BatchObserver.BatchGauges gauges(
            BatchState state, Phase phase, BatchDescription.@Nullable Timing timing, DecisionTime now) {
        if (leases == null) {
            return new BatchObserver.BatchGauges(phase, 0, 0, Duration.ZERO, timing);
        }
        int waiting = state.pinned().index().partitions()
                - state.committed().count()
                - leases.inFlight()
                - leases.excludedCount();
        return new BatchObserver.BatchGauges(
                phase,
                isLeasing(state) && isInWindow(state, now) ? Math.max(0, waiting) : 0,
                leases.inFlight(),
                Duration.ofNanos(leases.oldestLeaseAge(now.nanos())),
                timing);
    }

    public OptionalLong nanosSinceHeartbeat(Attempt attempt, DecisionTime now) {
        return leases == null
                ? OptionalLong.empty()
                : leases.nanosSinceHeartbeat(attempt.partition(), attempt.epoch(), now.nanos());
    }

    /// Tells the register if the batch has partitions to lease. Repeated with every tick, so a register that
    /// has restarted or lost the message learns it again.
    public List<CoordinatorAction> reportWork(BatchState state, DecisionTime now) {
        List<CoordinatorAction> actions = new ArrayList<>();
        if (leases != null && state.submission().job().timing().threads() != null) {
            actions.add(new CoordinatorAction.TellRegister(new BatchRegisterCommand.Leased(batch, leases.workers())));
        }
        if (nextPartition(state, now).isPresent()) {
            actions.add(new CoordinatorAction.TellRegister(
                    new BatchRegisterCommand.HasWork(batch, Math.round(partitionMillis))));
        }
        return actions;
    }

    /// Whether the batch has partitions to lease, and no worker has one of them.
    public boolean waitsForWorker(BatchState state, DecisionTime now) {
        return inFlight() == 0 && nextPartition(state, now).isPresent();
    }

    /// Whether the batch alone is at the limit of its job. The register watches the limit; this holds it,
    /// too, while the register is silent and workers ask without it. What a share is in threads only the
    /// register knows.
    private boolean isAtLimit(BatchState state, Leases granted) {
        ThreadLimit limit = state.submission().job().timing().threads();
        return limit != null && !limit.percent() && granted.inFlight() >= limit.number();
    }

    private OptionalInt nextPartition(BatchState state, DecisionTime now) {
        return leases == null
                        || !isLeasing(state)
                        || !isInWindow(state, now)
                        || !gate.isOpen(now.nanos(), leases.inFlight())
                ? OptionalInt.empty()
                : leases.nextPartition(state.committed(), now.nanos());
    }

    // Leases.

    public BatchDecision requestLease(BatchState state, BatchCommand.RequestLease request, DecisionTime now) {
        Duration holdOff = holdOff(request.node(), now);
        if (!holdOff.isZero()) {
            return BatchDecision.of(
                    new CoordinatorAction.Send<>(request.worker(), new WorkerMessage.NothingToLease(batch, holdOff)));
        }
        Leases.GrantedLease lease = lease(state, request, now);
        return lease == null
                ? BatchDecision.of(
                        new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)),
                        new CoordinatorAction.Send<>(request.worker(), new WorkerMessage.NothingToLease(batch)))
                : BatchDecision.of(new CoordinatorAction.GrantLease(
                        request.worker(),
                        request.node(),
                        new Attempt(batch, lease.partition(), lease.epoch()),
                        request.nonce()));
    }

    /// The time until a node whose resource has failed gets a partition again; zero if it gets one now.
    Duration holdOff(String node, DecisionTime now) {
        return Duration.ofNanos(heldOff.left(node, now.nanos()));
    }

    /// Grants the lease that the worker holds a second time, if it holds one. So a lease that was lost on its
    /// way to the worker doesn't have to expire first.
    private Leases.@Nullable GrantedLease lease(BatchState state, BatchCommand.RequestLease request, DecisionTime now) {
        if (leases == null || !keepsLeases(state)) {
            return null;
        }
        Leases.Holder holder = new Leases.Holder(request.node(), request.worker());
        Leases.GrantedLease held = leases.currentLease(holder, now.nanos());
        OptionalInt next = held == null && !isAtLimit(state, leases) ? nextPartition(state, now) : OptionalInt.empty();
        return next.isEmpty() ? held : leases.grant(next.getAsInt(), holder, now.nanos());
    }

    boolean holdsLease(PartitionCommit commit) {
        return leases != null && leases.holds(commit.partition(), commit.epoch());
    }

    /// Extends the lease of an attempt that asks to be committed.
    void extendLease(PartitionCommit commit, DecisionTime now) {
        if (leases != null) {
            leases.heartbeat(commit.partition(), commit.epoch(), commit.rows(), commit.use(), now.nanos());
        }
    }

    /// Ends the lease of a partition that is committed.
    public void committed(PartitionCommit commit, DecisionTime now) {
        if (leases != null) {
            double millis = (now.nanos() - leases.since(commit.partition())) / 1e6;
            commits = Math.min(commits + 1, AVERAGED);
            partitionMillis += (millis - partitionMillis) / commits;
            leases.committed(commit.partition());
            gate.succeeded();
            heldOff.succeeded(commit.node());
        }
    }

    /// @param judgeable see [LifecycleDecisions#judgeableIncarnation]
    public BatchDecision heartbeat(
            BatchState state, BatchCommand.Heartbeat heartbeat, int judgeable, DecisionTime now) {
        Attempt attempt = heartbeat.attempt();
        boolean holds = leases != null
                && keepsLeases(state)
                && leases.heartbeat(
                        attempt.partition(), attempt.epoch(), heartbeat.rows(), heartbeat.use(), now.nanos());
        if (leases != null && holds && heartbeat.rows() > 0) {
            gate.progressed(leases.since(attempt.partition()));
        }
        return holds || isCommitted(state, attempt)
                ? BatchDecision.nothing()
                : refuse(heartbeat.worker(), attempt, judgeable, "the attempt no longer holds its partition");
    }

    /// Whether this attempt is the one that was committed for its partition.
    static boolean isCommitted(BatchState state, Attempt attempt) {
        return state.plan() != null
                && state.committed()
                        .epoch(attempt.partition())
                        .filter(attempt.epoch()::equals)
                        .isPresent();
    }

    /// Tells an attempt to abandon its work. The worker then deletes the attempt's output, so a coordinator
    /// refuses only an attempt that it can judge. A worker without an answer asks again, and reaches the
    /// right coordinator.
    static BatchDecision refuse(ActorRef<WorkerMessage> worker, Attempt attempt, int judgeable, String reason) {
        return attempt.epoch().incarnation() <= judgeable
                ? BatchDecision.of(abandon(worker, attempt, reason))
                : BatchDecision.nothing();
    }

    static CoordinatorAction abandon(ActorRef<WorkerMessage> worker, Attempt attempt, String reason) {
        return new CoordinatorAction.Send<>(worker, new WorkerMessage.Abandon(attempt, reason));
    }

    /// Makes the partition of a released lease available at once. A release is no failure and is not counted.
    public BatchDecision release(BatchState state, BatchCommand.ReleaseLease release, DecisionTime now) {
        Attempt attempt = release.attempt();
        discard(state, attempt, release.use());
        if (leases == null || !leases.holds(attempt.partition(), attempt.epoch())) {
            return BatchDecision.nothing();
        }
        leases.release(attempt.partition(), attempt.epoch(), now.nanos());
        return BatchDecision.of(new CoordinatorAction.WriteLog("{} is released", List.of(attempt)));
    }

    // Attempts that were thrown away.

    /// Counts what an attempt has used that was thrown away. The next commits record it.
    ///
    /// @param use null if it is not known
    public BatchDecision discard(BatchState state, Attempt attempt, @Nullable Use use) {
        if (use != null && !isCommitted(state, attempt)) {
            discarded.add(attempt.epoch(), use);
        }
        return BatchDecision.nothing();
    }

    /// Takes note of commits that are withdrawn, which records what their attempts have used.
    ///
    /// @param state before the partitions are withdrawn
    public void withdraw(BatchState state, List<Integer> partitions) {
        partitions.forEach(partition -> state.committed().epoch(partition).ifPresent(discarded::ignore));
    }

    /// The use of the attempts that were thrown away and are not recorded yet. The caller records it.
    DiscardedUse.Sum takeDiscarded() {
        return discarded.take();
    }

    // Failures.

    /// @param nodes that can score now; empty if they are not known
    public BatchDecision failed(
            BatchState state, BatchCommand.AttemptFailed message, Set<String> nodes, DecisionTime now) {
        Attempt attempt = message.attempt();
        if (leases == null || !keepsLeases(state) || !leases.holds(attempt.partition(), attempt.epoch())) {
            return discard(state, attempt, message.use());
        }
        Failure failure = message.failure();
        Instant until = retriedUntil(state, failure, now);
        return failed(
                state,
                List.of(new BatchEvent.AttemptFailed(
                        now.instant(),
                        attempt.partition(),
                        attempt.epoch(),
                        message.node(),
                        failure,
                        until,
                        uncounted(attempt.epoch(), message.use()))),
                nodes,
                now);
    }

    private @Nullable Use uncounted(Epoch epoch, @Nullable Use use) {
        return use == null ? null : discarded.uncounted(epoch, use);
    }

    /// Until when the failure of a resource is retried; null for a failure of the attempt itself.
    @Nullable
    protected Instant retriedUntil(BatchState state, Failure failure, DecisionTime now) {
        return failure.resource() == null ? null : OutageLimit.until(state, retry(state), failure, now);
    }

    protected RetryPolicy retry(BatchState state) {
        return settings.retry().forJob(state.submission().job().retry());
    }

    /// Takes back the leases that have expired. Each counts as a failed attempt, so a partition that kills
    /// every worker that scores it fails the batch in the end.
    public BatchDecision tick(BatchState state, DecisionTime now) {
        if (leases == null || !keepsLeases(state)) {
            return BatchDecision.nothing();
        }
        Duration lease = settings.lease();
        List<CoordinatorAction> actions = new ArrayList<>();
        if (leases.inFlight() > 0
                && now.nanos() - lastTick
                        > settings.tick().plus(lease.dividedBy(2)).toNanos()) {
            actions.add(new CoordinatorAction.WriteLog(
                    "{}: the coordinator was blocked. It extends all leases, because heartbeats may be waiting",
                    List.of(batch)));
            leases.extendAll(now.nanos());
        }
        lastTick = now.nanos();
        actions.addAll(reportWork(state, now));
        List<BatchEvent.AttemptFailed> expired = new ArrayList<>();
        for (Leases.ExpiredLease silent : leases.expired(now.nanos())) {
            Failure failure = Failure.transientFailure("no heartbeat for %s s"
                    .formatted(BigDecimal.valueOf(lease.toMillis(), 3)
                            .stripTrailingZeros()
                            .toPlainString()));
            expired.add(new BatchEvent.AttemptFailed(
                    now.instant(),
                    silent.partition(),
                    silent.epoch(),
                    silent.node(),
                    failure,
                    null,
                    uncounted(silent.epoch(), silent.use())));
        }
        if (!expired.isEmpty()) {
            return failed(state, expired, Set.of(), now).plus(actions);
        }
        Failure failure = unfinishableFailure(state, state.committed().count(), state.attemptsFailed());
        if (failure == null) {
            failure = abandonedFailure(state, now);
        }
        return failure == null ? BatchDecision.of(actions) : BatchDecision.failBatch(List.of(), failure, now);
    }

    /// Why a batch fails that no node can score: the time to wait for one is over, and none tries. Null
    /// otherwise.
    private @Nullable Failure abandonedFailure(BatchState state, DecisionTime now) {
        ResourceOutage outage = state.outage();
        if (outage == null || !isLeasing(state) || !isInWindow(state, now) || inFlight() > 0) {
            return null;
        }
        FailedResource resource = outage.failure().resource();
        boolean isOver = !outage.until().plus(settings.retry().maxBackoff()).isAfter(now.instant());
        return resource != null && resource.type().isOfNode() && isOver
                ? OutageLimit.exceeded(state, outage.failure(), now)
                : null;
    }

    /// How many attempts at a partition may fail before the partition fails. If a candidate scores in addition, the
    /// first attempt may have failed because of it, and does not count.
    public int mostAttempts(BatchState state, int partition) {
        boolean isShadowed = state.shadow() != null && state.shadow().contains(partition);
        return retry(state).attempts() + (isShadowed ? 1 : 0);
    }

    /// Persists failed attempts. Their partitions wait for the next attempt, or the batch fails:
    ///
    /// - at once, if a failure is permanent;
    /// - if a resource fails and the batch's time to retry it is over;
    /// - with the first partition that has exhausted its attempts, if the job stops there;
    /// - otherwise when every other partition is committed.
    private BatchDecision failed(
            BatchState state, List<BatchEvent.AttemptFailed> attempts, Set<String> nodes, DecisionTime now) {
        RetryPolicy retry = retry(state);
        Map<Integer, Integer> counts = new HashMap<>(state.attemptsFailed());
        for (BatchEvent.AttemptFailed attempt : attempts) {
            Failure failure = attempt.failure();
            if (attempt.until() != null) {
                if (!attempt.until().isAfter(now.instant())) {
                    return BatchDecision.failBatch(attempts, OutageLimit.exceeded(state, failure, now), now);
                }
                if (isConfirmed(state, attempt, nodes)) {
                    return BatchDecision.failBatch(attempts, Failure.permanent(failure.message()), now);
                }
                continue;
            }
            int failed = counts.merge(attempt.partition(), 1, Integer::sum);
            lastFailure = failure.message();
            if (failure.isPermanent()) {
                return BatchDecision.failBatch(attempts, failure, now);
            }
            if (failed >= mostAttempts(state, attempt.partition()) && !scoresTheRest(state)) {
                String message = "partition %d failed %d times. The last failure: %s"
                        .formatted(attempt.partition(), failed, failure.message());
                return BatchDecision.failBatch(attempts, Failure.transientFailure(message), now);
            }
        }
        Failure failure = unfinishableFailure(state, state.committed().count(), counts);
        if (failure != null) {
            return BatchDecision.failBatch(attempts, failure, now);
        }
        for (BatchEvent.AttemptFailed attempt : attempts) {
            if (attempt.until() == null) {
                takeBack(state, attempt, counts.getOrDefault(attempt.partition(), 1), retry, now);
            } else {
                takeBack(attempt, attempt.until(), retry, now);
            }
        }
        return BatchDecision.persist(List.copyOf(attempts), List.of());
    }

    /// Whether an input file that one node does not see is missing everywhere: a second node does not see it
    /// either, and every node that can score has looked for it, also nodes that do not score this batch now.
    ///
    /// @param scoring the nodes that can score now
    protected boolean isConfirmed(BatchState state, BatchEvent.AttemptFailed attempt, Set<String> scoring) {
        FailedResource resource = attempt.failure().resource();
        if (resource == null || resource.type() != FailedResource.Type.INPUT || leases == null) {
            return false;
        }
        Set<String> nodes = new HashSet<>(
                state.outage() == null ? Set.of() : state.outage().reports().getOrDefault(resource, Set.of()));
        nodes.add(attempt.node());
        return nodes.size() > 1 && nodes.containsAll(leases.nodes()) && nodes.containsAll(scoring);
    }

    /// A failure of a node's resource keeps the batch's partitions from that node for a while. A failure of
    /// a shared resource delays every partition.
    private void takeBack(BatchEvent.AttemptFailed attempt, Instant until, RetryPolicy retry, DecisionTime now) {
        FailedResource resource = attempt.failure().resource();
        if (leases != null && resource != null && resource.type().isOfNode()) {
            int failures = heldOff.failures(attempt.node()) + 1;
            Duration backoff = OutageLimit.atMost(until, retry.backoff(failures, random), now);
            heldOff.failed(attempt.node(), now.nanos() + backoff.toNanos());
            leases.release(attempt.partition(), attempt.epoch(), now.nanos());
        } else if (leases != null) {
            Duration backoff = OutageLimit.atMost(until, retry.backoff(gate.round() + 1, random), now);
            gate.failed(leases.since(attempt.partition()), now.nanos(), backoff.toNanos());
            leases.release(attempt.partition(), attempt.epoch(), now.nanos());
        }
    }

    private void takeBack(
            BatchState state, BatchEvent.AttemptFailed attempt, int failed, RetryPolicy retry, DecisionTime now) {
        long backoff = retry.backoff(failed, random).toNanos();
        if (leases != null && failed >= mostAttempts(state, attempt.partition())) {
            leases.exclude(attempt.partition());
        } else if (leases != null) {
            leases.release(attempt.partition(), attempt.epoch(), now.nanos() + backoff);
        }
    }

    private static boolean scoresTheRest(BatchState state) {
        return state.submission().job().errors().scoresTheRest();
    }

    /// The partitions that have exhausted their attempts, in a batch that scores the rest first.
    public Set<Integer> exhaustedPartitions(BatchState state, Map<Integer, Integer> attemptsFailed) {
        Set<Integer> exhausted = new HashSet<>();
        if (state.plan() != null && scoresTheRest(state) && !attemptsFailed.isEmpty()) {
            attemptsFailed.forEach((partition, failed) -> {
                if (failed >= mostAttempts(state, partition)
                        && !state.committed().contains(partition)) {
                    exhausted.add(partition);
                }
            });
        }
        return exhausted;
    }

    /// Why a batch that scores the rest first can't be finished: every partition is committed or exhausted.
    /// Null if there is more to score.
    @Nullable
    Failure unfinishableFailure(BatchState state, int committed, Map<Integer, Integer> attemptsFailed) {
        Set<Integer> exhausted = exhaustedPartitions(state, attemptsFailed);
        if (exhausted.isEmpty()
                || committed + exhausted.size() < state.pinned().index().partitions()) {
            return null;
        }
        String last = lastFailure == null ? "" : ". The last failure: " + lastFailure;
        return Failure.transientFailure("these partitions failed %d times each, all others are committed: %s%s"
                .formatted(retry(state).attempts(), PartitionRangeFormat.text(exhausted), last));
    }

    /// Makes exhausted partitions available again.
    public List<CoordinatorAction> retryExhausted(BatchState state, DecisionTime now) {
        if (leases != null) {
            leases.includeExcluded();
        }
        return reportWork(state, now);
    }

    /// Makes partitions available again that were committed.
    public List<CoordinatorAction> rescore(BatchState state, List<Integer> partitions, DecisionTime now) {
        if (leases != null) {
            partitions.forEach(leases::requeue);
        }
        return reportWork(state, now);
    }
}
