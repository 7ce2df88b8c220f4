package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Compares whole decisions with what is expected: the events, the actions, and their order.
class BatchDecisionsTest extends DecisionsFixture {

    @Nested
    class Lifecycle {

        @Test
        void openingPersistsTheSubmissionAndTheTakeoverBeforeItPlans() {
            assertThat(open())
                    .isEqualTo(BatchDecision.persist(
                            List.of(ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1)),
                            List.of(new CoordinatorAction.MakePlan(1))));
        }

        @Test
        void openingTwiceChangesNothing() {
            open();

            assertThat(open()).isEqualTo(BatchDecision.nothing());
        }

        @Test
        void aPlanIsPersistedAndItsPartitionsAreOffered() {
            open();

            assertThat(plan()).isEqualTo(BatchDecision.persist(ExampleBatch.planned(), HAS_WORK));
        }

        @Test
        void aTransientFailureOfATaskIsRetriedUntilItsTimeIsOver() {
            open();
            Instant until = ExampleBatch.AT.plusSeconds(10);

            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY)))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.StepFailed(ExampleBatch.AT, "node:1", AWAY, until),
                            new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(1))));
            seconds = 8;
            assertThat(decide(new CoordinatorMessage.RetryDue(1)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.MakePlan(1)));
            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY)))
                    .as("the same failure again is not persisted; the last try is made at the end")
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(2))));
            seconds = 10;
            decide(new CoordinatorMessage.RetryDue(1));
            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY)))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.Failed(
                                    at(),
                                    Failure.transientFailure(
                                            "the share is away. It was retried for 10 s without success")),
                            HAS_NO_WORK));
        }

        @Test
        void theStatusNamesTheOutageAndTheApproval() {
            open();
            report(1, new CoordinatorMessage.TaskFailed(AWAY));
            assertThat(described().outage())
                    .isEqualTo(new BatchDescription.Outage(
                            AWAY.message(), ExampleBatch.AT, ExampleBatch.AT.plusSeconds(10)));
            assertThat(described().approval()).isNull();

            BatchCheck check = ExampleBatch.nulls(0.1, BatchCheck.OnFail.HOLD);
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job(ExampleBatch.job(), List.of(check))),
                    ExampleBatch.tookOver(1),
                    ExampleBatch.planned(),
                    ExampleBatch.committed(
                            ExampleBatch.commit(0, new Epoch(1, 1), 0),
                            ExampleBatch.commit(1, new Epoch(1, 2), 0),
                            ExampleBatch.commit(2, new Epoch(1, 3), 0)),
                    new BatchEvent.Checked(ExampleBatch.AT, List.of(new CheckResult(check, 0.3, false))),
                    new BatchEvent.Approved(ExampleBatch.AT, "it is right", "ops"));
            assertThat(described().approval())
                    .isEqualTo(new BatchDescription.Approval(ExampleBatch.AT, "it is right", "ops"));
            assertThat(described().outage()).isNull();
        }

        @Test
        void theStatusSaysThatABatchWaitsForItsFirstWorker() {
            open();
            assertThat(described().progress().waitsForWorker())
                    .as("it is planned first")
                    .isFalse();
            plan();
            assertThat(described().progress().waitsForWorker()).isTrue();
            lease();
            assertThat(described().progress().waitsForWorker()).isFalse();
        }

        @Test
        void aStalledTaskIsRetriedByTheNextIncarnation() {
            open();

            assertThat(report(1, new CoordinatorMessage.TaskStalled(AWAY)))
                    .isEqualTo(BatchDecision.persist(
                            List.of(
                                    ExampleBatch.tookOver(2),
                                    new BatchEvent.StepFailed(
                                            ExampleBatch.AT, "node:1", AWAY, ExampleBatch.AT.plusSeconds(10))),
                            List.of(new CoordinatorAction.RetryLater(2, AWAY, Duration.ofSeconds(1)))));
            assertThat(plan()).as("of the stalled task").isEqualTo(BatchDecision.nothing());
            assertThat(decide(new CoordinatorMessage.RetryDue(2)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.MakePlan(2)));
        }

        @Test
        void aRestartDoesNotExtendTheTimeOfAnOutageAndASuccessEndsIt() {
            open();
            plan();
            lease();
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY));
            BatchState before = state;
            seconds = 9;
            BatchDecisions other =
                    BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(1));
            DecisionTime now = new DecisionTime(0, at());
            for (BatchEvent event :
                    other.decide(state, new CoordinatorMessage.Recovered(), now).events()) {
                state = ExampleBatch.after(state, event);
            }
            BatchDecision failed = other.decide(
                    state, new CoordinatorMessage.TaskReported(2, new CoordinatorMessage.TaskFailed(AWAY)), now);

            assertThat(failed.actions())
                    .containsExactly(new CoordinatorAction.RetryLater(2, AWAY, Duration.ofSeconds(1)));
            assertThat(before.outage())
                    .isEqualTo(new ResourceOutage(
                            ExampleBatch.AT, ExampleBatch.AT.plusSeconds(10), AWAY, false, Map.of(), null));
            state = ExampleBatch.after(
                    state, new BatchEvent.StepFailed(at(), "node:2", AWAY, ExampleBatch.AT.plusSeconds(10)));
            assertThat(other.decide(
                            state,
                            new CoordinatorMessage.TaskReported(2, new CoordinatorMessage.InputUnchanged()),
                            now))
                    .isEqualTo(BatchDecision.persist(new BatchEvent.OutageEnded(at()), HAS_WORK));
        }

        @Test
        void aJobHasItsOwnTimeToRetry() {
            Job any = ExampleBatch.job();
            Job job = JobBuilder.builder(any)
                    .retry(new Job.Retry(null, Duration.ofHours(1), null, null))
                    .build();
            decide(new BatchCommand.Open(ExampleBatch.submission(job)));

            report(1, new CoordinatorMessage.TaskFailed(AWAY));

            assertThat(Objects.requireNonNull(state.outage()).until()).isEqualTo(ExampleBatch.AT.plusSeconds(3600));
        }

        @Test
        void aRecoveredBatchTakesOverAndChecksItsInput() {
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());

            assertThat(decide(new CoordinatorMessage.Recovered()))
                    .isEqualTo(BatchDecision.persist(ExampleBatch.tookOver(2), new CoordinatorAction.CheckInput(2)));
            assertThat(report(1, new CoordinatorMessage.InputUnchanged()))
                    .as("a report to the incarnation before")
                    .isEqualTo(BatchDecision.nothing());
            assertThat(report(2, new CoordinatorMessage.InputUnchanged())).isEqualTo(BatchDecision.of(HAS_WORK));
        }

        @Test
        void beforeItsTakeoverACoordinatorRetriesNothing() {
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());

            assertThat(decide(new CoordinatorMessage.RetryDue(0)))
                    .as("of a fence from before the recovery")
                    .isEqualTo(BatchDecision.nothing());
        }

        @Test
        void aFailedBatchLeavesMemoryWhenItIsFencedOrTheTimeForThatIsOver() {
            start();
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()),
                    ExampleBatch.tookOver(1),
                    ExampleBatch.planned(),
                    ExampleBatch.committed(
                            ExampleBatch.commit(0, new Epoch(1, 1), 0),
                            ExampleBatch.commit(1, new Epoch(1, 2), 0),
                            ExampleBatch.commit(2, new Epoch(1, 3), 0)));
            report(1, new CoordinatorMessage.TaskFailed(Failure.permanent("the table is gone")));
            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(decisions.isRemovable(state)).as("it is fenced").isFalse();
            report(1, new CoordinatorMessage.FailedBatchFenced(false, AWAY));
            assertThat(decisions.isRemovable(state)).as("the fence is repeated").isFalse();
            seconds = 10;

            assertThat(report(1, new CoordinatorMessage.FailedBatchFenced(false, AWAY)))
                    .isEqualTo(BatchDecision.nothing());

            assertThat(decide(new CoordinatorMessage.IdleTimeout()))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.Passivate()));
        }

        @Test
        void anEndedBatchLeavesMemory() {
            start();
            assertThat(decide(new CoordinatorMessage.IdleTimeout())).isEqualTo(BatchDecision.nothing());
            assertThat(decisions.needsTick(state, now())).isTrue();

            decide(new BatchCommand.Cancel("", operator));

            assertThat(decisions.needsTick(state, now())).isFalse();
            assertThat(decide(new CoordinatorMessage.IdleTimeout()))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.Passivate()));
        }

        @Test
        void aCancelledBatchStaysInMemoryUntilItsTaskHasEnded() {
            open();
            decide(new BatchCommand.Cancel("", operator));

            assertThat(decide(new CoordinatorMessage.IdleTimeout())).isEqualTo(BatchDecision.nothing());

            report(1, new CoordinatorMessage.InputUnchanged());
            assertThat(decide(new CoordinatorMessage.IdleTimeout()))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.Passivate()));
        }

        @Test
        void aFailedBatchHasNoTicksAndCountsTheLedgerWhenItIsAskedAfter() {
            open();
            report(1, new CoordinatorMessage.TaskFailed(Failure.permanent("no such column")));
            assertThat(decisions.needsTick(state, now())).isFalse();
            BatchCommand ensure = new BatchCommand.EnsureStarted(ExampleBatch.submission(ExampleBatch.job()));
            CoordinatorAction count = new CoordinatorAction.CountLedgerEntries(1);

            assertThat(decide(ensure).actions()).contains(count);
            seconds += 31;
            assertThat(decide(ensure).actions()).doesNotContain(count);
            assertThat(decide(new BatchCommand.Describe(
                                    TestInbox.<BatchStatus>create().getRef()))
                            .actions())
                    .contains(count);
            seconds += 301;
            assertThat(decide(ensure).actions()).contains(count);
        }

        @Test
        void aCoordinatorThatIsBehindTheLedgerRecovers() {
            open();

            assertThat(report(1, new CoordinatorMessage.LedgerEntriesCounted(state.entries())))
                    .isEqualTo(BatchDecision.nothing());
            assertThat(report(1, new CoordinatorMessage.LedgerEntriesCounted(state.entries() + 1)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RecoverFromLedger()));
        }
    }

    /// What this node lacks, another one may have.
    @Nested
    class OtherNodes {

        private static final CoordinatorMessage.StepOutcome LACKS = new CoordinatorMessage.TaskFailed(MISSING);

        private BatchEvent stepFailed(String node, Failure failure, int until) {
            return new BatchEvent.StepFailed(at(), node, failure, ExampleBatch.AT.plusSeconds(until));
        }

        private BatchDecision report(int incarnation, CoordinatorMessage.TaskOutcome outcome, String... others) {
            return decide(new CoordinatorMessage.TaskReported(incarnation, outcome, List.of(others)));
        }

        private CoordinatorMessage.PlanCompleted completed() {
            BatchEvent.Planned planned = ExampleBatch.planned();
            return new CoordinatorMessage.PlanCompleted(
                    planned.files().stream()
                            .map(file -> new InspectedFile(file, List.of()))
                            .toList(),
                    planned.partitions(),
                    ExampleBatch.INPUT);
        }

        private CoordinatorAction asking(String node) {
            return new CoordinatorAction.WriteLog(
                    "{}: {}. Asking node {}", List.of(ExampleBatch.BATCH, MISSING.message(), node));
        }

        @Test
        void aNodeThatLacksTheInputAsksAnotherOneForThePlan() {
            open();

            assertThat(report(1, LACKS, "node:2"))
                    .isEqualTo(BatchDecision.persist(
                            List.of(stepFailed("node:1", MISSING, 20)),
                            List.of(asking("node:2"), new CoordinatorAction.MakePlan(1, "node:2"))));
            assertThat(report(1, completed(), "node:2"))
                    .isEqualTo(BatchDecision.persist(ExampleBatch.planned(), HAS_WORK));
            assertThat(state.outage()).isNull();
        }

        @Test
        void theBatchFailsWhenEveryOtherNodeLacksTheInput() {
            open();
            CoordinatorAction.MakePlan first = (CoordinatorAction.MakePlan)
                    report(1, LACKS, "node:2", "node:3").actions().getLast();
            String second = "node:2".equals(first.helper()) ? "node:3" : "node:2";
            BatchDecision decision =
                    report(1, new CoordinatorMessage.TaskFailed(MISSING, first.helper()), "node:2", "node:3");
            assertThat(decision.actions()).contains(new CoordinatorAction.MakePlan(1, second));

            assertThat(report(1, new CoordinatorMessage.TaskFailed(MISSING, second), "node:2", "node:3"))
                    .isEqualTo(BatchDecision.persist(
                            List.of(
                                    stepFailed(second, MISSING, 20),
                                    new BatchEvent.Failed(at(), Failure.permanent(MISSING.message()))),
                            List.of(HAS_NO_WORK)));
        }

        @Test
        void aRetryBeginsOnThisNodeAgain() {
            open();
            report(1, LACKS, "node:2");
            report(1, new CoordinatorMessage.TaskFailed(ExampleBatch.failed().failure(), "node:2"), "node:2");
            assertThat(state.phase()).isEqualTo(Phase.FAILED);

            assertThat(decide(new BatchCommand.Retry(operator)).actions()).contains(new CoordinatorAction.MakePlan(2));
        }

        @Test
        void anotherStepBeginsOnThisNodeAgain() {
            open();
            report(1, LACKS, "node:2");
            report(1, completed(), "node:2");
            decide(new BatchCommand.Pause("", operator));
            Job extended = ExampleBatch.job(ExampleBatch.job(), Job.OnChange.EXTEND);
            String input = "2".repeat(64);
            decide(new BatchCommand.Open(ExampleBatch.submission(extended, input)));
            SourceFile changed = new SourceFile("/data/a.parquet", 300, ExampleBatch.AT, 20, "2");
            report(
                    1,
                    new CoordinatorMessage.InputInspected(
                            Objects.requireNonNull(state.extension()),
                            List.of(new InspectedFile(changed, List.of(20L))),
                            input));

            assertThat(decide(new BatchCommand.Resume(operator)).actions())
                    .contains(new CoordinatorAction.CheckInput(2));
        }

        @Test
        void aSingleNodeWaitsForItsInput() {
            open();

            assertThat(report(1, LACKS).actions())
                    .containsExactly(new CoordinatorAction.RetryLater(1, MISSING, Duration.ofSeconds(1)));
            seconds = 20;
            decide(new CoordinatorMessage.RetryDue(1));
            assertThat(report(1, LACKS).events())
                    .containsExactly(new BatchEvent.Failed(
                            at(),
                            Failure.transientFailure("it does not exist. It was retried for 20 s without success")));
        }

        @Test
        void aNodeThatDoesNotAnswerSaysNothingAboutTheInput() {
            open();
            report(1, LACKS, "node:2");

            assertThat(report(1, new CoordinatorMessage.HelperLost("node:2", false), "node:2"))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RetryLater(1, MISSING, Duration.ofSeconds(1))));
            seconds = 1;
            assertThat(decide(new CoordinatorMessage.RetryDue(1)))
                    .as("this node tries itself again")
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.MakePlan(1)));
            assertThat(report(1, LACKS, "node:2").actions())
                    .as("and then the other one again")
                    .contains(new CoordinatorAction.MakePlan(1, "node:2"));
        }

        @Test
        void theLatePlanOfALostNodeDoesNotCount() {
            open();
            report(1, LACKS, "node:2");

            assertThat(report(1, new CoordinatorMessage.HelperLost("node:2", true), "node:2"))
                    .isEqualTo(BatchDecision.persist(
                            List.of(ExampleBatch.tookOver(2)),
                            List.of(new CoordinatorAction.RetryLater(2, MISSING, Duration.ofSeconds(1)))));
            assertThat(report(1, completed(), "node:2")).isEqualTo(BatchDecision.nothing());
            assertThat(decide(new CoordinatorMessage.RetryDue(2)).actions())
                    .containsExactly(new CoordinatorAction.MakePlan(2));
        }

        @Test
        void theTimeToWaitGoesOnWhileOtherNodesAreAsked() {
            open();
            report(1, LACKS, "node:2");
            seconds = 20;

            assertThat(report(1, new CoordinatorMessage.HelperLost("node:2", false), "node:2")
                            .events())
                    .containsExactly(new BatchEvent.Failed(
                            at(),
                            Failure.transientFailure("it does not exist. It was retried for 20 s without success")));
        }

        @Test
        void sharedStorageIsTriedOnAnotherNodeAfterABackoff() {
            open();

            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY), "node:2"))
                    .isEqualTo(BatchDecision.persist(
                            stepFailed("node:1", AWAY, 10),
                            new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(1))));
            assertThat(decide(new CoordinatorMessage.RetryDue(1)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.MakePlan(1, "node:2")));
            assertThat(report(1, new CoordinatorMessage.TaskFailed(AWAY, "node:2"), "node:2"))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(2))));
            assertThat(decide(new CoordinatorMessage.RetryDue(1)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.MakePlan(1)));
        }

        @Test
        void aStepThatHangsContinuesOnAnotherNodeAfterATakeover() {
            Failure hangs = Failure.of(FailedResource.Type.MOUNT, "/data", "it does not answer");
            open();

            assertThat(report(1, new CoordinatorMessage.TaskStalled(hangs), "node:2")
                            .actions())
                    .contains(new CoordinatorAction.MakePlan(2, "node:2"));
            assertThat(report(2, new CoordinatorMessage.TaskStalled(hangs, "node:2"), "node:2"))
                    .as("agreement does not make it permanent")
                    .isEqualTo(BatchDecision.persist(
                            List.of(ExampleBatch.tookOver(3), stepFailed("node:2", hangs, 20)),
                            List.of(new CoordinatorAction.RetryLater(3, hangs, Duration.ofSeconds(1)))));
        }

        @Test
        void aTakeoverEndsTheWaitOfTheIncarnationBefore() {
            Failure mount = Failure.of(FailedResource.Type.MOUNT, "/data", "it is not mounted");
            open();
            report(1, new CoordinatorMessage.TaskFailed(mount), "node:2");
            assertThat(report(1, new CoordinatorMessage.TaskFailed(mount, "node:2"), "node:2")
                            .actions())
                    .containsExactly(new CoordinatorAction.RetryLater(1, mount, Duration.ofSeconds(1)));

            assertThat(report(1, new CoordinatorMessage.HelperLost("node:2", true), "node:2", "node:3")
                            .actions())
                    .endsWith(new CoordinatorAction.MakePlan(2, "node:3"));
        }

        @Test
        void aFailureOfTheWorkItselfIsNoReasonToAsk() {
            open();

            assertThat(report(1, new CoordinatorMessage.TaskFailed(DISK), "node:2")
                            .actions())
                    .containsExactly(new CoordinatorAction.RetryLater(1, DISK, Duration.ofSeconds(1)));
            decide(new CoordinatorMessage.RetryDue(1));
            assertThat(report(1, new CoordinatorMessage.TaskFailed(DISK), "node:2")
                            .actions())
                    .containsExactly(new CoordinatorAction.RetryLater(1, DISK, Duration.ofSeconds(2)));
        }
    }

    @Nested
    class Commits {

        private BatchCommand.Commit commit(int partition, int lease) {
            PartitionCommit commit = ExampleBatch.commit(partition, new Epoch(1, lease), 0);
            return new BatchCommand.Commit(commit, List.of(), worker);
        }

        private CoordinatorAction acknowledged(int partition, int lease) {
            return new CoordinatorAction.Send<>(worker, new WorkerMessage.Committed(attempt(partition, lease)));
        }

        @Test
        void aLeaseIsGrantedWithoutAnEvent() {
            start();

            assertThat(decide(new BatchCommand.RequestLease("node:1", worker, "nonce")))
                    .isEqualTo(BatchDecision.of(
                            new CoordinatorAction.GrantLease(worker, "node:1", attempt(0, 1), "nonce")));
        }

        @Test
        void commitsThatArriveTogetherAreOneEventAndAcknowledgedAfterIt() {
            start();
            lease();
            lease();

            assertThat(decide(commit(0, 1))).isEqualTo(BatchDecision.of(new CoordinatorAction.FlushCommits()));
            assertThat(decide(commit(1, 2))).isEqualTo(BatchDecision.nothing());
            assertThat(decide(new CoordinatorMessage.FlushCommits()))
                    .isEqualTo(BatchDecision.persist(
                            ExampleBatch.committed(
                                    commit(0, 1).commit(), commit(1, 2).commit()),
                            acknowledged(0, 1),
                            acknowledged(1, 2)));
        }

        @Test
        void theLastCommitIsAcknowledgedAndThenPublished() {
            start();
            for (int i = 0; i < 3; i++) {
                lease();
                decide(commit(i, i + 1));
            }

            assertThat(decide(new CoordinatorMessage.FlushCommits()).actions())
                    .containsExactly(
                            acknowledged(0, 1),
                            acknowledged(1, 2),
                            acknowledged(2, 3),
                            new CoordinatorAction.Publish(1));
        }

        @Test
        void aBatchThatMayNotBeEmptyFailsWithItsLastCommitAndStaysFailed() {
            Job any = ExampleBatch.job();
            Job.Source source = any.source();
            Job job = JobBuilder.builder(any)
                    .source(new Job.Source(source.input(), null, false, Map.of(), "false", null, true))
                    .build();
            decide(new BatchCommand.Open(ExampleBatch.submission(job)));
            plan();
            for (int i = 0; i < 3; i++) {
                lease();
                PartitionCommit all = ExampleBatch.commit(i, new Epoch(1, i + 1), 0);
                PartitionCommit none = PartitionCommitBuilder.builder()
                        .partition(i)
                        .epoch(all.epoch())
                        .node(all.node())
                        .firstRow(all.firstRow())
                        .rows(all.rows())
                        .part(new PartitionCommit.OutputFile(0, 100, ExampleBatch.DIGEST))
                        .model(all.model())
                        .build();
                decide(new BatchCommand.Commit(none, List.of(), worker));
            }

            decide(new CoordinatorMessage.FlushCommits());

            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(state.failure())
                    .isEqualTo(Failure.permanent(
                            "none of the 30 rows meets source.where, and the job says source.on-empty: fail"));
            decide(new BatchCommand.Retry(operator));
            assertThat(state.phase()).isEqualTo(Phase.FAILED);
        }

        @Test
        void tooManyQuarantinedRowsFailTheBatchWithTheFirstThreeReasons() {
            start();
            for (int i = 0; i < 2; i++) {
                lease();
                PartitionCommit commit = ExampleBatch.commit(i, new Epoch(1, i + 1), 2);
                decide(new BatchCommand.Commit(
                        commit, List.of("row %d: no date".formatted(i), "row %d: no distance".formatted(i)), worker));
            }

            decide(new CoordinatorMessage.FlushCommits());

            assertThat(state.failure())
                    .isEqualTo(Failure.permanent("4 rows are quarantined, errors.max-rate allows 10 % of 30."
                            + " The first: row 0: no date; row 0: no distance; row 1: no date"));
        }

        @Test
        void aCommitWhoseLeaseExpiredBeforeTheFlushIsRefused() {
            start();
            lease();
            decide(commit(0, 1));
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", DISK));

            assertThat(decide(new CoordinatorMessage.FlushCommits()))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                            worker,
                            new WorkerMessage.Abandon(attempt(0, 1), "the attempt no longer holds its partition"))));
        }

        @Test
        void aFailedAttemptFailsTheBatchWhenItsPartitionHasNoneLeft() {
            start();
            lease();
            BatchEvent.AttemptFailed first =
                    new BatchEvent.AttemptFailed(ExampleBatch.AT, 0, new Epoch(1, 1), "node:1", DISK);
            assertThat(decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", DISK)))
                    .isEqualTo(BatchDecision.persist(first));
            seconds += 1;
            lease();

            assertThat(decide(new BatchCommand.AttemptFailed(attempt(0, 2), "node:1", DISK)))
                    .isEqualTo(BatchDecision.persist(
                            List.of(
                                    new BatchEvent.AttemptFailed(at(), 0, new Epoch(1, 2), "node:1", DISK),
                                    new BatchEvent.Failed(
                                            at(),
                                            Failure.transientFailure(
                                                    "partition 0 failed 2 times. The last failure: the disk is full"))),
                            List.of(HAS_NO_WORK)));
        }

        @Test
        void theFailureOfAResourceUsesUpNoAttemptAndDelaysEveryPartition() {
            start();
            lease();
            lease();
            Instant until = ExampleBatch.AT.plusSeconds(10);

            assertThat(decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY)))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.AttemptFailed(ExampleBatch.AT, 0, new Epoch(1, 1), "node:1", AWAY, until)));
            decide(new BatchCommand.AttemptFailed(attempt(1, 2), "node:1", AWAY));
            assertThat(state.attemptsFailed()).isEmpty();
            assertThat(lease().actions()).as("within the backoff").first().isEqualTo(HAS_NO_WORK);
            seconds = 1;
            assertThat(lease().actions()).first().isInstanceOf(CoordinatorAction.GrantLease.class);
            assertThat(lease().actions()).as("one trial at a time").first().isEqualTo(HAS_NO_WORK);
            decide(new BatchCommand.Heartbeat(attempt(0, 3), 5, worker));
            assertThat(lease().actions())
                    .as("the trial makes progress")
                    .first()
                    .isInstanceOf(CoordinatorAction.GrantLease.class);
        }

        @Test
        void aResourceThatFailsTooLongFailsTheBatch() {
            start();
            lease();
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY));
            seconds = 10;
            lease();

            decide(new BatchCommand.AttemptFailed(attempt(0, 2), "node:1", AWAY));

            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(state.failure())
                    .isEqualTo(Failure.transientFailure("the share is away. It was retried for 10 s without success"));
        }

        @Test
        void aFileFailsTheBatchOnlyWhenBothNodesLackIt() {
            start();
            lease();

            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", MISSING));

            assertThat(state.phase()).isEqualTo(Phase.RUNNING);
            assertThat(state.attemptsFailed()).isEmpty();
            assertThat(decide(new BatchCommand.RequestLease("node:1", worker, "nonce"))
                            .actions())
                    .as("the node waits, and the others are not told that there is no work")
                    .singleElement()
                    .isInstanceOfSatisfying(
                            CoordinatorAction.Send.class,
                            sent -> assertThat(sent.message())
                                    .isInstanceOfSatisfying(
                                            WorkerMessage.NothingToLease.class,
                                            nothing -> assertThat(nothing.heldOffFor())
                                                    .isPositive()
                                                    .isLessThanOrEqualTo(Duration.ofSeconds(1))));
            assertThat(decide(new BatchCommand.RequestLease("node:2", worker, "nonce")))
                    .isEqualTo(BatchDecision.of(
                            new CoordinatorAction.GrantLease(worker, "node:2", attempt(0, 2), "nonce")));
            seconds = 1;
            assertThat(lease().actions())
                    .as("the first node tries itself again")
                    .first()
                    .isInstanceOf(CoordinatorAction.GrantLease.class);

            decide(new BatchCommand.AttemptFailed(attempt(0, 2), "node:2", MISSING));

            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(state.failure()).isEqualTo(Failure.permanent("it does not exist"));
        }

        @Test
        void aNodeThatHasNotLookedYetIsWaitedFor() {
            start();
            lease();
            decide(new BatchCommand.RequestLease("node:3", worker, "nonce"));
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", MISSING));
            decide(new BatchCommand.RequestLease(
                    "node:2", TestInbox.<WorkerMessage>create().getRef(), "nonce"));

            decide(new BatchCommand.AttemptFailed(attempt(0, 3), "node:2", MISSING));
            assertThat(state.phase()).isEqualTo(Phase.RUNNING);

            decide(new BatchCommand.AttemptFailed(attempt(1, 2), "node:3", MISSING));
            assertThat(state.phase()).isEqualTo(Phase.FAILED);
        }

        @Test
        void twoNodesWithoutAFileDoNotFailABatchThatOthersHaveNotTried() {
            start();
            lease();
            Set<String> nodes = Set.of("node:1", "node:2", "node:3");
            decide(new CoordinatorMessage.AttemptReported(
                    new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", MISSING), nodes));
            decide(new BatchCommand.RequestLease("node:2", worker, "nonce"));

            decide(new CoordinatorMessage.AttemptReported(
                    new BatchCommand.AttemptFailed(attempt(0, 2), "node:2", MISSING), nodes));

            assertThat(state.phase()).isEqualTo(Phase.RUNNING);
            assertThat(decide(new BatchCommand.RequestLease("node:3", worker, "nonce")))
                    .isEqualTo(BatchDecision.of(
                            new CoordinatorAction.GrantLease(worker, "node:3", attempt(0, 3), "nonce")));
            decide(new CoordinatorMessage.AttemptReported(
                    new BatchCommand.AttemptFailed(attempt(0, 3), "node:3", MISSING), nodes));
            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(state.failure()).isEqualTo(Failure.permanent("it does not exist"));
        }

        @Test
        void aBatchWithOneNodeFailsWhenTheTimeIsOver() {
            start();
            lease();
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", MISSING));
            seconds = 27;
            decide(new CoordinatorMessage.Tick());
            assertThat(state.phase()).isEqualTo(Phase.RUNNING);
            seconds = 28;

            decide(new CoordinatorMessage.Tick());

            assertThat(state.phase()).isEqualTo(Phase.FAILED);
            assertThat(state.failure())
                    .isEqualTo(Failure.transientFailure("it does not exist. It was retried for 28 s without success"));
        }

        @Test
        void aCommitEndsAnOutage() {
            start();
            lease();
            lease();
            decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY));
            decide(commit(1, 2));
            decide(new CoordinatorMessage.FlushCommits());

            assertThat(state.outage()).isNull();
            assertThat(lease().actions()).first().isInstanceOf(CoordinatorAction.GrantLease.class);
        }

        @Test
        void aCoordinatorThatWasBlockedExtendsAllLeases() {
            start();
            lease();
            seconds += 60;

            BatchDecision decision = decide(new CoordinatorMessage.Tick());

            assertThat(decision.events()).isEmpty();
            assertThat(decision.actions())
                    .first()
                    .isEqualTo(new CoordinatorAction.WriteLog(
                            "{}: the coordinator was blocked. It extends all leases, because heartbeats may be waiting",
                            List.of(ExampleBatch.BATCH)));
        }
    }

    @Nested
    class Controls {

        @Test
        void aPauseIsAnsweredWithThePhaseThatFollows() {
            start();

            assertThat(decide(new BatchCommand.Pause("maintenance", operator, "ops")))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.Paused(ExampleBatch.AT, "maintenance", "ops"),
                            HAS_NO_WORK,
                            done(Phase.PAUSED)));
            assertThat(decide(new BatchCommand.Pause("maintenance", operator)))
                    .isEqualTo(BatchDecision.of(done(Phase.PAUSED)));
            assertThat(decide(new BatchCommand.Resume(operator)))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.Resumed(ExampleBatch.AT), HAS_WORK, done(Phase.RUNNING)));
        }

        @Test
        void aCancelledBatchIsSweptAfterItsTaskHasEnded() {
            open();

            assertThat(decide(new BatchCommand.Cancel("no longer needed", operator)))
                    .isEqualTo(BatchDecision.persist(ExampleBatch.cancelled(), HAS_NO_WORK, done(Phase.CANCELLED)));
            assertThat(plan()).isEqualTo(BatchDecision.of(new CoordinatorAction.SweepStagedOutput()));
        }

        @Test
        void aChangeOfACompleteBatchThatFailedIsFencedFirst() {
            state = ExampleBatch.state(
                    ExampleBatch.submitted(ExampleBatch.job()),
                    ExampleBatch.tookOver(1),
                    ExampleBatch.planned(),
                    ExampleBatch.committed(
                            ExampleBatch.commit(0, new Epoch(1, 1), 0),
                            ExampleBatch.commit(1, new Epoch(1, 2), 0),
                            ExampleBatch.commit(2, new Epoch(1, 3), 0)),
                    ExampleBatch.failed());
            BatchCommand.Control rescore = new BatchCommand.Rescore(List.of(1), operator);

            assertThat(decide(rescore)).isEqualTo(BatchDecision.of(new CoordinatorAction.FencePublication(0, rescore)));
            assertThat(report(0, new CoordinatorMessage.PublicationFenced(rescore, null, AWAY)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                            operator, new ControlReply.Refused(ExampleBatch.BATCH, AWAY.message()))));
            assertThat(report(0, new CoordinatorMessage.PublicationFenced(rescore, null, null)))
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.Rescored(ExampleBatch.AT, List.of(1)), done(Phase.FAILED)));
        }
    }

    @Nested
    class FailedPublications {

        private static final Failure REPEATED = Failure.permanent("ids are repeated");

        private BatchDecision failPublication() {
            start();
            for (int i = 0; i < 3; i++) {
                lease();
                PartitionCommit commit = ExampleBatch.commit(i, new Epoch(1, i + 1), 0);
                decide(new BatchCommand.Commit(commit, List.of(), worker));
            }
            decide(new CoordinatorMessage.FlushCommits());
            return report(1, new CoordinatorMessage.TaskFailed(REPEATED));
        }

        private BatchDecision fenced(boolean isVisible, @Nullable Failure failure) {
            return report(1, new CoordinatorMessage.FailedBatchFenced(isVisible, failure));
        }

        @Test
        void areFencedSoThatNobodyShowsThemLater() {
            assertThat(failPublication())
                    .isEqualTo(BatchDecision.persist(
                            new BatchEvent.Failed(ExampleBatch.AT, REPEATED),
                            HAS_NO_WORK,
                            new CoordinatorAction.FenceFailedBatch(1)));
            assertThat(fenced(false, null)).isEqualTo(BatchDecision.nothing());
            assertThat(state.phase()).isEqualTo(Phase.FAILED);
        }

        @Test
        void thatReadersSeeAreRecordedAsPublished() {
            failPublication();

            BatchDecision decision = fenced(true, null);

            assertThat(decision.events())
                    .containsExactly(new BatchEvent.Retried(ExampleBatch.AT), ExampleBatch.tookOver(2));
            assertThat(decision.actions()).containsExactly(new CoordinatorAction.Publish(2));
            assertThat(state.phase()).isEqualTo(Phase.PUBLISHING);
        }

        @Test
        void areFencedAsSoonAsTheStorageIsBack() {
            failPublication();

            assertThat(fenced(false, AWAY))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(1))));
            assertThat(decide(new CoordinatorMessage.RetryDue(1)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.FenceFailedBatch(1)));
            assertThat(fenced(false, AWAY))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.RetryLater(1, AWAY, Duration.ofSeconds(2))));
            assertThat(fenced(false, REPEATED)).as("waiting does not help").isEqualTo(BatchDecision.nothing());
        }

        @Test
        void stayInMemoryForTheirFenceAlsoIfTheStalledPublicationEnds() {
            failPublication();
            report(1, new CoordinatorMessage.TaskFailed(REPEATED));
            assertThat(decisions.isRemovable(state)).isFalse();

            fenced(false, null);
            assertThat(decisions.isRemovable(state)).isTrue();
        }

        @Test
        void areFencedAgainByTheNextCoordinator() {
            failPublication();
            BatchDecisions next =
                    BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(2));

            assertThat(next.decide(state, new CoordinatorMessage.Recovered(), new DecisionTime(0, ExampleBatch.AT)))
                    .isEqualTo(BatchDecision.of(new CoordinatorAction.FenceFailedBatch(0)));
        }

        @Test
        void thatWereRetriedMeanwhileAreLeftAlone() {
            failPublication();
            decide(new BatchCommand.Retry(operator));

            assertThat(fenced(true, null)).isEqualTo(BatchDecision.nothing());
        }
    }
}
