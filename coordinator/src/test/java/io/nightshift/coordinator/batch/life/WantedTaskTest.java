package io.nightshift.coordinator.batch.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.BackgroundTask;
import io.nightshift.coordinator.batch.life.WantedTask.Situation;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.job.BatchCheck;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The background task of each state of a batch.
final class WantedTaskTest {

    private static final BatchEvent PAUSED = new BatchEvent.Paused(ExampleBatch.AT, "");
    private static final BatchEvent.ExtensionRequested EXTENSION =
            new BatchEvent.ExtensionRequested(ExampleBatch.AT, "2".repeat(64));
    private static final BatchEvent COMMITTED = ExampleBatch.committed(
            ExampleBatch.commit(0, new Epoch(1, 1), 0),
            ExampleBatch.commit(1, new Epoch(1, 2), 0),
            ExampleBatch.commit(2, new Epoch(1, 3), 0));

    private static final Situation TAKEN_OVER = new Situation(1, null, false, null, false);
    private static final Situation LEASING = new Situation(1, null, true, null, false);

    private static BatchState state(BatchEvent... events) {
        List<BatchEvent> all = new ArrayList<>();
        all.add(ExampleBatch.submitted(ExampleBatch.job()));
        all.add(ExampleBatch.tookOver(1));
        all.addAll(List.of(events));
        return ExampleBatch.state(all.toArray(BatchEvent[]::new));
    }

    private static @Nullable BackgroundTask wanted(Situation situation, BatchEvent... events) {
        return WantedTask.of(state(events), situation);
    }

    @Test
    void aBatchIsPlannedAlsoDuringAPause() {
        assertThat(wanted(TAKEN_OVER)).isEqualTo(new CoordinatorAction.MakePlan(1));
        assertThat(wanted(TAKEN_OVER, PAUSED)).isEqualTo(new CoordinatorAction.MakePlan(1));
        assertThat(wanted(new Situation(1, "node:2", false, null, false)))
                .isEqualTo(new CoordinatorAction.MakePlan(1, "node:2"));
    }

    @Test
    void theInputIsCheckedBeforeTheFirstLeaseOfAnIncarnation() {
        BatchEvent planned = ExampleBatch.planned();
        assertThat(wanted(TAKEN_OVER, planned)).isEqualTo(new CoordinatorAction.CheckInput(1));
        assertThat(wanted(LEASING, planned)).isNull();
        assertThat(wanted(TAKEN_OVER, planned, PAUSED)).as("when it is resumed").isNull();
    }

    @Test
    void aRequestToExtendThePlanIsAnsweredWhetherTheBatchLeasesOrNot() {
        BatchEvent planned = ExampleBatch.planned();
        CoordinatorAction inspect = new CoordinatorAction.InspectInput(1, EXTENSION);
        assertThat(wanted(TAKEN_OVER, planned, EXTENSION)).isEqualTo(inspect);
        assertThat(wanted(LEASING, planned, EXTENSION)).isEqualTo(inspect);
        assertThat(wanted(TAKEN_OVER, planned, PAUSED, EXTENSION)).isEqualTo(inspect);
        assertThat(wanted(TAKEN_OVER, EXTENSION)).as("by the plan").isEqualTo(new CoordinatorAction.MakePlan(1));
    }

    @Test
    void aCompleteBatchIsMeasuredForItsChecksAndPublished() {
        assertThat(wanted(LEASING, ExampleBatch.planned(), COMMITTED)).isEqualTo(new CoordinatorAction.Publish(1));
        BatchCheck check = ExampleBatch.nulls(0.1, BatchCheck.OnFail.HOLD);
        BatchState unchecked = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job(ExampleBatch.job(), List.of(check))),
                ExampleBatch.tookOver(1),
                ExampleBatch.planned(),
                COMMITTED);
        assertThat(WantedTask.of(unchecked, TAKEN_OVER)).isEqualTo(new CoordinatorAction.MeasureBatch(1));
    }

    @Test
    void aCancellationIsFencedBeforeThePublicationContinues() {
        BatchCommand.Control cancel =
                new BatchCommand.Cancel("", TestInbox.<ControlReply>create().getRef());
        assertThat(wanted(new Situation(1, null, false, cancel, false), ExampleBatch.planned(), COMMITTED))
                .isEqualTo(new CoordinatorAction.FencePublication(1, cancel));
    }

    @Test
    void aFailedBatchThatMightBecomeVisibleIsFenced() {
        Situation notTakenOver = new Situation(0, null, false, null, true);
        assertThat(wanted(notTakenOver, ExampleBatch.planned(), COMMITTED, ExampleBatch.failed()))
                .isEqualTo(new CoordinatorAction.FenceFailedBatch(0));
        assertThat(wanted(notTakenOver, ExampleBatch.planned(), ExampleBatch.failed()))
                .as("some partitions are not committed")
                .isNull();
        assertThat(wanted(TAKEN_OVER, ExampleBatch.planned(), COMMITTED, ExampleBatch.failed()))
                .as("it is fenced")
                .isNull();
    }

    @Test
    void nothingElseStartsBeforeATakeover() {
        Situation notTakenOver = new Situation(0, null, false, null, false);
        assertThat(WantedTask.of(BatchState.initial(ExampleBatch.BATCH), notTakenOver))
                .isNull();
        assertThat(wanted(notTakenOver)).isNull();
        assertThat(wanted(notTakenOver, ExampleBatch.planned(), COMMITTED)).isNull();
    }

    @Test
    void aBatchThatHasEndedNeedsNothing() {
        assertThat(wanted(TAKEN_OVER, ExampleBatch.cancelled())).isNull();
    }
}
