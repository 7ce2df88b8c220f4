package io.nightshift.coordinator.batch.state;

import static io.nightshift.protocol.batch.Phase.CANCELLED;
import static io.nightshift.protocol.batch.Phase.FAILED;
import static io.nightshift.protocol.batch.Phase.HELD;
import static io.nightshift.protocol.batch.Phase.PAUSED;
import static io.nightshift.protocol.batch.Phase.PUBLISHED;
import static io.nightshift.protocol.batch.Phase.PUBLISHING;
import static io.nightshift.protocol.batch.Phase.RUNNING;
import static io.nightshift.protocol.batch.Phase.SUBMITTED;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.CanaryStarted;
import io.nightshift.protocol.batch.BatchEvent.Cancelled;
import io.nightshift.protocol.batch.BatchEvent.CandidatePromoted;
import io.nightshift.protocol.batch.BatchEvent.Checked;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.OutageEnded;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.BatchEvent.RedriveFailed;
import io.nightshift.protocol.batch.BatchEvent.RemovalBegun;
import io.nightshift.protocol.batch.BatchEvent.Removed;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Resumed;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.ShadowAbandoned;
import io.nightshift.protocol.batch.BatchEvent.ShadowStarted;
import io.nightshift.protocol.batch.BatchEvent.StepFailed;
import io.nightshift.protocol.batch.BatchEvent.SupplementCommitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchEvent.Unpublished;
import io.nightshift.protocol.batch.BatchEvent.WindowIgnored;
import io.nightshift.protocol.batch.BatchEvent.WithdrawalBegun;
import io.nightshift.protocol.batch.Phase;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The table of the design, said a second time and compared with the code's for every phase and
/// every type of event.
class TransitionsTest {

    private static final Map<Phase, Map<Class<? extends BatchEvent>, Phase>> COMPLETE = Map.of(
            SUBMITTED,
                    withOutages(
                            SUBMITTED,
                            Map.entry(TookOver.class, SUBMITTED),
                            Map.entry(Planned.class, RUNNING),
                            Map.entry(ExtensionRequested.class, SUBMITTED),
                            Map.entry(Paused.class, PAUSED),
                            Map.entry(Failed.class, FAILED),
                            Map.entry(Cancelled.class, CANCELLED)),
            RUNNING,
                    withOutages(
                            RUNNING,
                            Map.entry(TookOver.class, RUNNING),
                            Map.entry(ExtensionRequested.class, RUNNING),
                            Map.entry(PlanExtended.class, PUBLISHING),
                            Map.entry(PartsReused.class, PUBLISHING),
                            Map.entry(CanaryStarted.class, RUNNING),
                            Map.entry(CanaryDecided.class, PUBLISHING),
                            Map.entry(ShadowStarted.class, RUNNING),
                            Map.entry(ShadowAbandoned.class, RUNNING),
                            Map.entry(Committed.class, PUBLISHING),
                            Map.entry(AttemptFailed.class, RUNNING),
                            Map.entry(Retried.class, RUNNING),
                            Map.entry(Rescored.class, RUNNING),
                            Map.entry(Paused.class, PAUSED),
                            Map.entry(Failed.class, FAILED),
                            Map.entry(Cancelled.class, CANCELLED)),
            PAUSED,
                    withOutages(
                            PAUSED,
                            Map.entry(TookOver.class, PAUSED),
                            Map.entry(Planned.class, PAUSED),
                            Map.entry(ExtensionRequested.class, PAUSED),
                            Map.entry(PlanExtended.class, PAUSED),
                            Map.entry(PartsReused.class, PAUSED),
                            Map.entry(CanaryStarted.class, PAUSED),
                            Map.entry(CanaryDecided.class, PAUSED),
                            Map.entry(ShadowStarted.class, PAUSED),
                            Map.entry(ShadowAbandoned.class, PAUSED),
                            Map.entry(Committed.class, PAUSED),
                            Map.entry(AttemptFailed.class, PAUSED),
                            Map.entry(Retried.class, PAUSED),
                            Map.entry(Rescored.class, PAUSED),
                            Map.entry(Resumed.class, PUBLISHING),
                            Map.entry(Failed.class, FAILED),
                            Map.entry(Cancelled.class, CANCELLED)),
            PUBLISHING,
                    Map.of(
                            StepFailed.class,
                            PUBLISHING,
                            TookOver.class,
                            PUBLISHING,
                            Checked.class,
                            PUBLISHING,
                            CandidatePromoted.class,
                            PUBLISHING,
                            ShadowAbandoned.class,
                            PUBLISHING,
                            Published.class,
                            PUBLISHED,
                            Failed.class,
                            FAILED,
                            Cancelled.class,
                            CANCELLED),
            HELD, Map.of(TookOver.class, HELD, Approved.class, PUBLISHING, Cancelled.class, CANCELLED),
            FAILED,
                    Map.of(
                            Retried.class,
                            PUBLISHING,
                            ExtensionRequested.class,
                            FAILED,
                            WindowIgnored.class,
                            FAILED,
                            Rescored.class,
                            FAILED,
                            Cancelled.class,
                            CANCELLED),
            PUBLISHED,
                    Map.of(
                            TookOver.class,
                            PUBLISHED,
                            RedriveBegun.class,
                            PUBLISHED,
                            RedriveFailed.class,
                            PUBLISHED,
                            SupplementCommitted.class,
                            PUBLISHED,
                            WithdrawalBegun.class,
                            PUBLISHED,
                            SupplementPublished.class,
                            PUBLISHED,
                            RemovalBegun.class,
                            PUBLISHED,
                            Unpublished.class,
                            PUBLISHED,
                            Removed.class,
                            PUBLISHED),
            CANCELLED, Map.of());

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static Map<Class<? extends BatchEvent>, Phase> withOutages(
            Phase phase, Map.Entry<Class<? extends BatchEvent>, Phase>... others) {
        Map<Class<? extends BatchEvent>, Phase> row = new HashMap<>(Map.ofEntries(others));
        row.put(StepFailed.class, phase);
        row.put(OutageEnded.class, phase);
        row.put(WindowIgnored.class, phase);
        return row;
    }

    @Test
    void everyEventIsAllowedOrRefusedAsDesigned() {
        for (Phase phase : Phase.values()) {
            for (Class<? extends BatchEvent> event : events()) {
                Optional<Phase> expected = Optional.ofNullable(
                        COMPLETE.getOrDefault(phase, Map.of()).get(event));
                assertThat(Transitions.next(phase, event, true, true, false))
                        .as("%s in %s", event.getSimpleName(), phase)
                        .isEqualTo(expected);
                assertThat(Transitions.allows(phase, event)).isEqualTo(expected.isPresent());
            }
        }
    }

    @Test
    void aCommitLeadsToPublishingOnlyWhenItIsTheLast() {
        assertThat(Transitions.next(RUNNING, Committed.class, true, false, false))
                .contains(RUNNING);
        assertThat(Transitions.next(RUNNING, Committed.class, true, true, false))
                .contains(PUBLISHING);
    }

    @Test
    void aFailedCheckHoldsABatch() {
        assertThat(Transitions.next(PUBLISHING, Checked.class, true, true, true))
                .contains(HELD);
    }

    @Test
    void aRetryResumesWhereTheBatchStopped() {
        assertThat(Transitions.next(FAILED, Retried.class, false, false, false)).contains(SUBMITTED);
        assertThat(Transitions.next(FAILED, Retried.class, true, false, false)).contains(RUNNING);
        assertThat(Transitions.next(FAILED, Retried.class, true, true, false)).contains(PUBLISHING);
    }

    @Test
    void aPausedBatchResumesWhereItStopped() {
        assertThat(Transitions.next(PAUSED, Resumed.class, false, false, false)).contains(SUBMITTED);
        assertThat(Transitions.next(PAUSED, Resumed.class, true, false, false)).contains(RUNNING);
        assertThat(Transitions.next(PAUSED, Resumed.class, true, true, false)).contains(PUBLISHING);
    }

    @Test
    void nothingButRedrivesAndTheRemovalFollowsAnEnd() {
        Set<Class<? extends BatchEvent>> later = Set.of(
                TookOver.class,
                RedriveBegun.class,
                RedriveFailed.class,
                SupplementCommitted.class,
                WithdrawalBegun.class,
                SupplementPublished.class,
                RemovalBegun.class,
                Unpublished.class,
                Removed.class);
        for (Phase phase : Phase.values()) {
            boolean moves = events().stream()
                    .filter(event -> !later.contains(event))
                    .anyMatch(event -> Transitions.allows(phase, event));
            assertThat(moves).as("%s", phase).isEqualTo(!phase.isEnd());
        }
    }

    private static java.util.List<Class<? extends BatchEvent>> events() {
        return java.util.Arrays.stream(BatchEvent.class.getPermittedSubclasses())
                .<Class<? extends BatchEvent>>map(event -> event.asSubclass(BatchEvent.class))
                .toList();
    }
}
