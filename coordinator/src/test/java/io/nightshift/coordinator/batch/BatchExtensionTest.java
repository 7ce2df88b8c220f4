package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// A batch whose job is run again after its source has changed, with `source.on-change: extend`.
class BatchExtensionTest extends DecisionsFixture {

    private static final String INPUT = "2".repeat(64);
    private static final Job JOB = ExampleBatch.job(ExampleBatch.job(), Job.OnChange.EXTEND);
    private static final InspectedFile A =
            new InspectedFile(ExampleBatch.planned().files().getFirst(), List.of(10L, 10L, 10L));
    private static final InspectedFile CHANGED = file("/data/a.parquet", 10, 10, 5);
    private static final InspectedFile B = file("/data/b.parquet", 10, 4);

    private static InspectedFile file(String path, long... groups) {
        List<Long> rows = Arrays.stream(groups).boxed().toList();
        long sum = Arrays.stream(groups).sum();
        return new InspectedFile(new SourceFile(path, 300, ExampleBatch.AT, sum, "2"), rows);
    }

    private BatchDecision runAgain() {
        return decide(new BatchCommand.Open(ExampleBatch.submission(JOB, INPUT)));
    }

    private BatchDecision inspected(InspectedFile... files) {
        BatchEvent.ExtensionRequested request = Objects.requireNonNull(state.extension());
        return report(state.incarnation(), new CoordinatorMessage.InputInspected(request, List.of(files), INPUT));
    }

    private BatchEvent.ExtensionRequested request() {
        return new BatchEvent.ExtensionRequested(at(), INPUT);
    }

    private BatchDecision commit(int partition, int lease) {
        decide(new BatchCommand.Commit(
                ExampleBatch.commit(partition, new Epoch(state.incarnation(), lease), 0), List.of(), worker));
        return decide(new CoordinatorMessage.FlushCommits());
    }

    private void fail() {
        lease();
        decide(new BatchCommand.AttemptFailed(
                attempt(0, 1), "node:1", ExampleBatch.failed().failure()));
        assertThat(state.phase()).isEqualTo(Phase.FAILED);
    }

    @Test
    void leasesContinueWhileThePlanGrows() {
        start();
        lease();

        assertThat(runAgain())
                .isEqualTo(BatchDecision.persist(request(), new CoordinatorAction.InspectInput(1, request())));
        assertThat(inspected(A, B))
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.PlanExtended(at(), INPUT, 1, 3, List.of(B.file()), PartitionPlan.of(10, 4)),
                        HAS_WORK));

        assertThat(commit(0, 1).events()).hasSize(1);
        assertThat(state.pinned().index().partitions()).isEqualTo(5);
        assertThat(state.incarnation()).isEqualTo(1);
        for (int lease = 2; lease <= 5; lease++) {
            assertThat(lease().actions()).first().isInstanceOf(CoordinatorAction.GrantLease.class);
        }
    }

    @Test
    void aNodeThatStallsWhileItLooksAtTheInputVoidsTheLeases() {
        start();
        lease();
        runAgain();

        assertThat(report(1, new CoordinatorMessage.TaskStalled(AWAY)).events())
                .first()
                .isEqualTo(new BatchEvent.TookOver(at(), 2, "node:1"));
        decide(new BatchCommand.Commit(ExampleBatch.commit(0, new Epoch(1, 1), 0), List.of(), worker));
        assertThat(decide(new CoordinatorMessage.FlushCommits()).events()).isEmpty();
    }

    @Test
    void theLastCommitDoesNotPublishABatchThatIsToBeExtended() {
        start();
        for (int partition = 0; partition < 3; partition++) {
            lease();
            if (partition == 2) {
                runAgain();
            }
            commit(partition, partition + 1);
        }
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);

        assertThat(inspected(A).actions()).containsExactly(new CoordinatorAction.Publish(1));
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
    }

    @Test
    void aFailedBatchIsRetriedWithTheNewFiles() {
        start();
        fail();

        assertThat(runAgain())
                .isEqualTo(BatchDecision.persist(
                        List.of(request(), new BatchEvent.Retried(at()), new BatchEvent.TookOver(at(), 2, "node:1")),
                        List.of(new CoordinatorAction.InspectInput(2, request()))));
        assertThat(inspected(A, B).actions()).containsExactly(HAS_WORK);
        assertThat(state.pinned().files()).containsExactly(A.file(), B.file());
    }

    /// The request is in the ledger, so the next coordinator answers it.
    @Test
    void anExtensionSurvivesACrash() {
        start();
        runAgain();
        BatchDecisions next = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(1));

        assertThat(next.decide(state, new CoordinatorMessage.Recovered(), now()).actions())
                .containsExactly(new CoordinatorAction.InspectInput(2, request()));
    }

    @Test
    void theRegistersReminderExtendsABatchOnce() {
        start();
        BatchCommand reminder = new BatchCommand.EnsureStarted(ExampleBatch.submission(JOB, INPUT));

        assertThat(decide(reminder).events()).containsExactly(request());
        assertThat(decide(reminder).events()).isEmpty();
        // Another file has come meanwhile, so the input is not the one of the submission.
        report(1, new CoordinatorMessage.InputInspected(request(), List.of(A, B), "3".repeat(64)));
        assertThat(decide(reminder).events()).isEmpty();
        assertThat(runAgain().events()).containsExactly(request());
    }

    @Test
    void aChangedFileIsCutAnewUnderAnotherIncarnation() {
        start();
        lease();
        runAgain();

        assertThat(inspected(CHANGED).events())
                .containsExactly(
                        new BatchEvent.TookOver(at(), 2, "node:1"),
                        new BatchEvent.PlanExtended(
                                at(), INPUT, 0, 0, List.of(CHANGED.file()), PartitionPlan.of(10, 10, 5)));

        BatchDecision late =
                decide(new BatchCommand.Commit(ExampleBatch.commit(0, new Epoch(1, 1), 0), List.of(), worker));
        assertThat(late)
                .as("the attempt has read the old file")
                .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                        worker,
                        new WorkerMessage.Abandon(attempt(0, 1), "the attempt no longer holds its partition"))));
    }

    @Test
    void aCommittedFileThatHasChangedFailsTheBatchAndNamesIt() {
        start();
        lease();
        commit(0, 1);
        runAgain();

        inspected(CHANGED, B);

        assertThat(state.phase()).isEqualTo(Phase.FAILED);
        assertThat(state.failure()).isNotNull();
        assertThat(Objects.requireNonNull(state.failure()).message())
                .startsWith("the input of flights-1 can't be extended: /data/a.parquet has changed: ")
                .endsWith("is committed. Put the file back as it was and run again, or start over with --new");
    }

    /// The file may be missing on this node only.
    @Test
    void aFileThatOnlyTheCoordinatorMissesIsNotDropped() {
        start();
        runAgain();

        report(1, new CoordinatorMessage.InputInspected(request(), List.of(B), "3".repeat(64)));

        assertThat(state.phase()).isEqualTo(Phase.FAILED);
        assertThat(state.pinned().files()).containsExactly(A.file());
    }

    @Test
    void anOperatorsRetryExtendsABatchWhoseJobSaysSo() {
        decide(new BatchCommand.Open(ExampleBatch.submission(JOB)));
        plan();
        fail();

        BatchDecision retried = decide(new BatchCommand.Retry(operator));

        BatchEvent.ExtensionRequested request = new BatchEvent.ExtensionRequested(at(), null);
        assertThat(retried.events()).startsWith(request, new BatchEvent.Retried(at()));
        assertThat(retried.actions())
                .containsExactly(
                        new CoordinatorAction.Send<>(
                                operator, new ControlReply.Done(ExampleBatch.BATCH, Phase.RUNNING)),
                        new CoordinatorAction.InspectInput(2, request));
        inspected(A, B);
        assertThat(state.pinned().index().partitions()).isEqualTo(5);
    }

    @Test
    void aPausedBatchIsExtendedAndStaysPaused() {
        start();
        decide(new BatchCommand.Pause("", operator));

        assertThat(runAgain().actions()).containsExactly(new CoordinatorAction.InspectInput(1, request()));
        assertThat(inspected(A, B).actions()).isEmpty();
        assertThat(state.phase()).isEqualTo(Phase.PAUSED);
        decide(new BatchCommand.Resume(operator));
        for (int lease = 1; lease <= 5; lease++) {
            assertThat(lease().actions()).first().isInstanceOf(CoordinatorAction.GrantLease.class);
        }
    }

    @Test
    void aBatchThatIsBeingPublishedIsNotExtended() {
        start();
        for (int partition = 0; partition < 3; partition++) {
            lease();
            commit(partition, partition + 1);
        }
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);

        assertThat(runAgain()).isEqualTo(BatchDecision.nothing());
        report(1, new CoordinatorMessage.TaskFailed(ExampleBatch.failed().failure()));
        assertThat(runAgain().events()).as("its output may be visible").doesNotContain(request());
    }

    @Test
    void theRegisterIsToldWhatWasScored() {
        start();
        runAgain();
        inspected(A, B);
        for (int partition = 0; partition < 4; partition++) {
            lease();
            commit(partition, partition + 1);
        }
        lease();
        decide(new BatchCommand.Commit(
                PartitionCommitBuilder.builder()
                        .partition(4)
                        .epoch(new Epoch(1, 5))
                        .node("node:1")
                        .firstRow(40)
                        .rows(4)
                        .read(4)
                        .part(new PartitionCommit.OutputFile(4, 1, ExampleBatch.DIGEST))
                        .model(ExampleBatch.MODEL.sha256())
                        .build(),
                List.of(),
                worker));
        decide(new CoordinatorMessage.FlushCommits());

        BatchDecision published =
                report(1, new CoordinatorMessage.PublicationCompleted(new Publication("/out", ExampleBatch.DIGEST)));

        assertThat(published.actions())
                .singleElement()
                .isInstanceOfSatisfying(
                        CoordinatorAction.TellRegister.class,
                        told -> assertThat(((BatchRegisterCommand.BatchEnded) told.command()).input())
                                .isEqualTo(INPUT));
    }
}
