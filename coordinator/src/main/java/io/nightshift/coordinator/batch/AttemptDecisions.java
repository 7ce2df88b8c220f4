package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The attempts to score a batch's partitions: leased, heard of, committed, failed.
///
/// Exactly-once is decided in one place, [#flush]: a commit is persisted if, and only if, its epoch
/// holds the lease at that moment, and acknowledged after. All else is idempotent. Leases and
/// pending commits are not in the ledger, and are lost with this object on purpose.
///
/// Deterministic, like [BatchDecisions].
class AttemptDecisions {

    private static final int REASONS_SHOWN = 3;

    private final BatchId batch;
    private final BatchSettings settings;
    private final RandomGenerator random;

    /// Null until the input of this incarnation is known to be the pinned one, and when nothing
    /// more is to be leased.
    private @Nullable Leases leases;

    private long lastTick;

    /// What the last failed attempt of this incarnation failed of.
    private @Nullable String lastFailure;

    private final Map<Integer, BatchCommand.Commit> pending = new LinkedHashMap<>();
    private final List<String> firstReasons = new ArrayList<>();

    /// @param random for the waits between attempts
    AttemptDecisions(BatchId batch, BatchSettings settings, RandomGenerator random) {
        this.batch = batch;
        this.settings = settings;
        this.random = random;
    }

    /// Begins to lease; once in an incarnation, since leases are numbered from 1.
    List<CoordinatorAction> begin(BatchState state, int incarnation, DecisionTime now) {
        leases = leases(incarnation, state.pinned().index().partitions());
        givenUp(state, state.attemptsFailed()).forEach(leases::giveUp);
        lastTick = now.nanos();
        return announce(state, now);
    }

    Leases leases(int incarnation, int partitions) {
        return new Leases(incarnation, partitions, settings.lease().toNanos());
    }

    /// Whether leases may be given, apart from the phase.
    boolean hasBegun() {
        return leases != null;
    }

    /// Voids every lease.
    void end() {
        leases = null;
    }

    /// Whether attempts that hold a lease may go on. A paused batch leases nothing, but what is in
    /// flight isn't thrown away.
    boolean goesOn(BatchState state) {
        return state.phase() == Phase.RUNNING || state.phase() == Phase.PAUSED;
    }

    int inFlight() {
        return leases == null ? 0 : leases.inFlight();
    }

    long rowsInFlight() {
        return leases == null ? 0 : leases.rowsInFlight();
    }

    BatchObserver.Standing standing(BatchState state, Phase phase, DecisionTime now) {
        if (leases == null) {
            return new BatchObserver.Standing(phase, 0, 0, Duration.ZERO);
        }
        int waiting =
                state.pinned().index().partitions() - state.winners().count() - leases.inFlight() - leases.givenUp();
        return new BatchObserver.Standing(
                phase,
                isLeasing(state) ? Math.max(0, waiting) : 0,
                leases.inFlight(),
                Duration.ofNanos(leases.oldest(now.nanos())));
    }

    /// How long ago an attempt was heard of last, or nothing if it doesn't hold its partition.
    OptionalLong sinceHeard(Attempt attempt, DecisionTime now) {
        return leases == null
                ? OptionalLong.empty()
                : leases.sinceHeard(attempt.partition(), attempt.epoch(), now.nanos());
    }

    /// Tells the register if there is work. Told again with every tick, so a register that has
    /// started anew, or missed it, learns of it.
    List<CoordinatorAction> announce(BatchState state, DecisionTime now) {
        return next(state, now).isPresent()
                ? List.of(new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasWork(batch)))
                : List.of();
    }

    /// Whether partitions are leased in this phase.
    boolean isLeasing(BatchState state) {
        return state.phase() == Phase.RUNNING;
    }

    private OptionalInt next(BatchState state, DecisionTime now) {
        return leases == null || !isLeasing(state) ? OptionalInt.empty() : leases.next(state.winners(), now.nanos());
    }

    // Leases.

    Decision lease(BatchState state, BatchCommand.RequestLease request, DecisionTime now) {
        Leases.Leased leased = leased(state, request, now);
        return leased == null
                ? Decision.act(
                        new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)),
                        new CoordinatorAction.Tell<>(request.worker(), new WorkerMessage.NothingToLease(batch)))
                : Decision.act(new CoordinatorAction.Grant(
                        request.worker(), request.node(), new Attempt(batch, leased.partition(), leased.epoch())));
    }

    /// The same again while the worker holds it, so that a lease that was lost on its way to the worker doesn't have
    /// to run out.
    private Leases.@Nullable Leased leased(BatchState state, BatchCommand.RequestLease request, DecisionTime now) {
        if (leases == null || !goesOn(state)) {
            return null;
        }
        Leases.Holder holder = new Leases.Holder(request.node(), request.worker());
        Leases.Leased held = leases.again(holder, now.nanos());
        OptionalInt next = held == null ? next(state, now) : OptionalInt.empty();
        return next.isEmpty() ? held : leases.grant(next.getAsInt(), holder, now.nanos());
    }

    /// @param authority see [BatchDecisions#authority]
    Decision heartbeat(BatchState state, BatchCommand.Heartbeat heartbeat, int authority, DecisionTime now) {
        Attempt attempt = heartbeat.attempt();
        boolean holds = leases != null
                && goesOn(state)
                && leases.heartbeat(attempt.partition(), attempt.epoch(), heartbeat.rows(), now.nanos());
        return holds || isWinner(state, attempt)
                ? Decision.nothing()
                : refuse(heartbeat.worker(), attempt, authority, "it does not hold its partition any more");
    }

    /// Says no to an attempt, which then deletes its output; so only who can't be wrong says it. Who
    /// isn't answered asks again, and finds who is in charge.
    private static Decision refuse(ActorRef<WorkerMessage> worker, Attempt attempt, int authority, String reason) {
        return attempt.epoch().incarnation() <= authority
                ? Decision.act(abandon(worker, attempt, reason))
                : Decision.nothing();
    }

    private static CoordinatorAction abandon(ActorRef<WorkerMessage> worker, Attempt attempt, String reason) {
        return new CoordinatorAction.Tell<>(worker, new WorkerMessage.Abandon(attempt, reason));
    }

    /// Not a failure, so nothing is counted.
    Decision giveBack(Attempt attempt, DecisionTime now) {
        if (leases == null || !leases.holds(attempt.partition(), attempt.epoch())) {
            return Decision.nothing();
        }
        leases.giveBack(attempt.partition(), attempt.epoch(), now.nanos());
        return Decision.act(new CoordinatorAction.Note("{} is given back", List.of(attempt)));
    }

    // Failures.

    Decision ended(BatchState state, BatchCommand.AttemptFailed ended, DecisionTime now) {
        Attempt attempt = ended.attempt();
        if (leases == null || !goesOn(state) || !leases.holds(attempt.partition(), attempt.epoch())) {
            return Decision.nothing();
        }
        return failed(
                state,
                List.of(new BatchEvent.AttemptFailed(
                        now.instant(), attempt.partition(), attempt.epoch(), ended.node(), ended.failure())),
                now);
    }

    /// Takes back the partitions of holders that have gone silent. Each counts as a failed attempt,
    /// so a partition that kills whoever scores it fails the batch in the end.
    Decision tick(BatchState state, DecisionTime now) {
        if (leases == null || !goesOn(state)) {
            return Decision.nothing();
        }
        Duration lease = settings.lease();
        List<CoordinatorAction> actions = new ArrayList<>();
        if (now.nanos() - lastTick > settings.tick().plus(lease.dividedBy(2)).toNanos()) {
            actions.add(new CoordinatorAction.Note(
                    "{} was held up; its leases are renewed, since heartbeats may be waiting", List.of(batch)));
            leases.renew(now.nanos());
        }
        lastTick = now.nanos();
        actions.addAll(announce(state, now));
        List<BatchEvent.AttemptFailed> silent = new ArrayList<>();
        for (Leases.Expired expired : leases.expired(now.nanos())) {
            Failure failure = Failure.transientFailure("nothing was heard of it for %s s"
                    .formatted(BigDecimal.valueOf(lease.toMillis(), 3)
                            .stripTrailingZeros()
                            .toPlainString()));
            silent.add(new BatchEvent.AttemptFailed(
                    now.instant(), expired.partition(), expired.epoch(), expired.node(), failure));
        }
        if (!silent.isEmpty()) {
            return failed(state, silent, now).thenIfPersisted((next, later) -> actions);
        }
        Failure failure = nothingLeft(state, state.winners().count(), state.attemptsFailed());
        return failure == null ? Decision.act(actions) : failing(List.of(), failure, now);
    }

    /// Persists failed attempts and lets their partitions wait for the next, or fails the batch: with
    /// the first partition that failed too often, or, if that is the job's policy, when all others
    /// are committed.
    private Decision failed(BatchState state, List<BatchEvent.AttemptFailed> attempts, DecisionTime now) {
        RetryPolicy retry = settings.retry();
        Map<Integer, Integer> counts = new HashMap<>(state.attemptsFailed());
        for (BatchEvent.AttemptFailed attempt : attempts) {
            Failure failure = attempt.failure();
            int failed = counts.merge(attempt.partition(), 1, Integer::sum);
            lastFailure = failure.message();
            if (failure.isPermanent()) {
                return failing(attempts, failure, now);
            }
            if (failed >= retry.attempts() && !scoresTheRest(state)) {
                String message = "partition %d failed %d times, the last time so: %s"
                        .formatted(attempt.partition(), failed, failure.message());
                return failing(attempts, Failure.transientFailure(message), now);
            }
        }
        Failure failure = nothingLeft(state, state.winners().count(), counts);
        if (failure != null) {
            return failing(attempts, failure, now);
        }
        return Decision.persist(attempts, (next, later) -> {
            for (BatchEvent.AttemptFailed attempt : attempts) {
                int failed = next.attemptsFailed().getOrDefault(attempt.partition(), 1);
                long wait = retry.backoff(failed, random).toNanos();
                if (leases != null && failed >= retry.attempts()) {
                    leases.giveUp(attempt.partition());
                } else if (leases != null) {
                    leases.giveBack(attempt.partition(), attempt.epoch(), later.nanos() + wait);
                }
            }
            return List.of();
        });
    }

    private static boolean scoresTheRest(BatchState state) {
        return state.submission().job().errors().scoresTheRest();
    }

    /// The partitions that failed too often to be leased again, in a batch that scores the rest.
    Set<Integer> givenUp(BatchState state, Map<Integer, Integer> attemptsFailed) {
        Set<Integer> givenUp = new HashSet<>();
        if (state.plan() != null && scoresTheRest(state) && !attemptsFailed.isEmpty()) {
            attemptsFailed.forEach((partition, failed) -> {
                if (failed >= settings.retry().attempts() && !state.winners().contains(partition)) {
                    givenUp.add(partition);
                }
            });
        }
        return givenUp;
    }

    /// Why a batch that scores the rest fails now, or null if there is more to score.
    private @Nullable Failure nothingLeft(BatchState state, int committed, Map<Integer, Integer> attemptsFailed) {
        Set<Integer> givenUp = givenUp(state, attemptsFailed);
        if (givenUp.isEmpty()
                || committed + givenUp.size() < state.pinned().index().partitions()) {
            return null;
        }
        String last = lastFailure == null ? "" : ", the last time so: " + lastFailure;
        return Failure.transientFailure("all is committed but partitions that failed %d times each: %s%s"
                .formatted(settings.retry().attempts(), PartitionRangeFormat.text(givenUp), last));
    }

    /// Partitions that failed too often are to be tried again.
    List<CoordinatorAction> retry(BatchState state, DecisionTime now) {
        if (leases != null) {
            leases.retry();
        }
        return announce(state, now);
    }

    /// Partitions that were committed are to be leased again.
    List<CoordinatorAction> rescore(BatchState state, List<Integer> partitions, DecisionTime now) {
        if (leases != null) {
            partitions.forEach(leases::again);
        }
        return announce(state, now);
    }

    private static Decision failing(List<BatchEvent.AttemptFailed> attempts, Failure failure, DecisionTime now) {
        List<BatchEvent> events = new ArrayList<>(attempts);
        events.add(new BatchEvent.Failed(now.instant(), failure));
        return Decision.persist(events, (next, later) -> List.of());
    }

    // Commits.

    /// @param authority see [BatchDecisions#authority]
    Decision commit(BatchState state, BatchCommand.Commit message, int authority, DecisionTime now) {
        PartitionCommit commit = message.commit();
        Attempt attempt = commit.attempt(batch);
        if (isWinner(state, attempt)) {
            return Decision.act(committed(message));
        }
        String refusal = refusal(state, commit);
        if (refusal != null) {
            return refuse(message.worker(), attempt, authority, refusal);
        }
        if (leases != null) {
            leases.heartbeat(commit.partition(), commit.epoch(), commit.rows(), now.nanos());
        }
        message.reasons().stream()
                .limit(Math.max(0, REASONS_SHOWN - firstReasons.size()))
                .forEach(firstReasons::add);
        boolean first = pending.isEmpty();
        pending.put(commit.partition(), message);
        return first ? Decision.act(new CoordinatorAction.FlushSoon()) : Decision.nothing();
    }

    private CoordinatorAction committed(BatchCommand.Commit message) {
        return new CoordinatorAction.Tell<>(
                message.worker(), new WorkerMessage.Committed(message.commit().attempt(batch)));
    }

    private static boolean isWinner(BatchState state, Attempt attempt) {
        return state.plan() != null
                && attempt.partition() < state.plan().index().partitions()
                && state.winners()
                        .epoch(attempt.partition())
                        .filter(attempt.epoch()::equals)
                        .isPresent();
    }

    /// Why a commit can't be, or null if it can.
    @Nullable
    String refusal(BatchState state, PartitionCommit commit) {
        if (!goesOn(state)) {
            return "the batch is " + state.phase();
        }
        if (!holds(commit)) {
            return "another attempt holds the partition, or none";
        }
        PartitionPlan.Range range = state.pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            return "it is about other rows than planned";
        }
        if (!commit.model().equals(state.submission().model().sha256())) {
            return "it was scored by another model";
        }
        return null;
    }

    boolean holds(PartitionCommit commit) {
        return leases != null && leases.holds(commit.partition(), commit.epoch());
    }

    /// Persists the pending commits whose epochs still hold their leases, in one journal write,
    /// then acknowledges them.
    Decision flush(BatchState state, DecisionTime now) {
        List<CoordinatorAction> refused = new ArrayList<>();
        List<BatchCommand.Commit> winners = new ArrayList<>();
        for (BatchCommand.Commit candidate : pending.values()) {
            String refusal = refusal(state, candidate.commit());
            if (refusal == null) {
                winners.add(candidate);
            } else {
                refused.add(abandon(candidate.worker(), candidate.commit().attempt(batch), refusal));
            }
        }
        pending.clear();
        if (winners.isEmpty()) {
            return Decision.act(refused);
        }
        List<PartitionCommit> commits =
                winners.stream().map(BatchCommand.Commit::commit).toList();
        List<BatchEvent> events = new ArrayList<>();
        events.add(new BatchEvent.Committed(now.instant(), commits));
        BatchState.Totals totals = state.totals();
        for (PartitionCommit commit : commits) {
            totals = totals.plus(commit);
        }
        // In the same write: no crash can come between, and let the batch be published.
        String exceeded = budgetExceeded(state, totals);
        Failure failure = exceeded != null
                ? Failure.permanent(exceeded)
                : nothingLeft(state, state.winners().count() + commits.size(), state.attemptsFailed());
        if (failure != null) {
            events.add(new BatchEvent.Failed(now.instant(), failure));
        }
        return Decision.persist(events, (next, later) -> {
            List<CoordinatorAction> actions = new ArrayList<>(refused);
            for (BatchCommand.Commit winner : winners) {
                if (leases != null) {
                    leases.committed(winner.commit().partition());
                }
                actions.add(committed(winner));
            }
            return actions;
        });
    }

    /// Whether more rows are quarantined than the job allows, and how, or null.
    @Nullable
    String budgetExceeded(BatchState state, BatchState.Totals totals) {
        return state.plan() == null
                ? null
                : ErrorBudget.violation(
                        state.submission().job().errors(), state.plan().index().rows(), totals, firstReasons);
    }
}
