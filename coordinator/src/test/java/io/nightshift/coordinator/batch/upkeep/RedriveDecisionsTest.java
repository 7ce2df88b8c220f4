package io.nightshift.coordinator.batch.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.BatchDecisions;
import io.nightshift.coordinator.batch.DecisionsFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RedriveStep;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.batch.state.UpkeepOperation;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedriveDecisionsTest extends DecisionsFixture {

    private static final BatchCommand WAKE = new BatchCommand.Retire(null);
    private static final String MANIFEST = "e6".repeat(32);
    private static final Failure GONE = Failure.permanent("the table is gone");

    private final BatchCommand.Redrive redrive =
            new BatchCommand.Redrive(null, "value = 'n/a'", "repaired", operator, "anna");

    /// Three partitions with five quarantined rows.
    @BeforeEach
    void theBatchIsPublished() {
        state = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned(),
                ExampleBatch.committed(
                        ExampleBatch.commit(0, new Epoch(1, 1), 2),
                        ExampleBatch.commit(1, new Epoch(1, 2), 0),
                        ExampleBatch.commit(2, new Epoch(1, 3), 3)),
                ExampleBatch.published());
    }

    private static Supplement supplement(int number, int incarnation, long healed, long bad) {
        return new Supplement(
                number,
                ExampleBatch.AT,
                PartitionCommitBuilder.builder()
                        .partition(2 + number)
                        .epoch(new Epoch(incarnation, 1))
                        .node("node:1")
                        .firstRow(0)
                        .rows(healed + bad)
                        .read(healed + bad)
                        .part(new OutputFile(healed, 100, ExampleBatch.DIGEST))
                        .quarantine(bad == 0 ? null : new OutputFile(bad, 100, ExampleBatch.DIGEST))
                        .model(ExampleBatch.MODEL.sha256())
                        .build(),
                List.of());
    }

    private static BatchDecision starts(RedriveStep step, int incarnation) {
        return BatchDecision.of(new CoordinatorAction.RunRedrive(incarnation, step, null));
    }

    private BatchDecision ended(int incarnation, RedriveStep step) {
        return report(incarnation, new CoordinatorMessage.RedriveStepEnded(step, null, null, null));
    }

    private BatchDecision scored(Supplement supplement) {
        return report(
                state.incarnation(),
                new CoordinatorMessage.RedriveStepEnded(RedriveStep.SCORE, supplement, null, null));
    }

    private BatchDecision published() {
        return report(
                state.incarnation(),
                new CoordinatorMessage.RedriveStepEnded(
                        RedriveStep.PUBLISH, null, new Publication("/out", MANIFEST), null));
    }

    private UpkeepOperation.Redriving pending() {
        return Objects.requireNonNull(state.redrive());
    }

    private Redrive last() {
        return Objects.requireNonNull(state.lastRedrive());
    }

    @Test
    void theHealedRowsBecomeASupplementStepByStep() {
        assertThat(decide(redrive))
                .isEqualTo(BatchDecision.of(new CoordinatorAction.RunRedrive(1, RedriveStep.CHECK, redrive)));
        BatchDecision begun = ended(1, RedriveStep.CHECK);
        assertThat(begun.events())
                .containsExactly(
                        new BatchEvent.TookOver(at(), 2, "node:1"),
                        new BatchEvent.RedriveBegun(at(), 1, null, "value = 'n/a'", "anna", "repaired"));
        assertThat(begun.actions())
                .containsExactly(new CoordinatorAction.RunRedrive(2, RedriveStep.SCORE, null), done(Phase.PUBLISHED));
        assertThat(decisions.isRemovable(state)).isFalse();
        assertThat(last().sentence()).isEqualTo("supplement 1 by anna: the rows are scored");

        Supplement supplement = supplement(1, 2, 4, 1);
        assertThat(scored(supplement))
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.SupplementCommitted(at(), supplement),
                        new CoordinatorAction.RunRedrive(2, RedriveStep.PUBLISH, null)));
        assertThat(state.totals().quarantined()).as("what readers see").isEqualTo(5);

        long predictions = state.totals().predictions();
        assertThat(published())
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.SupplementPublished(at(), MANIFEST),
                        new CoordinatorAction.RunRedrive(2, RedriveStep.END, null)));
        assertThat(ended(2, RedriveStep.END)).isEqualTo(BatchDecision.nothing());
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
        assertThat(state.totals().predictions()).isEqualTo(predictions + 4);
        assertThat(state.totals().quarantined()).isEqualTo(1);
        assertThat(Objects.requireNonNull(state.published()).manifest()).isEqualTo(MANIFEST);
        assertThat(last().sentence()).isEqualTo("supplement 1 by anna: 4 rows added");
        assertThat(decisions.isRemovable(state)).isTrue();
    }

    @Test
    void aSecondRedriveFollowsTheFirst() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        scored(supplement(1, 2, 4, 1));
        published();
        ended(2, RedriveStep.END);

        decide(redrive);
        ended(2, RedriveStep.CHECK);
        scored(supplement(2, 3, 1, 0));
        published();

        assertThat(state.supplements()).hasSize(2);
        assertThat(state.totals().quarantined()).isZero();
        ended(3, RedriveStep.END);
        assertThat(decide(redrive)).isEqualTo(refused("it has no quarantined rows"));
    }

    private BatchDecision refused(String reason) {
        return BatchDecision.of(
                new CoordinatorAction.Send<>(operator, new ControlReply.Refused(ExampleBatch.BATCH, reason)));
    }

    @Test
    void whatTheCheckFindsIsRefusedAndLeavesNoTrace() {
        decide(redrive);

        BatchDecision decision =
                report(1, new CoordinatorMessage.RedriveStepEnded(RedriveStep.CHECK, null, null, DISK));

        assertThat(decision.events()).isEmpty();
        assertThat(decision.actions())
                .containsExactly(
                        refused(DISK.message()).actions().getFirst(),
                        new CoordinatorAction.RunRedrive(1, RedriveStep.END, null));
    }

    @Test
    void rowsThatCannotBeScoredLeaveTheBatchAsItWas() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        CommittedTotals before = state.totals();

        BatchDecision failed = report(2, new CoordinatorMessage.RedriveStepEnded(RedriveStep.SCORE, null, null, DISK));

        assertThat(failed)
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.RedriveFailed(at(), DISK),
                        new CoordinatorAction.RunRedrive(2, RedriveStep.END, null)));
        assertThat(state.totals()).isEqualTo(before);
        assertThat(last().sentence()).isEqualTo("supplement 1 by anna: failed: the disk is full");
    }

    @Test
    void aCommittedSupplementIsPublishedInSpiteOfOutages() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        scored(supplement(1, 2, 4, 1));

        BatchDecision failed =
                report(2, new CoordinatorMessage.RedriveStepEnded(RedriveStep.PUBLISH, null, null, AWAY));
        assertThat(failed.actions()).singleElement().isInstanceOf(CoordinatorAction.RetryLater.class);

        assertThat(decide(new CoordinatorMessage.RetryDue(2))).isEqualTo(starts(RedriveStep.PUBLISH, 2));
        published();
        assertThat(state.totals().quarantined()).isEqualTo(1);
    }

    private void refuseTheSupplement() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        scored(supplement(1, 2, 4, 1));
        report(2, new CoordinatorMessage.RedriveStepEnded(RedriveStep.PUBLISH, null, null, GONE));
    }

    private BatchDecision withdrawn(int incarnation, @Nullable Publication visible) {
        return report(incarnation, new CoordinatorMessage.RedriveStepEnded(RedriveStep.WITHDRAW, null, visible, null));
    }

    @Test
    void aSupplementThatIsRefusedForGoodIsWithdrawn() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        scored(supplement(1, 2, 4, 1));
        CommittedTotals before = state.totals();

        BatchDecision refused =
                report(2, new CoordinatorMessage.RedriveStepEnded(RedriveStep.PUBLISH, null, null, GONE));

        assertThat(refused)
                .isEqualTo(BatchDecision.persist(
                        List.of(new BatchEvent.TookOver(at(), 3, "node:1"), new BatchEvent.WithdrawalBegun(at(), GONE)),
                        List.of(new CoordinatorAction.RunRedrive(3, RedriveStep.WITHDRAW, null))));
        assertThat(decide(new BatchCommand.Delete("", operator, "anna")))
                .isEqualTo(refused("a redrive of it is in progress. Wait for its end"));
        assertThat(withdrawn(3, null))
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.RedriveFailed(at(), GONE),
                        new CoordinatorAction.RunRedrive(3, RedriveStep.END, null)));
        ended(3, RedriveStep.END);
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
        assertThat(state.totals()).isEqualTo(before);
        assertThat(state.supplementsWithPending()).isEmpty();
        assertThat(last().state()).isEqualTo(Redrive.State.FAILED);
        assertThat(last().sentence()).isEqualTo("supplement 1 by anna: failed: the table is gone");
        assertThat(decisions.isRemovable(state)).isTrue();
    }

    @Test
    void aBatchWhoseSupplementWasWithdrawnIsRedrivenAgainOrDeleted() {
        refuseTheSupplement();
        withdrawn(3, null);
        ended(3, RedriveStep.END);

        assertThat(decide(new BatchCommand.Delete("", operator, "anna")))
                .isEqualTo(BatchDecision.of(new CoordinatorAction.RemoveOutput(RemovalStep.REGISTER)));
        report(0, new CoordinatorMessage.RemovalStepEnded(RemovalStep.REGISTER, DISK));
        decide(redrive);
        ended(3, RedriveStep.CHECK);
        scored(supplement(1, 4, 4, 1));
        published();

        assertThat(state.supplements()).hasSize(1);
        assertThat(state.totals().quarantined()).isEqualTo(1);
    }

    @Test
    void aRefusedSupplementThatReadersSeeIsPublished() {
        refuseTheSupplement();

        BatchDecision found = withdrawn(3, new Publication("/out", MANIFEST));

        assertThat(found)
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.SupplementPublished(at(), MANIFEST),
                        new CoordinatorAction.RunRedrive(3, RedriveStep.END, null)));
        assertThat(state.totals().quarantined()).isEqualTo(1);
        assertThat(last().sentence()).isEqualTo("supplement 1 by anna: 4 rows added");
    }

    @Test
    void aWithdrawalIsRepeatedUntilItIsKnownWhatReadersSee() {
        refuseTheSupplement();

        for (Failure failure : List.of(AWAY, GONE)) {
            BatchDecision decision =
                    report(3, new CoordinatorMessage.RedriveStepEnded(RedriveStep.WITHDRAW, null, null, failure));
            assertThat(decision.events()).isEmpty();
            assertThat(decision.actions()).singleElement().isInstanceOf(CoordinatorAction.RetryLater.class);
            assertThat(decide(new CoordinatorMessage.RetryDue(3))).isEqualTo(starts(RedriveStep.WITHDRAW, 3));
        }
    }

    @Test
    void aCoordinatorThatFindsAWithdrawalTakesOverAndContinuesIt() {
        refuseTheSupplement();
        BatchDecisions next = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(2));

        assertThat(next.decide(state, new CoordinatorMessage.Recovered(), now()))
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.TookOver(at(), 4, "node:2"),
                        new CoordinatorAction.RunRedrive(4, RedriveStep.WITHDRAW, null)));
    }

    /// A publication that stalled, and was reported as failed, ends after all.
    @Test
    void aLatePublicationIsNotReportedWhileTheSupplementIsWithdrawn() {
        refuseTheSupplement();

        assertThat(report(
                        2,
                        new CoordinatorMessage.RedriveStepEnded(
                                RedriveStep.PUBLISH, null, new Publication("/out", MANIFEST), null)))
                .isEqualTo(BatchDecision.nothing());
        assertThat(pending().refused()).isEqualTo(GONE);
    }

    @Test
    void onlyACommittedSupplementIsWithdrawn() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);

        assertThatThrownBy(() -> state.apply(new BatchEvent.WithdrawalBegun(at(), GONE)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aCoordinatorThatFindsAPendingRedriveTakesOverFirst() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        BatchDecisions next = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(2));

        BatchDecision resumed = next.decide(state, new CoordinatorMessage.Recovered(), now());

        assertThat(resumed)
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.TookOver(at(), 3, "node:2"),
                        new CoordinatorAction.RunRedrive(3, RedriveStep.SCORE, null)));
        state = ExampleBatch.after(state, resumed.events().getFirst());
        BatchDecision late = next.decide(
                state,
                new CoordinatorMessage.TaskReported(
                        2,
                        new CoordinatorMessage.RedriveStepEnded(RedriveStep.SCORE, supplement(1, 2, 4, 1), null, null)),
                now());
        assertThat(late).as("an attempt of the earlier coordinator").isEqualTo(BatchDecision.nothing());
    }

    @Test
    void theSameRequestIsAnsweredAgainAndAnotherOneIsRefused() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);

        assertThat(decide(redrive)).isEqualTo(BatchDecision.of(done(Phase.PUBLISHED)));
        assertThat(decide(new BatchCommand.Redrive(null, null, "", operator, "anna")))
                .isEqualTo(refused("another redrive of it has begun. Wait for its end"));
        assertThat(decide(new BatchCommand.Delete("", operator, "anna")))
                .isEqualTo(refused("a redrive of it is in progress. Wait for its end"));
        assertThat(decide(new BatchCommand.Retire("keep: 3"))).isEqualTo(BatchDecision.nothing());
    }

    @Test
    void theIndexIsClearedIfTheCoordinatorWasKilledBeforeIt() {
        assertThat(decide(WAKE)).isEqualTo(starts(RedriveStep.FORGET, 1));
    }

    @Test
    void aCleanUpThatFailsIsRepeatedUntilItIsDone() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);
        report(2, new CoordinatorMessage.RedriveStepEnded(RedriveStep.SCORE, null, null, DISK));
        RedriveStep running = RedriveStep.END;
        for (Failure failure : List.of(AWAY, GONE)) {
            BatchDecision decision = report(2, new CoordinatorMessage.RedriveStepEnded(running, null, null, failure));
            assertThat(decision.events()).isEmpty();
            assertThat(decision.actions()).singleElement().isInstanceOf(CoordinatorAction.WriteLog.class);

            assertThat(decide(WAKE)).isEqualTo(starts(RedriveStep.FORGET, 2));
            running = RedriveStep.FORGET;
        }
        BatchDecisions next = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:2", new SplittableRandom(2));
        next.decide(state, new CoordinatorMessage.Recovered(), now());
        assertThat(next.decide(state, new CoordinatorMessage.CommandReceived(WAKE), now()))
                .isEqualTo(starts(RedriveStep.FORGET, 2));
    }

    @Test
    void aBatchThatIsNotPublishedOrIsRemovedIsNotRedriven() {
        BatchState removed = ExampleBatch.after(state, new BatchEvent.RemovalBegun(at(), null, "keep: 3"));
        state = removed;
        assertThat(decide(redrive)).isEqualTo(refused("it is removed"));

        state = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());
        assertThat(decide(redrive)).isEqualTo(refused("it is running"));
    }

    @Test
    void aLedgerWhoseCountsDoNotAddUpIsDamaged() {
        decide(redrive);
        ended(1, RedriveStep.CHECK);

        for (Supplement wrong : List.of(
                supplement(1, 2, 4, 2), supplement(1, 2, 3, 1), supplement(2, 2, 4, 1), supplement(1, 1, 4, 1))) {
            assertThatThrownBy(() -> state.apply(new BatchEvent.SupplementCommitted(at(), wrong)))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(() -> state.apply(new BatchEvent.SupplementPublished(at(), MANIFEST)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> state.apply(new BatchEvent.RemovalBegun(at(), null, "keep: 3")))
                .isInstanceOf(IllegalStateException.class);
        state = ExampleBatch.after(state, new BatchEvent.SupplementCommitted(at(), supplement(1, 2, 4, 1)));
        assertThatThrownBy(() -> state.apply(new BatchEvent.RedriveFailed(at(), DISK)))
                .isInstanceOf(IllegalStateException.class);
    }

    /// The destination of every second batch refuses most publications for good. A process that is killed anywhere:
    /// before a step, after it and before its report, or after the report
    /// and before its events are durable.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void aRedriveEndsHoweverOftenItsProcessIsKilled(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BatchDecisions coordinator = decisions;
        boolean refuses = seed % 2 == 0;
        boolean isIndexed = false;
        boolean isVisible = false;
        for (int round = 0; round < 1_000; round++) {
            boolean isCalm = round >= 300;
            boolean killsNow = !isCalm && random.nextInt(3) == 0;
            if (killsNow) {
                coordinator = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
            }
            boolean isWanted = state.lastRedrive() == null;
            CoordinatorMessage message = killsNow || (!isWanted && random.nextBoolean())
                    ? new CoordinatorMessage.Recovered()
                    : new CoordinatorMessage.CommandReceived(isWanted ? redrive : WAKE);
            if (message instanceof CoordinatorMessage.Recovered) {
                coordinator = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
            }
            BatchDecision decision = coordinator.decide(state, message, now());
            while (true) {
                if (!isCalm && random.nextInt(4) == 0) {
                    coordinator = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
                    break;
                }
                for (BatchEvent event : decision.events()) {
                    state = ExampleBatch.after(state, event);
                }
                CoordinatorAction.RunRedrive task = decision.actions().stream()
                        .filter(CoordinatorAction.RunRedrive.class::isInstance)
                        .map(CoordinatorAction.RunRedrive.class::cast)
                        .findFirst()
                        .orElse(null);
                if (task == null) {
                    break;
                }
                CoordinatorMessage.RedriveStepEnded outcome =
                        new CoordinatorMessage.RedriveStepEnded(task.step(), null, null, null);
                switch (task.step()) {
                    case CHECK -> isIndexed = true;
                    case SCORE -> {
                        assertThat(isIndexed).isTrue();
                        assertThat(isVisible).isFalse();
                        outcome = new CoordinatorMessage.RedriveStepEnded(
                                task.step(), supplement(1, task.incarnation(), 4, 1), null, null);
                    }
                    case PUBLISH -> {
                        assertThat(pending().committed()).isNotNull();
                        boolean isRefused = refuses && !isVisible && random.nextInt(3) > 0;
                        isVisible |= !isRefused;
                        outcome = new CoordinatorMessage.RedriveStepEnded(
                                task.step(),
                                null,
                                isRefused ? null : new Publication("/out", MANIFEST),
                                isRefused ? GONE : null);
                    }
                    case WITHDRAW -> {
                        assertThat(pending().refused()).isEqualTo(GONE);
                        Publication visible = isVisible ? new Publication("/out", MANIFEST) : null;
                        outcome = new CoordinatorMessage.RedriveStepEnded(task.step(), null, visible, null);
                    }
                    case END, FORGET -> {
                        assertThat(state.redrive()).isNull();
                        isIndexed = false;
                    }
                }
                decision = coordinator.decide(
                        state, new CoordinatorMessage.TaskReported(task.incarnation(), outcome), now());
            }
            seconds += random.nextInt(60);
            boolean hasEnded = state.lastRedrive() != null && state.redrive() == null;
            if (hasEnded && !isIndexed) {
                break;
            }
        }

        assertThat(isVisible || refuses).isTrue();
        assertThat(isIndexed).isFalse();
        assertThat(state.supplements()).hasSize(isVisible ? 1 : 0);
        assertThat(state.totals().quarantined()).isEqualTo(isVisible ? 1 : 5);
        assertThat(last().state()).isEqualTo(isVisible ? Redrive.State.PUBLISHED : Redrive.State.FAILED);
    }
}
