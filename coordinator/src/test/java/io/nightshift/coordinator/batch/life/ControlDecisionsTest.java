package io.nightshift.coordinator.batch.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.DecisionsFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Refusals, rescoring, and what a control does to attempts that are in flight.
class ControlDecisionsTest extends DecisionsFixture {

    private BatchDecision refused(String reason) {
        return BatchDecision.of(
                new CoordinatorAction.Send<>(operator, new ControlReply.Refused(ExampleBatch.BATCH, reason)));
    }

    private BatchDecision rescore(Integer... partitions) {
        return decide(new BatchCommand.Rescore(List.of(partitions), operator));
    }

    private BatchCommand.Commit commit(int partition, int lease) {
        PartitionCommit commit = ExampleBatch.commit(partition, new Epoch(1, lease), 0);
        return new BatchCommand.Commit(commit, List.of(), worker);
    }

    private void commitFirst() {
        lease();
        decide(commit(0, 1));
        decide(new CoordinatorMessage.FlushCommits());
    }

    @Test
    void theLedgerSaysWhoAskedForEachControl() {
        start();
        commitFirst();

        assertThat(decide(new BatchCommand.Rescore(List.of(0), operator, "mara"))
                        .events())
                .containsExactly(new BatchEvent.Rescored(ExampleBatch.AT, List.of(0), "mara"));
        decide(new BatchCommand.Pause("", operator, "mara"));
        assertThat(decide(new BatchCommand.Resume(operator, "ines")).events())
                .containsExactly(new BatchEvent.Resumed(ExampleBatch.AT, "ines"));
        state = state.after(List.of(ExampleBatch.failed()));
        assertThat(decide(new BatchCommand.Retry(operator, "ops")).events())
                .startsWith(new BatchEvent.Retried(ExampleBatch.AT, "ops"));
        assertThat(decide(new BatchCommand.Cancel("wrong input", operator, "mara"))
                        .events())
                .containsExactly(new BatchEvent.Cancelled(ExampleBatch.AT, "wrong input", "mara"));
    }

    @Nested
    class Rescoring {

        @Test
        void onlyPartitionsOfThePlanAreRescored() {
            start();

            assertThat(rescore()).isEqualTo(refused("the request names no partition"));
            assertThat(rescore(-1, 1)).isEqualTo(refused("there is no partition -1; its partitions are 0 to 2"));
            assertThat(rescore(1, 3)).isEqualTo(refused("there is no partition 3; its partitions are 0 to 2"));
            assertThat(rescore(0, 3)).isEqualTo(refused("there is no partition 3; its partitions are 0 to 2"));
            assertThat(rescore(0, 2))
                    .as("the first and the last, which are not committed")
                    .isEqualTo(BatchDecision.of(done(Phase.RUNNING)));
        }

        @Test
        void aRescoredPartitionIsLeasedAgain() {
            start();
            commitFirst();
            lease();
            lease();

            assertThat(rescore(0))
                    .isEqualTo(BatchDecision.persist(
                            List.of(new BatchEvent.Rescored(ExampleBatch.AT, List.of(0))),
                            List.of(HAS_WORK, done(Phase.RUNNING))));
            assertThat(decide(new BatchCommand.RequestLease("node:1", worker, "nonce")))
                    .isEqualTo(BatchDecision.of(
                            new CoordinatorAction.GrantLease(worker, "node:1", attempt(0, 4), "nonce")));
        }
    }

    @Nested
    class Cancelling {

        @Test
        void aCancelledBatchKeepsNoLease() {
            start();
            lease();
            decide(new BatchCommand.Cancel("no longer needed", operator));

            assertThat(decisions.nanosSinceHeartbeat(attempt(0, 1), new DecisionTime(0, ExampleBatch.AT)))
                    .isEmpty();
        }

        @Test
        void aCancelledBatchRepeatsItsEndToTheRegister() {
            start();
            decide(new BatchCommand.Cancel("no longer needed", operator));

            assertThat(decide(new BatchCommand.Pause("maintenance", operator)).actions())
                    .endsWith(new CoordinatorAction.SweepStagedOutput());
        }
    }

    @Nested
    class CancellingAPublication {

        private final BatchCommand.Control cancel = new BatchCommand.Cancel("no longer needed", operator);

        private void publish() {
            start();
            for (int partition = 0; partition < 3; partition++) {
                lease();
                decide(commit(partition, partition + 1));
                decide(new CoordinatorMessage.FlushCommits());
            }
            assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        }

        private BatchDecision fenced(@Nullable Publication visible, @Nullable Failure failure) {
            return report(2, new CoordinatorMessage.PublicationFenced(cancel, visible, failure));
        }

        private CoordinatorAction refusal(String reason) {
            return new CoordinatorAction.Send<>(operator, new ControlReply.Refused(ExampleBatch.BATCH, reason));
        }

        @Test
        void aTakeoverAndAFenceComeFirst() {
            publish();

            assertThat(decide(cancel))
                    .isEqualTo(BatchDecision.persist(
                            ExampleBatch.tookOver(2), new CoordinatorAction.FencePublication(2, cancel)));
            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY)))
                    .as("the publication of the incarnation before")
                    .isEqualTo(BatchDecision.nothing());
            assertThat(fenced(null, null))
                    .isEqualTo(BatchDecision.persist(
                            ExampleBatch.cancelled(),
                            HAS_NO_WORK,
                            done(Phase.CANCELLED),
                            new CoordinatorAction.SweepStagedOutput()));
        }

        @Test
        void everyRequestIsAnsweredAfterOneFence() {
            publish();
            decide(cancel);

            assertThat(decide(cancel)).isEqualTo(BatchDecision.nothing());
            assertThat(fenced(null, null).actions())
                    .containsOnlyOnce(new CoordinatorAction.SweepStagedOutput())
                    .filteredOn(done(Phase.CANCELLED)::equals)
                    .hasSize(2);
        }

        @Test
        void aBatchThatReadersSeeIsPublished() {
            publish();
            decide(cancel);

            BatchDecision decision = fenced(new Publication("/out", ExampleBatch.DIGEST), null);

            assertThat(decision.events())
                    .containsExactly(new BatchEvent.Published(ExampleBatch.AT, "/out", ExampleBatch.DIGEST));
            assertThat(decision.actions())
                    .contains(refusal(
                            "it became visible to readers in /out before it could be cancelled, so it is published"));
        }

        @Test
        void aPublicationThatCannotBeFencedBeginsAgain() {
            publish();
            decide(cancel);

            assertThat(fenced(null, AWAY))
                    .isEqualTo(BatchDecision.of(
                            refusal("the share is away. The publication continues"), new CoordinatorAction.Publish(2)));
            assertThat(decide(cancel).actions())
                    .as("it can be tried again")
                    .containsExactly(new CoordinatorAction.FencePublication(3, cancel));
        }
    }

    @Test
    void aControlOfABatchThatWasNeverSubmittedIsRefused() {
        assertThat(decide(new BatchCommand.Resume(operator))).isEqualTo(refused("there is no such batch"));
    }

    @Test
    void aRefusalNamesThePhase() {
        open();
        assertThat(rescore(0)).isEqualTo(refused("it is not planned yet"));
        plan();
        assertThat(decide(new BatchCommand.Approve("it is right", operator, "ops")))
                .isEqualTo(refused("it is running"));
    }

    @Test
    void aFailedBatchHoldsNoLease() {
        start();
        lease();
        decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", Failure.permanent("no such column")));

        assertThat(state.phase()).isEqualTo(Phase.FAILED);
        assertThat(decisions.nanosSinceHeartbeat(attempt(0, 1), new DecisionTime(0, ExampleBatch.AT)))
                .isEmpty();
    }

    @Nested
    class CommitsThatAreRefused {

        private BatchDecision abandoned(int partition, int lease, String reason) {
            return BatchDecision.of(
                    new CoordinatorAction.Send<>(worker, new WorkerMessage.Abandon(attempt(partition, lease), reason)));
        }

        private BatchCommand.Commit commit(int partition, long firstRow, long rows, String model) {
            PartitionCommit right = ExampleBatch.commit(partition, new Epoch(1, 1), 0);
            return new BatchCommand.Commit(
                    PartitionCommitBuilder.builder()
                            .partition(partition)
                            .epoch(right.epoch())
                            .node(right.node())
                            .firstRow(firstRow)
                            .rows(rows)
                            .read(rows)
                            .part(new PartitionCommit.OutputFile(rows, 100, ExampleBatch.DIGEST))
                            .model(model)
                            .build(),
                    List.of(),
                    worker);
        }

        @Test
        void anAttemptThatScoredOtherRowsIsRefused() {
            start();
            lease();
            String reason = "the attempt scored other rows than planned";

            assertThat(decide(commit(0, 0, 9, ExampleBatch.MODEL.sha256()))).isEqualTo(abandoned(0, 1, reason));
            assertThat(decide(commit(0, 1, 10, ExampleBatch.MODEL.sha256()))).isEqualTo(abandoned(0, 1, reason));
        }

        @Test
        void anAttemptThatScoredWithAnotherModelIsRefused() {
            start();
            lease();

            assertThat(decide(commit(0, 0, 10, "c3".repeat(32))))
                    .isEqualTo(abandoned(0, 1, "the attempt scored with another model"));
        }

        @Test
        void anAttemptThatScoredRowsOfAnotherPartitionValueIsRefused() {
            start();
            lease();
            PartitionCommit right = ExampleBatch.commit(0, new Epoch(1, 1), 0);
            PartitionCommit ofDay = PartitionCommitBuilder.builder()
                    .partition(0)
                    .epoch(right.epoch())
                    .node(right.node())
                    .firstRow(0)
                    .rows(10)
                    .read(10)
                    .part(right.part())
                    .model(right.model())
                    .value("2026-11-24")
                    .build();

            assertThat(decide(new BatchCommand.Commit(ofDay, List.of(), worker)))
                    .isEqualTo(abandoned(0, 1, "the attempt scored rows of another partition value than planned"));
        }

        @Test
        void anAttemptOfABatchThatHasStoppedIsRefusedWithItsPhase() {
            start();
            lease();
            decide(new BatchCommand.Cancel("no longer needed", operator));

            assertThat(decide(commit(0, 0, 10, ExampleBatch.MODEL.sha256())))
                    .isEqualTo(abandoned(0, 1, "the batch is cancelled"));
        }
    }
}
