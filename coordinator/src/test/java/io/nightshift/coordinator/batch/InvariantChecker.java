package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.attempt.ErrorLimit;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.batch.state.ResourceUse;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Holds a simulated batch to the invariants of the design, at the moment of each event, lease,
/// answer and deletion. It believes nothing but what is in the journal, and keeps its own books.
final class InvariantChecker {

    private final BatchSettings settings;
    private BatchState state;

    /// By partition, those that count.
    private final Map<Integer, PartitionCommit> commits = new TreeMap<>();

    private final Set<Attempt> everCommitted = new HashSet<>();

    /// The partitions that were taken over from another batch; some may be withdrawn.
    private final Set<Integer> reused = new HashSet<>();
    private final Map<Epoch, Given> granted = new HashMap<>();
    private final Map<Integer, Epoch> lastGranted = new HashMap<>();

    /// The rows that were leased under each epoch.
    private final Map<Epoch, List<Slice>> leased = new HashMap<>();

    /// The model of each lease.
    private final Map<Epoch, ModelVersion> models = new HashMap<>();

    /// The leases of attempts that also score with a candidate, only to compare it.
    private final Set<Epoch> shadowed = new HashSet<>();

    /// How many attempts without such a candidate have failed, by partition.
    private final Map<Integer, Integer> failedAlone = new HashMap<>();

    /// Whether a commit says that such a candidate can't score.
    private boolean hasCandidateFailed;

    /// What each attempt has used, at most, as its worker has reported.
    private final Map<Attempt, Use> used = new HashMap<>();

    /// The committed attempts that were withdrawn since the last takeover.
    private final Set<Attempt> withdrawn = new HashSet<>();

    /// What the ledger says that was thrown away when the last coordinator took over.
    private Use discardedBefore = Use.NONE;

    /// The incarnation that has asked for a plan, by the plan's first file.
    private final IdentityHashMap<SourceFile, Integer> plans = new IdentityHashMap<>();

    /// Output of attempts that is there, staged.
    private final Set<Attempt> staged = new HashSet<>();

    /// When the first of the resource's failures was recorded, of those without a success in between.
    private @Nullable Instant outageSince;

    /// When the first failure to promote the candidate was recorded, of those that were one after the other or had
    /// failures of the destination in between.
    private @Nullable Instant promotionSince;

    /// The nodes that have reported that the input is missing, since then.
    private final Set<String> missing = new HashSet<>();

    /// The partitions that readers see, with their epochs; null before the publication.
    private @Nullable Map<Integer, Epoch> visible;

    InvariantChecker(BatchSettings settings, BatchState none) {
        this.settings = settings;
        this.state = none;
    }

    BatchState state() {
        return state;
    }

    boolean isVisible() {
        return visible != null;
    }

    @SuppressWarnings("AnnotateFormatMethod")
    static void require(boolean holds, String broken, @Nullable Object... arguments) {
        if (!holds) {
            throw new InvariantViolation(broken.formatted(arguments));
        }
    }

    /// An event is durable.
    void stored(BatchEvent event, BatchState next) {
        BatchState before = state;
        state = next;
        switch (event) {
            case BatchEvent.TookOver tookOver -> {
                withdrawn.clear();
                discardedBefore = next.resources().discarded();
                require(
                        tookOver.incarnation() == before.incarnation() + 1,
                        "incarnation %d follows %d",
                        tookOver.incarnation(),
                        before.incarnation());
            }
            case BatchEvent.PlanExtended extended -> {
                require(visible == null, "a plan is extended that readers see");
                require(before.extension() != null, "a plan is extended that nobody wants to extend");
                long files = next.pinned().files().stream()
                        .map(SourceFile::path)
                        .distinct()
                        .count();
                require(files == next.pinned().files().size(), "a file is planned twice");
            }
            case BatchEvent.Committed committed -> committed.commits().forEach(this::committed);
            case BatchEvent.PartsReused reused -> {
                require(visible == null, "parts are reused in a batch that readers see");
                reused.commits().forEach(this::reused);
            }
            case BatchEvent.CanaryDecided decided -> canaryDecided(before, decided);
            case BatchEvent.CandidatePromoted promoted -> {
                require(visible != null, "a candidate is promoted before readers see its predictions");
                require(
                        promoted.refusal() == null || isOver(before, promoted.at()),
                        "an alias is not moved, although the registry may be back in time");
            }
            case BatchEvent.Rescored rescored -> {
                require(visible == null, "partitions are rescored that readers see");
                // Their use counts from now on, whatever this coordinator has counted before.
                discardedBefore = next.resources()
                        .discarded()
                        .minus(before.resources().discarded().minus(discardedBefore));
                for (int partition : rescored.partitions()) {
                    withdrawn.add(
                            Objects.requireNonNull(commits.remove(partition)).attempt(next.batch()));
                }
            }
            case BatchEvent.AttemptFailed failed -> {
                require(
                        next.attemptsFailed().getOrDefault(failed.partition(), 0)
                                <= settings.retry().attempts() + (next.shadow() == null ? 0 : 1),
                        "partition %d is tried for ever",
                        failed.partition());
                if (failed.until() == null && !shadowed.contains(failed.epoch())) {
                    failedAlone.merge(failed.partition(), 1, Integer::sum);
                }
                if (failed.failure().equals(SimulatedWorker.MISSING)) {
                    missing.add(failed.node());
                }
                if (failed.failure().resource() != null) {
                    require(
                            next.attemptsFailed().equals(before.attemptsFailed()),
                            "the failure of a resource counts as an attempt");
                    outage(failed.at(), failed.until(), failed.failure());
                }
            }
            case BatchEvent.Planned planned -> {
                Integer asked = plans.get(planned.files().getFirst());
                require(
                        Integer.valueOf(before.incarnation()).equals(asked),
                        "incarnation %d has the plan of incarnation %s",
                        before.incarnation(),
                        asked);
            }
            case BatchEvent.StepFailed failed -> {
                if (failed.failure().equals(SimulatedWorker.MISSING)) {
                    missing.add(failed.node());
                }
                stepFailed(before, failed);
                require(failed.at().isBefore(failed.until()), "a step is retried after the time for it");
            }
            case BatchEvent.Failed failed when !failed.failure().isPermanent() -> failed(before, failed);
            case BatchEvent.Failed failed
            when failed.failure().message().equals(SimulatedWorker.MISSING.message()) ->
                require(missing.size() > 1, "only %s reports that the input is missing", missing);
            case BatchEvent.Failed failed
            when failed.failure().message().equals(SimulatedDestination.GONE) ->
                require(visible == null, "it fails because its output is gone, and readers see it");
            case BatchEvent.Cancelled cancelled -> require(visible == null, "a batch is cancelled that readers see");
            case BatchEvent.Checked checked -> checked(checked);
            case BatchEvent.Published published -> {
                require(visible != null, "published, and readers see nothing");
                require(
                        ErrorLimit.violation(
                                        next.submission().job().errors(),
                                        next.pinned().index().rows(),
                                        next.totals(),
                                        List.of())
                                == null,
                        "published over its error budget");
            }
            default -> {}
        }
        switch (event) {
            case BatchEvent.Committed success -> outageSince = null;
            case BatchEvent.Planned success -> outageSince = null;
            case BatchEvent.PlanExtended success -> {
                if (before.outage() != null && before.outage().ofStep()) {
                    outageSince = null;
                }
            }
            case BatchEvent.PartsReused success -> {
                if (before.outage() != null && before.outage().ofStep()) {
                    outageSince = null;
                }
            }
            case BatchEvent.OutageEnded success -> outageSince = null;
            case BatchEvent.Checked success -> outageSince = null;
            case BatchEvent.Resumed resumed -> outageSince = null;
            case BatchEvent.Retried retried -> outageSince = null;
            case BatchEvent.Failed failed -> outageSince = null;
            default -> {}
        }
        if (outageSince == null) {
            missing.clear();
        }
        if (next.outage() == null) {
            promotionSince = null;
        }
        failedAlone.keySet().retainAll(next.attemptsFailed().keySet());
        checkShadow(event, next);
        checkTotals();
        checkUse(before.resources(), next.resources());
    }

    /// A candidate that only scores in addition counts each partition once, and its failure ends its work.
    private void checkShadow(BatchEvent event, BatchState next) {
        ShadowState shadow = next.shadow();
        if (shadow == null) {
            return;
        }
        require(
                shadow.comparisons() <= shadow.committed() && shadow.committed() <= shadow.chosen(),
                "%d comparisons of %d commits of %d partitions",
                shadow.comparisons(),
                shadow.committed(),
                shadow.chosen());
        switch (event) {
            case BatchEvent.Committed committed ->
                hasCandidateFailed |= committed.commits().stream()
                        .anyMatch(commit -> commit.comparison() != null
                                && commit.comparison().failure() != null);
            // The batch may be retried with the candidate.
            case BatchEvent.Failed failed -> hasCandidateFailed = false;
            default -> {}
        }
    }

    /// A worker reports what an attempt has used until now.
    void used(Attempt attempt, Use use) {
        used.merge(attempt, use, (before, now) -> before.elapsed() > now.elapsed() ? before : now);
    }

    /// A coordinator counts each attempt once that was thrown away, and none that was committed. The next one
    /// does not know which attempts of its predecessor have been counted.
    private void checkUse(ResourceUse before, ResourceUse after) {
        Use most = Use.NONE;
        for (Map.Entry<Attempt, Use> attempt : used.entrySet()) {
            PartitionCommit winner = commits.get(attempt.getKey().partition());
            boolean won =
                    winner != null && winner.epoch().equals(attempt.getKey().epoch());
            most = won || withdrawn.contains(attempt.getKey()) ? most : most.plus(attempt.getValue());
        }
        Use counted = after.discarded().minus(discardedBefore);
        require(
                counted.elapsed() <= most.elapsed() && counted.read() <= most.read(),
                "%s was thrown away, and attempts have used %s",
                counted,
                most);
        require(after.active() >= before.active(), "the active time goes back");
        after.nodes()
                .forEach((node, capacity) -> require(
                        capacity.from() >= after.takenOver() && capacity.from() <= after.active(),
                        "%s counts from %d of %d to %d",
                        node,
                        capacity.from(),
                        after.takenOver(),
                        after.active()));
    }

    /// The destination worked before a failure to promote, and another failure of it is a new outage.
    private void stepFailed(BatchState before, BatchEvent.StepFailed failed) {
        if (!failed.ofPromotion()) {
            outage(failed.at(), failed.until(), failed.failure());
            return;
        }
        require(visible != null, "a promotion fails before readers see the batch");
        outageSince = null;
        promotionSince = promotionSince == null ? failed.at() : promotionSince;
        require(
                promotionSince.plus(patience(before)).equals(failed.until()),
                "a promotion that fails since %s is retried until %s",
                promotionSince,
                failed.until());
    }

    private Duration patience(BatchState state) {
        return settings.retry().forJob(state.submission().job().retry()).patience(SimulatedCoordinator.AWAY);
    }

    private void outage(Instant at, @Nullable Instant until, Failure failure) {
        outageSince = outageSince == null ? at : outageSince;
        require(
                outageSince.plus(settings.retry().patience(failure)).equals(until),
                "an outage since %s is retried until %s",
                outageSince,
                until);
    }

    /// A batch fails for a transient reason.
    private void failed(BatchState before, BatchEvent.Failed failed) {
        boolean exhausted = before.attemptsFailed().keySet().stream()
                .anyMatch(partition -> failedAlone.getOrDefault(partition, 0)
                        >= settings.retry().attempts());
        Duration least = settings.retry().storage().compareTo(settings.retry().database()) < 0
                ? settings.retry().storage()
                : settings.retry().database();
        require(
                exhausted || (outageSince != null && !failed.at().isBefore(outageSince.plus(least))),
                "failed at %s, and the outage began at %s: %s",
                failed.at(),
                outageSince,
                failed.failure());
    }

    /// Each winner counts once, and nothing else counts.
    private void checked(BatchEvent.Checked checked) {
        long rows = commits.values().stream()
                .mapToLong(PartitionCommit::predictions)
                .sum();
        long counted = commits.values().stream()
                .mapToLong(commit -> Objects.requireNonNull(commit.statistics()).count(0))
                .sum();
        double share = rows == 0 ? 0 : (double) counted / rows;
        require(
                checked.results().getFirst().value() == share,
                "%s was measured, and the winners have %s",
                checked.results(),
                share);
    }

    /// The candidate passes only with what it has committed, and leaves nothing if it fails.
    private void canaryDecided(BatchState before, BatchEvent.CanaryDecided decided) {
        CanaryState canary = Objects.requireNonNull(before.canary());
        if (!decided.passed()) {
            require(commits.isEmpty(), "a candidate has failed, and its commits stay");
            return;
        }
        require(
                commits.keySet().equals(Set.copyOf(canary.partitions())),
                "a candidate passes with the commits of %s, and was to score %s",
                commits.keySet(),
                canary.partitions());
        long rows = commits.values().stream()
                .mapToLong(PartitionCommit::predictions)
                .sum();
        long agreed = commits.values().stream()
                .mapToLong(commit -> Objects.requireNonNull(commit.comparison()).agreed())
                .sum();
        require(rows > 0 && agreed >= 0.9 * rows, "a candidate passes that agrees in %d of %d rows", agreed, rows);
    }

    /// Whether the time for the storage to be back is over.
    private boolean isOver(BatchState before, Instant at) {
        return promotionSince != null && !promotionSince.plus(patience(before)).isAfter(at);
    }

    /// The alias is moved to the candidate.
    void promoted(BatchState known) {
        require(visible != null, "a candidate is promoted before readers see its predictions");
        require(
                known.canary() != null && known.model().equals(ExampleBatch.CANDIDATE),
                "a candidate is promoted that has not passed");
    }

    private void committed(PartitionCommit commit) {
        Attempt attempt = commit.attempt(state.batch());
        require(
                commit.model()
                        .equals(Objects.requireNonNull(models.get(commit.epoch()))
                                .sha256()),
                "%s is committed with another model than it was leased with",
                attempt);
        require(commits.put(commit.partition(), commit) == null, "%s: a second winner", attempt);
        require(
                commit.epoch().equals(lastGranted.get(commit.partition())),
                "%s is committed; the newest lease is %s",
                attempt,
                lastGranted.get(commit.partition()));
        require(staged.contains(attempt), "%s is committed without output", attempt);
        require(
                state.pinned().index().slices(commit.partition()).equals(leased.get(commit.epoch())),
                "%s is committed for rows that it was not leased",
                attempt);
        require(everCommitted.add(attempt), "%s won twice", attempt);
    }

    private void reused(PartitionCommit commit) {
        Attempt attempt = commit.attempt(state.batch());
        int partition = commit.partition();
        require(commits.put(partition, commit) == null, "%s: a second winner", attempt);
        require(
                !Objects.requireNonNull(state.submission().reuse()).isRescored(partition, commit.model()),
                "%s is reused, and should be scored again",
                attempt);
        require(reused.add(partition), "partition %d is reused twice", partition);
        require(staged.contains(attempt), "%s is reused without output", attempt);
        require(everCommitted.add(attempt), "%s won twice", attempt);
    }

    private void checkTotals() {
        CommittedTotals sum = CommittedTotals.ZERO;
        for (PartitionCommit commit : commits.values()) {
            sum = sum.plus(commit);
        }
        require(sum.equals(state.totals()), "the totals are %s, of the commits %s", state.totals(), sum);
        require(commits.size() == state.committed().count(), "winners that nobody committed");
        require(sum.read() == sum.predictions() + sum.quarantined(), "rows are neither predicted nor quarantined");
        if (state.isComplete()) {
            require(sum.rows() == state.pinned().index().rows(), "complete without %s rows", sum);
        }
    }

    private record Given(ActorRef<?> worker, Attempt attempt) {}

    /// A coordinator gives a lease, perhaps once more to the worker that holds it.
    ///
    /// @param known the state as that coordinator knows it
    /// @param upToDate whether that is all that is in the journal
    /// @param now the coordinator's wall clock
    void granted(ActorRef<?> worker, Attempt attempt, BatchState known, boolean upToDate, Instant now) {
        Epoch epoch = attempt.epoch();
        Given given = new Given(worker, attempt);
        Given before = granted.putIfAbsent(epoch, given);
        require(before == null || before.equals(given), "the epoch %s is given twice", epoch);
        require(!known.committed().contains(attempt.partition()), "%s is leased, and is committed", attempt);
        require(!known.isReusing(), "%s is leased before parts are reused", attempt);
        require(
                known.submission().reuse() == null
                        || known.submission().reuse().isRescored(attempt.partition(), ExampleBatch.DIGEST)
                        || reused.contains(attempt.partition()),
                "%s is leased, and its part should be reused",
                attempt);
        require(
                !known.isCanaryRunning()
                        || Objects.requireNonNull(known.canary()).contains(attempt.partition()),
                "%s is leased before the canary is decided",
                attempt);
        if (known.shadow() != null && known.comparedModel(attempt.partition()) != null) {
            shadowed.add(epoch);
            require(!upToDate || !hasCandidateFailed, "%s is leased with a candidate that has failed", attempt);
        }
        ModelVersion model = known.model();
        require(
                models.merge(epoch, model, (first, again) -> first).equals(model),
                "%s is leased with two models",
                attempt);
        require(
                before != null || mayWork(known, now) || finishes(known),
                "%s is leased outside its window, at %s",
                attempt,
                now);
        require(
                epoch.incarnation() <= state.incarnation(),
                "%s is leased by a coordinator that was taken over",
                attempt);
        if (upToDate) {
            require(!commits.containsKey(attempt.partition()), "%s is leased, and is committed", attempt);
            require(
                    state.phase() == Phase.RUNNING || (state.phase() == Phase.PAUSED && before != null),
                    "%s is leased while the batch is %s",
                    attempt,
                    state.phase());
            Epoch last = lastGranted.get(attempt.partition());
            boolean isLatest = last == null || last.compareTo(epoch) < (before == null ? 0 : 1);
            require(isLatest, "%s is leased after %s", attempt, last);
        }
        List<Slice> slices = known.pinned().index().slices(attempt.partition());
        List<Slice> sameAsBefore = leased.putIfAbsent(epoch, slices);
        require(sameAsBefore == null || sameAsBefore.equals(slices), "%s has other rows than before", attempt);
        lastGranted.merge(attempt.partition(), epoch, (one, other) -> one.compareTo(other) < 0 ? other : one);
    }

    /// A node has made a plan.
    ///
    /// @param first the first file; the object is of this plan only
    void planMade(SourceFile first, int incarnation) {
        plans.put(first, incarnation);
    }

    /// A coordinator begins to plan.
    ///
    /// @param known the state as that coordinator knows it
    /// @param now the coordinator's wall clock
    void planning(BatchState known, Instant now) {
        require(mayWork(known, now), "it is planned outside its window, at %s", now);
    }

    private static boolean mayWork(BatchState known, Instant now) {
        TimeWindow window = TimeWindow.of(known.submission().job().timing());
        return window == null || known.ignoresWindow() || window.isOpen(now);
    }

    private static boolean finishes(BatchState known) {
        JobWindow window = known.submission().job().timing().window();
        return window != null && window.outside() == JobWindow.Outside.FINISH;
    }

    /// A worker is told that its commit is durable.
    void acknowledged(Attempt attempt) {
        require(everCommitted.contains(attempt), "%s is acknowledged, and is not in the journal", attempt);
    }

    void scored(Attempt attempt) {
        staged.add(attempt);
    }

    /// A worker deletes its output.
    void deleted(Attempt attempt) {
        staged.remove(attempt);
        PartitionCommit winner = commits.get(attempt.partition());
        require(
                winner == null || !winner.epoch().equals(attempt.epoch()),
                "%s won, and its output is deleted",
                attempt);
    }

    /// Readers see the output of a state's winners.
    void shown(BatchState shown) {
        require(visible == null, "published twice");
        require(
                state.phase() == Phase.PUBLISHING || state.phase() == Phase.FAILED,
                "readers see a batch that is %s",
                state.phase());
        require(
                state.isComplete(),
                "readers see %d of the partitions",
                state.committed().count());
        require(state.extension() == null, "readers see a batch before its plan is extended");
        require(!state.needsChecks(), "readers see a batch that was not checked");
        require(!state.isHeldBack(), "readers see a batch that is held");
        require(!state.isCanaryRunning(), "readers see a batch whose canary is not decided");
        commits.forEach((partition, commit) -> require(
                commit.model().equals(state.model().sha256()),
                "readers see partition %d with predictions of another model",
                partition));
        Map<Integer, Epoch> winners = new TreeMap<>();
        commits.forEach((partition, commit) -> require(
                commit.epoch().isReuse()
                        || shown.pinned().index().slices(partition).equals(leased.get(commit.epoch())),
                "readers see partition %d with rows of another plan",
                partition));
        for (int partition = 0; partition < shown.pinned().index().partitions(); partition++) {
            winners.put(partition, shown.committed().epoch(partition).orElseThrow());
        }
        commits.forEach((partition, commit) -> require(
                commit.epoch().equals(winners.get(partition)),
                "readers see %s of partition %d, %s has won",
                winners.get(partition),
                partition,
                commit.epoch()));
        visible = winners;
    }

    /// An operator is told that it is done.
    void done(Phase phase, @Nullable Phase known) {
        require(phase.equals(known), "an operator is told %s, and the journal says %s", phase, known);
    }

    /// The register is told that the batch has ended.
    void ended(Phase phase) {
        require(Objects.equals(phase, state.phase()), "told that it is %s, and it is %s", phase, state.phase());
    }
}
