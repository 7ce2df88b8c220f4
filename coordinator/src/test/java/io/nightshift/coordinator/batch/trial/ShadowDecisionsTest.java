package io.nightshift.coordinator.batch.trial;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.BATCH;
import static io.nightshift.coordinator.batch.ExampleBatch.CANDIDATE;
import static io.nightshift.coordinator.batch.ExampleBatch.INPUT;
import static io.nightshift.coordinator.batch.ExampleBatch.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.Simulation;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Rollout;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Decisions about the shadow of a batch of three partitions with ten rows each.
final class ShadowDecisionsTest {

    private static final DecisionTime NOW = new DecisionTime(0, AT);

    private final ShadowDecisions decisions = new ShadowDecisions();
    private final AttemptDecisions attempts = new AttemptDecisions(BATCH, Simulation.SETTINGS, new SplittableRandom(1));

    private static BatchState running(double sample) {
        Rollout rollout = Rollout.shadow(new ModelReference.Alias(MODEL.name(), "candidate"), sample, 10);
        BatchState planned = ExampleBatch.state(
                new BatchEvent.Submitted(
                        AT, BATCH, ExampleBatch.job(ExampleBatch.job(), rollout), MODEL, INPUT, null, null, CANDIDATE),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned());
        assertThat(CanaryDecisions.started(planned, NOW)).isEmpty();
        return ExampleBatch.after(planned, ShadowDecisions.started(planned, NOW).toArray(BatchEvent[]::new));
    }

    private static PartitionCommit commit(int partition, ModelComparison comparison) {
        return ExampleBatch.commit(partition, new Epoch(1, 1 + partition), 0).withComparison(comparison);
    }

    private static PartitionCommit compared(int partition) {
        return commit(partition, ExampleBatch.comparison(10, 9));
    }

    private static BatchEvent.AttemptFailed failed(int partition, int lease, String node, Failure failure) {
        return new BatchEvent.AttemptFailed(AT, partition, new Epoch(1, lease), node, failure);
    }

    private BatchDecision decide(BatchState state, boolean isExpiry, BatchEvent... events) {
        return decisions.decide(state, BatchDecision.persist(List.of(events), List.of()), isExpiry, NOW);
    }

    private static Shadow report(BatchState state) {
        return Objects.requireNonNull(ShadowState.report(state));
    }

    @Test
    void theChampionScoresTheBatchAndTheCandidateIsCompared() {
        BatchState state = running(1);
        assertThat(state.model()).isEqualTo(MODEL);
        assertThat(state.comparedModel(2)).isEqualTo(CANDIDATE);
        assertThat(report(state).state()).isEqualTo(Shadow.State.RUNNING);

        BatchEvent committed = ExampleBatch.committed(compared(0), compared(1), compared(2));
        BatchDecision decision = decide(state, false, committed);

        assertThat(decision.events()).containsExactly(committed);
        BatchState next = state.after(decision.events());
        assertThat(next.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(report(next).state()).isEqualTo(Shadow.State.COMPLETED);
        assertThat(report(next).partitions()).isEqualTo(3);
        assertThat(report(next).rows()).isEqualTo(30);
        assertThat(report(next).sentence())
                .startsWith("delays@2 has scored 3 of 3 chosen partitions next to delays@1, unpublished: 30 rows");
    }

    @Test
    void aSampleOfThePartitionsIsCompared() {
        BatchState state = running(0.3);

        List<Integer> chosen = Objects.requireNonNull(state.shadow()).partitions();
        assertThat(chosen).hasSize(1);
        for (int partition = 0; partition < 3; partition++) {
            assertThat(state.comparedModel(partition)).isEqualTo(chosen.contains(partition) ? CANDIDATE : null);
        }
        BatchState next = state.after(List.of(ExampleBatch.committed(compared(chosen.getFirst()))));
        assertThat(report(next).state()).isEqualTo(Shadow.State.COMPLETED);
        assertThat(next.phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    void theReportIsTheSameInAnyOrder() {
        PartitionCommit first = compared(0);
        PartitionCommit second = commit(1, ExampleBatch.comparison(10, 3));
        PartitionCommit third = commit(2, ExampleBatch.comparison(10, 7));

        Shadow one = report(running(1).after(List.of(ExampleBatch.committed(first, second, third))));
        Shadow other =
                report(running(1).after(List.of(ExampleBatch.committed(third), ExampleBatch.committed(second, first))));

        assertThat(one).isEqualTo(other);
    }

    @Test
    void aCandidateThatCanNotScoreIsAbandonedAndTheBatchIsPublished() {
        BatchState state = running(1);
        ModelComparison failed = ModelComparison.failed("feature 3 is negative");

        BatchDecision decision =
                decide(state, false, ExampleBatch.committed(compared(0), commit(1, failed), commit(2, failed)));

        assertThat(decision.events()).hasSize(2);
        assertThat(decision.events().getLast()).isEqualTo(new BatchEvent.ShadowAbandoned(AT, "feature 3 is negative"));
        BatchState next = state.after(decision.events());
        assertThat(next.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(report(next).state()).isEqualTo(Shadow.State.ABANDONED);
        assertThat(report(next).partitions()).isEqualTo(1);
        assertThat(report(next).sentence())
                .startsWith(
                        "delays@2 was abandoned after 1 of 3 chosen partitions, and delays@1 has scored the batch as usual: feature 3 is negative; before, 10 rows");
        assertThat(state.after(List.of(
                                ExampleBatch.committed(commit(1, failed)),
                                decision.events().getLast()))
                        .comparedModel(0))
                .isNull();
    }

    @Test
    void anAttemptThatFailsMayHaveFailedBecauseOfTheCandidate() {
        BatchState state = running(1);
        Failure stalled = Failure.transientFailure("no progress for 60 s");

        BatchDecision decision = decide(state, false, failed(0, 1, "node:1", stalled));

        assertThat(decision.events().getLast())
                .isEqualTo(new BatchEvent.ShadowAbandoned(
                        AT, "an attempt that scored with it failed: no progress for 60 s"));
        assertThat(attempts.mostAttempts(state, 0))
                .isEqualTo(1 + Simulation.SETTINGS.retry().attempts());
    }

    @Test
    void aNodeThatFallsSilentCostsOnePartitionAndTwoEndTheShadow() {
        BatchState state = running(1);
        Failure silent = Failure.transientFailure("no heartbeat for 15 s");

        BatchDecision first = decide(state, true, failed(0, 1, "node:1", silent), failed(1, 2, "node:1", silent));
        assertThat(first.events()).hasSize(2);
        BatchState next = state.after(first.events());
        assertThat(next.comparedModel(0)).isNull();
        assertThat(next.comparedModel(2)).isEqualTo(CANDIDATE);

        // It scored without the candidate.
        assertThat(decide(next, true, failed(0, 3, "node:3", silent)).events()).hasSize(1);
        assertThat(decide(next, true, failed(2, 4, "node:2", silent)).events().getLast())
                .isEqualTo(new BatchEvent.ShadowAbandoned(
                        AT, "2 nodes stopped sending heartbeats while they scored with it"));
    }

    @Test
    void onlyAnOutageOfTheRegistryIsTheCandidates() {
        BatchState state = running(1);
        Failure away = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");
        BatchEvent outage = new BatchEvent.AttemptFailed(AT, 0, new Epoch(1, 1), "node:1", away, AT.plusSeconds(60));
        assertThat(decide(state, false, outage).events()).hasSize(1);

        Failure lost = Failure.of(FailedResource.Type.REGISTRY, "delays@2", "the registry does not answer");
        BatchEvent loading = new BatchEvent.AttemptFailed(AT, 0, new Epoch(1, 1), "node:1", lost, AT.plusSeconds(60));
        assertThat(decide(state, false, loading).events()).hasSize(2);

        Failure broken = Failure.permanent("a column is missing");
        BatchDecision decision =
                decide(state, false, failed(0, 1, "node:1", broken), new BatchEvent.Failed(AT, broken));
        assertThat(decision.events()).hasSize(2);
    }

    @Test
    void aPartitionThatIsScoredAgainCountsOnce() {
        BatchState state = running(1)
                .after(List.of(
                        ExampleBatch.committed(compared(0), compared(1)), new BatchEvent.Rescored(AT, List.of(0))));

        assertThat(state.comparedModel(0)).isNull();
        BatchState again = state.after(List.of(ExampleBatch.committed(
                ExampleBatch.commit(0, new Epoch(1, 7), 0).withComparison(ExampleBatch.comparison(10, 1)))));

        assertThat(report(again)).isEqualTo(report(state));
        assertThat(report(again).partitions()).isEqualTo(2);
    }

    @Test
    void aBatchWithoutACandidateHasNoShadow() {
        Rollout rollout = Rollout.shadow(new ModelReference.Alias(MODEL.name(), "candidate"), 1, 10);
        BatchState planned = ExampleBatch.state(
                new BatchEvent.Submitted(AT, BATCH, ExampleBatch.job(ExampleBatch.job(), rollout), MODEL, INPUT),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned());

        assertThat(ShadowDecisions.started(planned, NOW)).isEmpty();
        assertThat(ShadowState.report(planned)).isNull();
    }
}
