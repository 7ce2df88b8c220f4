package io.nightshift.coordinator.batch.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.BatchDecisions;
import io.nightshift.coordinator.batch.DecisionsFixture;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Removal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemovalDecisionsTest extends DecisionsFixture {

    private static final BatchCommand RETIRE = new BatchCommand.Retire("keep: 3");
    private static final BatchCommand CONTINUE = new BatchCommand.Retire(null);

    private final BatchCommand delete = new BatchCommand.Delete("a wrong model", operator, "anna");

    @BeforeEach
    void theBatchIsPublished() {
        state = ExampleBatch.after(
                running(),
                ExampleBatch.committed(
                        ExampleBatch.commit(0, new Epoch(1, 1), 0),
                        ExampleBatch.commit(1, new Epoch(1, 2), 0),
                        ExampleBatch.commit(2, new Epoch(1, 3), 0)),
                ExampleBatch.published());
    }

    private static BatchState running() {
        return ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());
    }

    private Removal removal() {
        return Objects.requireNonNull(state.removal());
    }

    private static BatchDecision starts(RemovalStep step) {
        return BatchDecision.of(new CoordinatorAction.RemoveOutput(step));
    }

    private BatchDecision ended(RemovalStep step) {
        return report(0, new CoordinatorMessage.RemovalStepEnded(step, null));
    }

    @Test
    void aDeletedBatchKeepsItsOutputForTheGracePeriod() {
        assertThat(decide(delete)).isEqualTo(starts(RemovalStep.REGISTER));
        BatchDecision begun = ended(RemovalStep.REGISTER);
        assertThat(begun.events()).containsExactly(new BatchEvent.RemovalBegun(at(), "anna", "a wrong model"));
        assertThat(begun.actions())
                .containsExactlyInAnyOrder(
                        done(Phase.PUBLISHED), new CoordinatorAction.RemoveOutput(RemovalStep.UNPUBLISH));

        assertThat(ended(RemovalStep.UNPUBLISH)).isEqualTo(BatchDecision.persist(new BatchEvent.Unpublished(at())));
        seconds += SETTINGS.removalGrace().toSeconds() - 1;
        assertThat(decide(CONTINUE)).isEqualTo(BatchDecision.nothing());
        assertThat(decisions.isRemovable(state)).isTrue();

        seconds++;
        assertThat(decide(CONTINUE)).isEqualTo(starts(RemovalStep.DELETE));
        assertThat(decisions.isRemovable(state)).isFalse();
        assertThat(ended(RemovalStep.DELETE))
                .isEqualTo(BatchDecision.persist(
                        new BatchEvent.Removed(at()), new CoordinatorAction.RemoveOutput(RemovalStep.RECORD)));
        assertThat(ended(RemovalStep.RECORD)).isEqualTo(BatchDecision.nothing());
        assertThat(state.phase()).isEqualTo(Phase.PUBLISHED);
        assertThat(removal().sentence()).matches("deleted by anna on \\d{4}-\\d\\d-\\d\\d: a wrong model");
    }

    @Test
    void theRetentionRemovesItWithoutAnAnswer() {
        assertThat(decide(RETIRE)).isEqualTo(starts(RemovalStep.REGISTER));

        assertThat(ended(RemovalStep.REGISTER).events())
                .containsExactly(new BatchEvent.RemovalBegun(at(), null, "keep: 3"));
        assertThat(removal().sentence()).matches("being removed by retention since \\d{4}-\\d\\d-\\d\\d \\(keep: 3\\)");
    }

    @Test
    void aRequestThatIsRepeatedIsAnsweredAndBeginsNothingTwice() {
        decide(delete);
        assertThat(decide(delete)).isEqualTo(BatchDecision.nothing());
        assertThat(decide(RETIRE)).isEqualTo(BatchDecision.nothing());
        assertThat(ended(RemovalStep.REGISTER).actions())
                .filteredOn(done(Phase.PUBLISHED)::equals)
                .hasSize(2);

        assertThat(decide(delete)).isEqualTo(BatchDecision.of(done(Phase.PUBLISHED)));
    }

    @Test
    void aStepThatFailsIsTriedAgainWhenTheCoordinatorIsWoken() {
        decide(RETIRE);
        ended(RemovalStep.REGISTER);
        report(0, new CoordinatorMessage.RemovalStepEnded(RemovalStep.UNPUBLISH, AWAY));
        assertThat(decisions.isRemovable(state)).isTrue();

        assertThat(decide(CONTINUE)).isEqualTo(starts(RemovalStep.UNPUBLISH));
    }

    @Test
    void anOperatorLearnsWhyTheRemovalCannotBegin() {
        decide(delete);

        BatchDecision decision = report(0, new CoordinatorMessage.RemovalStepEnded(RemovalStep.REGISTER, DISK));

        assertThat(decision.events()).isEmpty();
        assertThat(decision.actions())
                .contains(new CoordinatorAction.Send<>(
                        operator, new ControlReply.Refused(ExampleBatch.BATCH, DISK.message())));
    }

    @Test
    void anOperatorWhoWasRefusedIsNotAnsweredAgain() {
        decide(delete);
        report(0, new CoordinatorMessage.RemovalStepEnded(RemovalStep.REGISTER, DISK));
        decide(delete);

        assertThat(ended(RemovalStep.REGISTER).actions())
                .filteredOn(done(Phase.PUBLISHED)::equals)
                .hasSize(1);
    }

    @Test
    void aBatchThatIsNotPublishedIsNotRemoved() {
        state = running();

        assertThat(decide(RETIRE)).isEqualTo(BatchDecision.nothing());
        assertThat(decide(delete))
                .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                        operator, new ControlReply.Refused(ExampleBatch.BATCH, "it is running"))));
    }

    @Test
    void aLedgerThatDeletesWhatReadersSeeIsDamaged() {
        BatchState begun = ExampleBatch.after(state, new BatchEvent.RemovalBegun(at(), null, "keep: 3"));

        assertThatThrownBy(() -> begun.apply(new BatchEvent.Removed(at()))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> begun.apply(new BatchEvent.RemovalBegun(at(), null, "keep: 3")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> state.apply(new BatchEvent.Unpublished(at())))
                .isInstanceOf(IllegalStateException.class);
    }

    /// A process that is killed anywhere: before a step, after it and before its report, or after the report
    /// and before its events are durable.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void aRemovalEndsHoweverOftenItsProcessIsKilled(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<RemovalStep> performed = new ArrayList<>();
        BatchDecisions coordinator = decisions;
        boolean isRegistered = false;
        boolean isVisible = true;
        boolean isThere = true;
        Duration unpublished = Duration.ZERO;
        for (int round = 0; round < 1_000; round++) {
            boolean killsNow = round < 300 && random.nextInt(3) == 0;
            if (killsNow) {
                coordinator = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
            }
            CoordinatorMessage message = killsNow
                    ? new CoordinatorMessage.Recovered()
                    : new CoordinatorMessage.CommandReceived(state.removal() == null ? RETIRE : CONTINUE);
            BatchDecision decision = coordinator.decide(state, message, now());
            while (true) {
                boolean isLost = round < 300 && random.nextInt(4) == 0;
                if (isLost) {
                    coordinator = BatchDecisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
                    break;
                }
                for (BatchEvent event : decision.events()) {
                    state = ExampleBatch.after(state, event);
                }
                RemovalStep step = decision.actions().stream()
                        .filter(CoordinatorAction.RemoveOutput.class::isInstance)
                        .map(action -> ((CoordinatorAction.RemoveOutput) action).step())
                        .findFirst()
                        .orElse(null);
                if (step == null) {
                    break;
                }
                performed.add(step);
                switch (step) {
                    case REGISTER -> isRegistered = true;
                    case UNPUBLISH -> {
                        assertThat(isRegistered).isTrue();
                        if (isVisible) {
                            isVisible = false;
                            unpublished = Duration.ofSeconds(seconds);
                        }
                    }
                    case DELETE -> {
                        assertThat(isVisible).isFalse();
                        assertThat(Duration.ofSeconds(seconds).minus(unpublished))
                                .isGreaterThanOrEqualTo(SETTINGS.removalGrace());
                        isThere = false;
                    }
                    case RECORD -> {
                        assertThat(removal().isPending()).isFalse();
                        isRegistered = false;
                    }
                }
                decision = coordinator.decide(
                        state,
                        new CoordinatorMessage.TaskReported(0, new CoordinatorMessage.RemovalStepEnded(step, null)),
                        now());
            }
            seconds += random.nextInt(600);
            if (state.removal() != null && !state.removal().isPending() && !isRegistered) {
                break;
            }
        }

        assertThat(isThere).isFalse();
        assertThat(isRegistered).isFalse();
        assertThat(removal().isPending()).isFalse();
        assertThat(performed).contains(RemovalStep.values());
    }
}
