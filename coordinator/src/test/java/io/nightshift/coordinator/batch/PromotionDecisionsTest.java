package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.Submission;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Decisions about a batch whose candidate has passed, while it is published and the candidate is promoted.
final class PromotionDecisionsTest extends DecisionsFixture {

    private static final Publication PUBLICATION = new Publication("/out", ExampleBatch.DIGEST);

    private void scored() {
        Job job = ExampleBatch.job(
                ExampleBatch.job(), ExampleBatch.rollout(1, Rollout.OnPass.PROMOTE, Rollout.OnFail.ROLLBACK));
        Submission submission = ExampleBatch.submission(job);
        decide(new BatchCommand.Open(submission.trying(ExampleBatch.CANDIDATE)));
        plan();
        for (int partition = 0; partition < 3; partition++) {
            lease();
        }
        for (int partition = 0; partition < 3; partition++) {
            PartitionCommit commit = ExampleBatch.commit(partition, new Epoch(1, 1 + partition), 0);
            decide(new BatchCommand.Commit(
                    PartitionCommitBuilder.builder(commit)
                            .model(ExampleBatch.CANDIDATE.sha256())
                            .build()
                            .withComparison(ExampleBatch.comparison(10, 10)),
                    List.of(),
                    worker));
        }
        decide(new CoordinatorMessage.FlushCommits());
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
    }

    private BatchDecision published(Failure failure) {
        return report(
                1,
                new CoordinatorMessage.PublicationCompleted(
                        PUBLICATION, new CoordinatorMessage.Promotion("champion", failure)));
    }

    @Test
    void aRegistryThatIsAwayIsWaitedFor() {
        scored();

        BatchDecision decision = published(AWAY);

        assertThat(decision.events()).hasSize(1).first().isInstanceOf(BatchEvent.StepFailed.class);
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        assertThat(decide(new CoordinatorMessage.RetryDue(1)).actions())
                .containsExactly(new CoordinatorAction.Publish(1));

        assertThat(report(
                                1,
                                new CoordinatorMessage.PublicationCompleted(
                                        PUBLICATION, new CoordinatorMessage.Promotion("champion", null)))
                        .events())
                .contains(new BatchEvent.CandidatePromoted(at(), "champion", null));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
    }

    @Test
    void aBatchIsPublishedWithoutThePromotionWhenTheTimeForItIsOver() {
        scored();
        published(AWAY);
        seconds = SETTINGS.retry().patience(AWAY).toSeconds();

        assertThat(published(AWAY).events())
                .contains(new BatchEvent.CandidatePromoted(at(), "champion", AWAY.message()));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
    }

    @Test
    void anOutageOfTheDestinationDoesNotShortenTheWaitForTheRegistry() {
        scored();
        report(1, new CoordinatorMessage.TaskFailed(AWAY));
        seconds = SETTINGS.retry().patience(AWAY).toSeconds() - 1;

        assertThat(published(AWAY).events())
                .containsExactly(new BatchEvent.StepFailed(
                        at(), "node:1", AWAY, at().plus(SETTINGS.retry().patience(AWAY)), true));
        seconds += 5;
        assertThat(published(AWAY).events()).as("the same outage").isEmpty();
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        seconds += 5;
        assertThat(published(AWAY).events())
                .contains(new BatchEvent.CandidatePromoted(at(), "champion", AWAY.message()));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
    }

    /// The publication is repeated with each promotion, so the destination may fail in between.
    @Test
    void anOutageOfTheRegistryLeavesTheDestinationItsTime() {
        scored();
        published(AWAY);
        seconds = SETTINGS.retry().patience(AWAY).toSeconds() - 1;

        BatchDecision failed = report(1, new CoordinatorMessage.TaskFailed(AWAY));

        assertThat(failed.events())
                .containsExactly(new BatchEvent.StepFailed(
                        at(), "node:1", AWAY, at().plus(SETTINGS.retry().patience(AWAY))));
        seconds += 1;
        assertThat(published(AWAY).events())
                .contains(new BatchEvent.CandidatePromoted(at(), "champion", AWAY.message()));
    }

    @Test
    void anAliasThatSomebodyElseHasMovedIsNotWaitedFor() {
        scored();
        Failure moved = Failure.permanent("champion is version 3");

        assertThat(published(moved).events())
                .contains(new BatchEvent.CandidatePromoted(at(), "champion", moved.message()));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
    }

    @Test
    void aCancelThatReadersOvertakeLeavesThePromotion() {
        scored();
        BatchCommand.Cancel cancel = new BatchCommand.Cancel("no longer needed", operator);
        decide(cancel);

        BatchDecision decision = report(2, new CoordinatorMessage.PublicationFenced(cancel, PUBLICATION, null));

        assertThat(decision.events()).isEmpty();
        assertThat(decision.actions()).contains(new CoordinatorAction.Publish(2));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
    }
}
