package io.nightshift.coordinator.batch.trial;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.BATCH;
import static io.nightshift.coordinator.batch.ExampleBatch.CANDIDATE;
import static io.nightshift.coordinator.batch.ExampleBatch.INPUT;
import static io.nightshift.coordinator.batch.ExampleBatch.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.Simulation;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Decisions about the canary of a batch of three partitions with ten rows each.
final class CanaryDecisionsTest {

    private static final DecisionTime NOW = new DecisionTime(0, AT);

    private final CanaryDecisions decisions =
            new CanaryDecisions(new AttemptDecisions(BATCH, Simulation.SETTINGS, new SplittableRandom(1)));

    private static Job job(double share, Rollout.OnFail onFail) {
        return ExampleBatch.job(ExampleBatch.job(), ExampleBatch.rollout(share, Rollout.OnPass.PROMOTE, onFail));
    }

    /// A batch whose candidate scores two of the three partitions first.
    private static BatchState running(Rollout.OnFail onFail) {
        BatchState planned = ExampleBatch.state(
                new BatchEvent.Submitted(AT, BATCH, job(0.6, onFail), MODEL, INPUT, null, null, CANDIDATE),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned());
        return ExampleBatch.after(planned, CanaryDecisions.started(planned, NOW).toArray(BatchEvent[]::new));
    }

    /// The candidate's commit of one of its partitions.
    private static PartitionCommit commit(BatchState state, int place, int quarantined, int agreed) {
        int partition = canary(state).partitions().get(place);
        PartitionCommit commit = ExampleBatch.commit(partition, new Epoch(1, 1 + place), quarantined);
        return PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(commit.epoch())
                .node(commit.node())
                .firstRow(commit.firstRow())
                .rows(commit.rows())
                .read(commit.read())
                .part(commit.part())
                .quarantine(commit.quarantine())
                .model(CANDIDATE.sha256())
                .build()
                .withComparison(ExampleBatch.comparison(10 - quarantined, agreed));
    }

    private static CanaryState canary(BatchState state) {
        return Objects.requireNonNull(state.canary());
    }

    private BatchDecision decide(BatchState state, BatchEvent... events) {
        return decisions.decide(state, BatchDecision.persist(List.of(events), List.of()), NOW);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "3, 10", "10, 10", "77, 1000"})
    void thePartitionsAreSpreadEvenlyAndOthersInEachBatch(int chosen, int partitions) {
        List<Integer> first = CanaryDecisions.spread(chosen, partitions, "flights-1");
        List<Integer> second = CanaryDecisions.spread(chosen, partitions, "flights-2");

        assertThat(first).hasSize(chosen).isSorted().doesNotHaveDuplicates();
        assertThat(first).allMatch(partition -> partition >= 0 && partition < partitions);
        assertThat(CanaryDecisions.spread(chosen, partitions, "flights-1")).isEqualTo(first);
        if (chosen < partitions) {
            assertThat(second).isNotEqualTo(first);
        }
        List<Integer> gaps = new ArrayList<>();
        for (int i = 0; i < chosen; i++) {
            int next = i + 1 < chosen ? first.get(i + 1) : first.getFirst() + partitions;
            gaps.add(next - first.get(i));
        }
        assertThat(gaps).allMatch(gap -> gap == partitions / chosen || gap == partitions / chosen + 1);
    }

    @Test
    void nothingIsDecidedBeforeAllItsPartitionsAreCommitted() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);
        assertThat(canary(state).partitions()).hasSize(2);
        assertThat(state.model()).isEqualTo(CANDIDATE);
        assertThat(state.comparedModel(0)).isEqualTo(MODEL);

        BatchDecision decision = decide(state, ExampleBatch.committed(commit(state, 0, 0, 10)));

        assertThat(decision.events()).hasSize(1);
    }

    @Test
    void aCandidateThatKeepsAllGuardsScoresTheRest() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);

        BatchDecision decision = decide(state, ExampleBatch.committed(commit(state, 0, 1, 9), commit(state, 1, 0, 9)));

        BatchEvent.CanaryDecided decided =
                (BatchEvent.CanaryDecided) decision.events().getLast();
        assertThat(decided.passed()).isTrue();
        assertThat(decided.rows()).isEqualTo(19);
        assertThat(decided.results()).extracting(GuardResult::value).containsExactly(0.05, 18 / 19.0);
        BatchState next = state.after(decision.events());
        assertThat(next.model()).isEqualTo(CANDIDATE);
        assertThat(next.comparedModel(0)).isNull();
        assertThat(next.committed().count()).isEqualTo(2);
        assertThat(next.phase()).isEqualTo(Phase.RUNNING);
        assertThat(canary(next).status().sentence())
                .isEqualTo(
                        "delays@2 has passed on 2 partitions with 19 rows, and scores the whole batch: quarantined is 5 %, expected at most 20 %; agreement is 94.74 %, expected at least 90 %");
    }

    @Test
    void aCandidateThatExceedsAGuardLeavesNothing() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);

        BatchDecision decision = decide(state, ExampleBatch.committed(commit(state, 0, 0, 10), commit(state, 1, 0, 7)));

        assertThat(decision.events())
                .extracting(event -> (Object) event.getClass().getSimpleName())
                .containsExactly("Committed", "Rescored", "CanaryDecided");
        BatchState next = state.after(decision.events());
        assertThat(next.committed().count()).isZero();
        assertThat(next.totals()).isEqualTo(CommittedTotals.ZERO);
        assertThat(next.model()).isEqualTo(MODEL);
        assertThat(canary(next).status().state()).isEqualTo(Canary.State.FAILED);
        assertThat(canary(next).status().sentence())
                .isEqualTo(
                        "delays@2 has failed, and delays@1 scores the whole batch: agreement is 85 %, expected at least 90 %");
    }

    @Test
    void aBatchWithOnFailFailFailsAndIsRetriedWithTheChampion() {
        BatchState state = running(Rollout.OnFail.FAIL);

        BatchDecision decision = decide(state, ExampleBatch.committed(commit(state, 0, 0, 0), commit(state, 1, 0, 0)));

        BatchState next = state.after(decision.events());
        assertThat(next.phase()).isEqualTo(Phase.FAILED);
        assertThat(Objects.requireNonNull(next.failure()).message())
                .startsWith("the rollout fails: delays@2 has failed");
        assertThat(ExampleBatch.after(next, new BatchEvent.Retried(AT)).model()).isEqualTo(MODEL);
    }

    @Test
    void aFailureOfTheCandidateFailsTheCandidateOnly() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);
        BatchEvent failed = new BatchEvent.AttemptFailed(
                AT, 0, new Epoch(1, 1), "node:1", Failure.permanent("the model can't score"));

        BatchDecision decision = decide(
                state,
                ExampleBatch.committed(commit(state, 0, 0, 10)),
                failed,
                new BatchEvent.Failed(AT, Failure.permanent("the model can't score")));

        BatchState next = state.after(decision.events());
        assertThat(next.phase()).isEqualTo(Phase.RUNNING);
        assertThat(next.attemptsFailed()).isEmpty();
        assertThat(next.committed().count()).isZero();
        assertThat(canary(next).status().reason()).isEqualTo("the model can't score");
    }

    @Test
    void aFailureOfAResourceIsNotTheCandidates() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);
        Failure away = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");
        BatchEvent failed = new BatchEvent.AttemptFailed(AT, 0, new Epoch(1, 1), "node:1", away, AT.minusSeconds(1));

        BatchDecision decision =
                decide(state, failed, new BatchEvent.Failed(AT, Failure.permanent("the share is away")));

        assertThat(state.after(decision.events()).phase()).isEqualTo(Phase.FAILED);
        assertThat(state.after(decision.events()).isCanaryRunning()).isTrue();
    }

    @Test
    void aRegistryWithoutTheCandidateFailsTheCandidate() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);
        Failure lost = Failure.of(FailedResource.Type.REGISTRY, "delays@2", "there is no such version");
        BatchEvent failed = new BatchEvent.AttemptFailed(AT, 0, new Epoch(1, 1), "node:1", lost, AT.minusSeconds(1));

        BatchDecision decision = decide(state, failed, new BatchEvent.Failed(AT, Failure.permanent(lost.message())));

        assertThat(canary(state.after(decision.events())).status().state()).isEqualTo(Canary.State.FAILED);
    }

    @Test
    void aCandidateWithoutAPredictionFails() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);

        BatchDecision decision =
                decide(state, ExampleBatch.committed(commit(state, 0, 10, 0), commit(state, 1, 10, 0)));

        assertThat(canary(state.after(decision.events())).status().reason())
                .isEqualTo("none of its rows has a prediction");
    }

    @Test
    void aBatchWithoutACandidateOrARowHasNoCanary() {
        BatchState planned = ExampleBatch.state(
                new BatchEvent.Submitted(AT, BATCH, job(0.6, Rollout.OnFail.ROLLBACK), MODEL, INPUT),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned());

        assertThat(CanaryDecisions.started(planned, NOW)).isEmpty();
        assertThat(planned.model()).isEqualTo(MODEL);
        assertThatThrownBy(() -> planned.apply(new BatchEvent.CanaryStarted(AT, List.of(0))))
                .hasMessageContaining("no canary can start");
    }

    @Test
    void aCommitOfAnotherPartitionBeforeTheDecisionIsDamage() {
        BatchState state = running(Rollout.OnFail.ROLLBACK);
        int other = 3
                - canary(state).partitions().stream()
                        .mapToInt(Integer::intValue)
                        .sum();

        assertThatThrownBy(() -> state.apply(ExampleBatch.committed(ExampleBatch.commit(other, new Epoch(1, 1), 0))))
                .hasMessageContaining("before the canary is decided");
    }
}
