package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Submission;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// A batch of three partitions that scores the second one, and takes over the others from a published batch.
class ReuseDecisionsTest extends DecisionsFixture {

    private static final Reuse SECOND = new Reuse("flights-0", List.of(1), null);

    private static Submission submission(Reuse reuse) {
        Submission all = ExampleBatch.submission(ExampleBatch.job());
        return new Submission(all.job(), all.fingerprint(), all.input(), all.model(), null, reuse);
    }

    private void begin() {
        decide(new BatchCommand.Open(submission(SECOND)));
    }

    private PartitionCommit part(int partition, int incarnation) {
        return ExampleBatch.commit(partition, new Epoch(4, 17), 0).reused(incarnation);
    }

    private BatchDecision staged(int from, int to, PartitionCommit... parts) {
        return report(
                state.incarnation(),
                new CoordinatorMessage.PartsStaged(new StagedParts(from, to, Arrays.asList(parts))));
    }

    private BatchEvent reused(int to, PartitionCommit... parts) {
        return new BatchEvent.PartsReused(at(), to, Arrays.asList(parts));
    }

    @Test
    void nothingIsLeasedBeforeItIsDecidedAboutAllParts() {
        begin();
        assertThat(plan().actions()).containsExactly(new CoordinatorAction.ReuseParts(1));
        assertThat(lease().actions()).noneMatch(CoordinatorAction.GrantLease.class::isInstance);

        assertThat(staged(0, 2, part(0, 1)))
                .isEqualTo(BatchDecision.persist(reused(2, part(0, 1)), new CoordinatorAction.ReuseParts(1)));
        assertThat(staged(2, 3, part(2, 1))).isEqualTo(BatchDecision.persist(reused(3, part(2, 1)), HAS_WORK));

        assertThat(lease().actions())
                .anySatisfy(action -> assertThat(action)
                        .isInstanceOfSatisfying(
                                CoordinatorAction.GrantLease.class,
                                grant -> assertThat(grant.attempt().partition()).isEqualTo(1)));
        decide(new BatchCommand.Commit(ExampleBatch.commit(1, new Epoch(1, 1), 0), List.of(), worker));
        decide(new CoordinatorMessage.FlushCommits());
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(state.totals().rows()).isEqualTo(30);
    }

    @Test
    void theNextCoordinatorGoesOnBehindThePartsThatAreDecided() {
        begin();
        plan();
        staged(0, 2, part(0, 1));
        BatchDecisions next = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(2));

        BatchDecision recovered = next.decide(state, new CoordinatorMessage.Recovered(), now());

        assertThat(recovered)
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.TookOver(at(), 2, "node:2"), new CoordinatorAction.ReuseParts(2)));
        for (BatchEvent event : recovered.events()) {
            state = ExampleBatch.after(state, event);
        }
        BatchEvent late = reused(3, part(2, 1));
        assertThatThrownBy(() -> ExampleBatch.after(state, late)).isInstanceOf(IllegalStateException.class);
        assertThat(ExampleBatch.after(state, reused(3, part(2, 2))).isReusing()).isFalse();
    }

    @Test
    void aPauseHoldsBackTheNextParts() {
        begin();
        plan();
        decide(new BatchCommand.Pause("", operator));

        assertThat(staged(0, 1, part(0, 1))).isEqualTo(BatchDecision.persist(reused(1, part(0, 1))));

        assertThat(decide(new BatchCommand.Resume(operator)).actions()).contains(new CoordinatorAction.ReuseParts(1));
    }

    @Test
    void aFailureIsTriedAgainOnThisNode() {
        begin();
        plan();

        BatchDecision failed = decide(
                new CoordinatorMessage.TaskReported(1, new CoordinatorMessage.TaskFailed(AWAY), List.of("node:2")));

        assertThat(failed.actions()).singleElement().isInstanceOf(CoordinatorAction.RetryLater.class);
        assertThat(decide(new CoordinatorMessage.RetryDue(1)).actions())
                .containsExactly(new CoordinatorAction.ReuseParts(1));
    }

    @Test
    void partsAreReusedOnceAndInOrder() {
        begin();
        plan();
        staged(0, 2, part(0, 1));

        assertThat(staged(0, 2, part(0, 1))).isEqualTo(BatchDecision.nothing());
        assertThatThrownBy(() -> ExampleBatch.after(state, reused(2, part(1, 1))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ExampleBatch.after(state, reused(3, part(0, 1))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ExampleBatch.after(state, reused(3, ExampleBatch.commit(2, new Epoch(1, 1), 0))))
                .as("an epoch of a lease")
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aBatchThatReusesNothingTakesNoParts() {
        start();

        assertThatThrownBy(() -> ExampleBatch.after(state, reused(3, part(2, 1))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void thePlanIsNotExtendedByNewFiles() {
        Job job = ExampleBatch.job(ExampleBatch.job(), Job.OnChange.EXTEND);
        Submission all = ExampleBatch.submission(job);
        decide(new BatchCommand.Open(new Submission(job, all.fingerprint(), all.input(), all.model(), null, SECOND)));
        plan();

        assertThat(decide(new BatchCommand.Open(ExampleBatch.submission(job, "9".repeat(64))))
                        .events())
                .isEmpty();
    }

    @Test
    void partitionsAreSelectedByTheirNumbersOrTheirModel() {
        assertThat(SECOND.isRescored(1, "a")).isTrue();
        assertThat(SECOND.isRescored(2, "a")).isFalse();
        assertThat(new Reuse("b", List.of(7, 3, 3), null).partitions()).containsExactly(3, 7);
        assertThat(new Reuse("b", List.of(), "a").isRescored(0, "a")).isTrue();
        assertThat(new Reuse("b", List.of(), "a").isRescored(0, "b")).isFalse();
        assertThat(new Reuse("b", List.of(), null).isRescored(5, "a")).isTrue();
    }
}
