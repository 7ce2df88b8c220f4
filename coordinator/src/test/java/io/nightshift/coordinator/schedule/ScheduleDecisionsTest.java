package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ScheduleDecisionsTest {

    private static final String NIGHTLY =
            "schedule: {cron: \"0 2 * * *\", parameters: {day: \"{scheduled:date - 1 day}\"}, catch-up: %s, overlap: %s}";

    private ScheduledJobState state = ScheduledJobState.EMPTY;
    private ScheduleDecisions decisions = new ScheduleDecisions("churn");
    private final List<ScheduledJobEvent> events = new ArrayList<>();
    private List<ScheduleAction> actions = List.of();
    private Instant now = Instant.parse("2026-11-25T12:00:00Z");
    private long nanos;
    private int batches;

    private static String text(String timing) {
        return """
                job: churn
                model: churn@champion
                parameters: {day: {type: date, default: 2026-01-01}}
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                %s
                """.formatted(timing);
    }

    private void decide(ScheduledJobMessage message) {
        ScheduleDecision decision = decisions.decide(state, message, nanos, now);
        events.addAll(decision.events());
        decision.events().forEach(event -> state = state.apply(event));
        actions = decision.actions();
    }

    private <T extends Record> ScheduledJobReply<T> ask(
            java.util.function.Function<ActorRef<ScheduledJobReply<T>>, ScheduledJobCommand> question) {
        TestInbox<ScheduledJobReply<T>> inbox = TestInbox.create();
        decide(new ScheduledJobMessage.CommandReceived(question.apply(inbox.getRef())));
        for (ScheduleAction action : actions) {
            if (action instanceof ScheduleAction.Send<?> send && send.to().equals(inbox.getRef())) {
                @SuppressWarnings("unchecked")
                ScheduledJobReply<T> reply = (ScheduledJobReply<T>) send.message();
                return reply;
            }
        }
        throw new AssertionError("no reply");
    }

    private static <T extends Record> T value(ScheduledJobReply<T> reply) {
        return ((ScheduledJobReply.Succeeded<T>) reply).value();
    }

    private static <T extends Record> String declined(ScheduledJobReply<T> reply) {
        return ((ScheduledJobReply.Declined<T>) reply).text();
    }

    private ApplyResult apply(String timing) {
        return value(ask(replyTo -> new ScheduledJobCommand.Apply(text(timing), null, "ops", replyTo)));
    }

    private void at(String time) {
        Instant next = Instant.parse(time);
        nanos += Math.max(0, Duration.between(now, next).toNanos());
        now = next;
        decide(new ScheduledJobMessage.TimeReached());
    }

    private List<StartRequest> starts() {
        return actions.stream()
                .filter(ScheduleAction.Start.class::isInstance)
                .map(action -> ((ScheduleAction.Start) action).request())
                .toList();
    }

    private BatchId started(String key) {
        batches++;
        BatchId batch = new BatchId("churn-" + batches);
        decide(new ScheduledJobMessage.StartAnswered(key, new StartResult.Started(batch, false)));
        return batch;
    }

    private void answerAll() {
        starts().forEach(start -> started(start.key()));
    }

    private void ended(BatchId batch, Phase phase) {
        decide(new ScheduledJobMessage.BatchSeen(batch, BatchStatus.of(batch, phase, null)));
    }

    private ScheduledJobState.@Nullable Run run(String key) {
        return state.run(key);
    }

    private ScheduledJobState.RunPhase phase(String key) {
        return Objects.requireNonNull(run(key), key).phase();
    }

    @Nested
    class Schedules {

        @Test
        void aTickIsDurableBeforeItIsSubmittedWithItsParameters() {
            apply(NIGHTLY.formatted("all", "queue"));
            assertThat(decisions.nextWake(state, nanos, now)).contains(Duration.ofHours(14));

            at("2026-11-26T02:00:00Z");

            assertThat(events.getLast()).isInstanceOf(ScheduledJobEvent.TickDue.class);
            assertThat(starts()).hasSize(1);
            assertThat(starts().getFirst().key()).isEqualTo("tick:2026-11-26T02:00:00Z");
            assertThat(starts().getFirst().parameters()).isEqualTo(Map.of("day", "2026-11-25"));
        }

        @Test
        void aRunIsSubmittedAgainAfterARestartAndAfterALostAnswer() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            StartRequest first = starts().getFirst();

            decisions = new ScheduleDecisions("churn");
            at("2026-11-26T02:00:05Z");
            assertThat(starts()).containsExactly(first);

            decide(new ScheduledJobMessage.StartAnswered(first.key(), new StartResult.NotNow("lost")));
            assertThat(starts()).isEmpty();
            at("2026-11-26T02:00:07Z");
            assertThat(starts()).containsExactly(first);
        }

        @Test
        void queuedTicksWaitForTheEndOfTheBatchBefore() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            BatchId first = started("tick:2026-11-26T02:00:00Z");
            at("2026-11-27T02:00:00Z");
            assertThat(phase("tick:2026-11-27T02:00:00Z")).isEqualTo(ScheduledJobState.RunPhase.WAITING);
            assertThat(starts()).isEmpty();

            ended(first, Phase.FAILED);

            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-27T02:00:00Z");
            assertThat(phase("tick:2026-11-26T02:00:00Z")).isEqualTo(ScheduledJobState.RunPhase.FAILED);
        }

        @Test
        void skippedTicksHaveNoRunAndAllowedOnesStartAtOnce() {
            apply(NIGHTLY.formatted("all", "skip"));
            at("2026-11-26T02:00:00Z");
            started("tick:2026-11-26T02:00:00Z");
            at("2026-11-27T02:00:00Z");
            assertThat(phase("tick:2026-11-27T02:00:00Z")).isEqualTo(ScheduledJobState.RunPhase.SKIPPED);

            apply(NIGHTLY.formatted("all", "allow"));
            at("2026-11-28T02:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-28T02:00:00Z");
        }

        @Test
        void catchUpDecidesAboutMissedTicks() {
            apply(NIGHTLY.formatted("all", "allow"));
            at("2026-11-28T12:00:00Z");
            assertThat(starts()).hasSize(3);
            answerAll();

            apply(NIGHTLY.formatted("latest", "allow"));
            at("2026-12-02T12:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-12-02T02:00:00Z");
            answerAll();
            assertThat(Objects.requireNonNull(run("tick:2026-12-01T02:00:00Z")).reason())
                    .isEqualTo(
                            "3 ticks from 2026-11-29T02:00:00Z on: missed while no node ran the job or it was paused, and catch-up is latest");

            apply(NIGHTLY.formatted("none", "allow"));
            at("2026-12-05T12:00:00Z");
            assertThat(starts()).isEmpty();
            at("2026-12-06T02:00:30Z");
            assertThat(starts()).hasSize(1);
        }

        private List<Boolean> missed() {
            return events.stream()
                    .filter(ScheduledJobEvent.TicksSkipped.class::isInstance)
                    .map(event -> ((ScheduledJobEvent.TicksSkipped) event).missed())
                    .toList();
        }

        @Test
        void ticksThatNoNodeRanAreMissed() {
            apply(NIGHTLY.formatted("none", "allow"));
            at("2026-11-28T12:00:00Z");

            assertThat(missed()).containsExactly(true);
        }

        @Test
        void ticksOfAPauseAreNotMissed() {
            apply(NIGHTLY.formatted("none", "allow"));
            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Pause("lake", "ops", replyTo)));
            at("2026-11-28T12:00:00Z");
            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Resume("ops", replyTo)));

            assertThat(missed()).containsExactly(false);
        }

        @Test
        void aTickThatIsSkippedBecauseOfOverlapIsNotMissed() {
            apply(NIGHTLY.formatted("all", "skip"));
            at("2026-11-26T02:00:00Z");
            answerAll();
            at("2026-11-27T02:00:00Z");

            assertThat(missed()).containsExactly(false);
        }

        @Test
        void aJobHasAHundredWaitingTicksAtMostAndTheOthersFollow() {
            apply("schedule: {cron: \"* * * * *\", catch-up: all, overlap: queue}");
            for (int hour = 13; hour < 18; hour++) {
                at("2026-11-25T%d:00:00Z".formatted(hour));
            }
            assertThat(ticks()).hasSize(100);

            ended(started(starts().getFirst().key()), Phase.PUBLISHED);

            assertThat(ticks()).hasSize(101).doesNotHaveDuplicates();
        }

        private List<Instant> ticks() {
            return events.stream()
                    .filter(ScheduledJobEvent.TickDue.class::isInstance)
                    .map(event -> ((ScheduledJobEvent.TickDue) event).tick())
                    .toList();
        }

        @Test
        void aClockThatIsSetBackBringsNoTickAgain() {
            apply(NIGHTLY.formatted("all", "allow"));
            at("2026-11-26T02:00:00Z");
            int before = events.size();

            at("2026-11-26T01:00:00Z");
            at("2026-11-26T02:00:00Z");

            assertThat(events).hasSize(before);
        }

        @Test
        void aProcessThatEndsSoonStartsNothingButWhatItIsAskedFor() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-26T02:00:00Z");

            decisions = ScheduleDecisions.onRequest("churn");
            at("2026-11-27T02:00:00Z");
            assertThat(actions).isEmpty();
            assertThat(run("tick:2026-11-27T02:00:00Z"))
                    .as("a tick that is due")
                    .isNull();
            assertThat(decisions.nextWake(state, nanos, now)).isEmpty();

            value(ScheduleDecisionsTest.this.<JobRun>ask(
                    replyTo -> new ScheduledJobCommand.Trigger("a1", Map.of("day", "2026-11-20"), "ops", replyTo)));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("manual:a1");

            decisions = new ScheduleDecisions("churn");
            decide(new ScheduledJobMessage.TimeReached());
            assertThat(starts()).extracting(StartRequest::key).contains("tick:2026-11-26T02:00:00Z");
            assertThat(run("tick:2026-11-27T02:00:00Z"))
                    .as("the next process follows the schedule")
                    .isNotNull();
        }

        @Test
        void aPausedJobStartsNothingButWhatIsAskedFor() {
            apply(NIGHTLY.formatted("all", "queue"));
            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Pause("lake", "ops", replyTo)));
            at("2026-11-27T12:00:00Z");
            assertThat(starts()).isEmpty();
            assertThat(decisions.nextWake(state, nanos, now)).isEmpty();

            JobRun asked = value(
                    ask(replyTo -> new ScheduledJobCommand.Trigger("a1", Map.of("day", "2026-11-20"), "ops", replyTo)));
            assertThat(asked.state()).isEqualTo("waiting");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("manual:a1");

            ended(started("manual:a1"), Phase.PUBLISHED);
            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Resume("ops", replyTo)));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-26T02:00:00Z");
        }

        @Test
        void aPausedJobWithAPostponedRunDoesNotWakeAllTheTime() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            decide(new ScheduledJobMessage.StartAnswered("tick:2026-11-26T02:00:00Z", new StartResult.NotNow("")));
            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Pause("", "ops", replyTo)));

            at("2026-11-26T03:00:00Z");
            assertThat(decisions.nextWake(state, nanos, now)).isEmpty();

            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Resume("ops", replyTo)));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-26T02:00:00Z");
        }

        @Test
        void anotherRequestWithTheSameIdStartsNothingMore() {
            apply("");
            value(ScheduleDecisionsTest.this.<JobRun>ask(
                    replyTo -> new ScheduledJobCommand.Trigger("a1", Map.of(), "ops", replyTo)));
            BatchId batch = started("manual:a1");

            JobRun again = value(ask(replyTo -> new ScheduledJobCommand.Trigger("a1", Map.of(), "ops", replyTo)));

            assertThat(again.batch()).isEqualTo(batch.value());
            assertThat(starts()).isEmpty();
        }

        @Test
        void aRefusedRunIsOverAndTheNextOneStarts() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            decide(new ScheduledJobMessage.StartAnswered(
                    "tick:2026-11-26T02:00:00Z", new StartResult.Refused("there is no model churn")));
            at("2026-11-27T02:00:00Z");

            assertThat(phase("tick:2026-11-26T02:00:00Z")).isEqualTo(ScheduledJobState.RunPhase.REFUSED);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-27T02:00:00Z");
        }
    }

    /// A run whose input, destination or registry is away.
    @Nested
    class AwayPlaces {

        private static final String FIRST = "tick:2026-11-26T02:00:00Z";
        private static final String SECOND = "tick:2026-11-27T02:00:00Z";
        private static final String AWAY = "source: there is no folder for /lake/*.parquet";

        private void away(String key) {
            decide(new ScheduledJobMessage.StartAnswered(key, new StartResult.Away(AWAY, true)));
        }

        @Test
        void aRunWhoseInputIsAwayForAnHourRunsWhenItIsBack() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            assertThat(Objects.requireNonNull(run(FIRST)).reason()).isEqualTo(AWAY);

            for (int minute = 1; minute < 60; minute++) {
                at("2026-11-26T02:%02d:00Z".formatted(minute));
                starts().forEach(start -> away(start.key()));
            }
            long told = events.stream()
                    .filter(ScheduledJobEvent.RunPostponed.class::isInstance)
                    .count();
            assertThat(told).as("the same reason is persisted once").isOne();
            assertThat(phase(FIRST)).isEqualTo(ScheduledJobState.RunPhase.WAITING);

            at("2026-11-26T03:01:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly(FIRST);
            started(FIRST);
            assertThat(phase(FIRST)).isEqualTo(ScheduledJobState.RunPhase.RUNNING);
            assertThat(Objects.requireNonNull(run(FIRST)).reason()).isNull();
        }

        @Test
        void aNewActorSubmitsItAgain() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);

            decisions = new ScheduleDecisions("churn");
            decide(new ScheduledJobMessage.TimeReached());

            assertThat(starts()).extracting(StartRequest::key).containsExactly(FIRST);
        }

        @Test
        void itIsRefusedAfterADay() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-27T01:59:59Z");
            away(FIRST);
            assertThat(phase(FIRST)).isEqualTo(ScheduledJobState.RunPhase.WAITING);

            at("2026-11-27T02:00:00Z");
            away(FIRST);

            assertThat(phase(FIRST)).isEqualTo(ScheduledJobState.RunPhase.REFUSED);
            assertThat(Objects.requireNonNull(run(FIRST)).reason())
                    .isEqualTo(AWAY + ". The run has waited 24 hours for it");
        }

        @Test
        void theDayCountsFromWhenSomethingWasFirstMissing() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            BatchId first = started(FIRST);
            at("2026-11-27T02:00:00Z");
            at("2026-11-28T01:00:00Z");
            ended(first, Phase.PUBLISHED);
            at("2026-11-28T02:30:00Z");
            away(SECOND);
            assertThat(phase(SECOND)).isEqualTo(ScheduledJobState.RunPhase.WAITING);

            at("2026-11-29T02:31:00Z");
            away(SECOND);
            assertThat(phase(SECOND)).isEqualTo(ScheduledJobState.RunPhase.REFUSED);
        }

        @Test
        void twoRunsThatWaitKeepTheirBackoffAndALaterOneStartsBeforeThem() {
            apply(NIGHTLY.formatted("all", "queue").replace("0 2 *", "0 2,3,4 *"));
            at("2026-11-26T02:00:00Z");
            allAway();
            at("2026-11-26T03:00:00Z");
            for (int i = 0; i < 20; i++) {
                allAway();
                at("2026-11-26T03:%02d:00Z".formatted(10 + i));
            }
            assertThat(allAway()).as("both are due, one after the other").hasSize(2);
            assertThat(decisions.nextWake(state, nanos, now)).contains(Duration.ofMinutes(1));

            at("2026-11-26T04:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-26T04:00:00Z");
            assertThat(decisions.nextWake(state, nanos, now))
                    .as("those that are due wait for its answer")
                    .get()
                    .satisfies(wake -> assertThat(wake).isGreaterThan(Duration.ofSeconds(1)));
        }

        /// Answers submissions until none begins.
        private List<String> allAway() {
            List<String> keys = new ArrayList<>();
            for (List<StartRequest> begun = starts(); !begun.isEmpty(); begun = starts()) {
                assertThat(begun).as("submissions at the same time").hasSize(1);
                keys.add(begun.getFirst().key());
                away(begun.getFirst().key());
            }
            return keys;
        }

        @Test
        void noRunIsSubmittedBesideOneWhoseOutcomeIsNotKnown() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-26T02:01:00Z");
            decide(new ScheduledJobMessage.StartAnswered(FIRST, new StartResult.NotNow("no answer")));
            apply(NIGHTLY.formatted("all", "queue") + "\npriority: 9");
            at("2026-11-27T02:00:00Z");

            assertThat(starts()).extracting(StartRequest::key).containsExactly(FIRST);
            assertThat(starts().getFirst().text()).doesNotContain("priority");
        }

        @Test
        void aRunThatWaitsIsNotSubmittedBesideAnother() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-27T01:00:00Z");
            away(FIRST);
            at("2026-11-27T02:00:00Z");
            starts().stream().filter(start -> start.key().equals(FIRST)).forEach(start -> away(FIRST));
            assertThat(starts()).extracting(StartRequest::key).containsExactly(SECOND);

            at("2026-11-27T02:02:00Z");

            assertThat(starts()).as("while the second is under way").isEmpty();
        }

        @Test
        void theOldestRunThatWaitsMakesRoomForATick() {
            apply("schedule: {cron: \"* * * * *\", catch-up: all, overlap: allow}");
            for (int minute = 0; minute < 120; minute++) {
                at("2026-11-25T%d:%02d:00Z".formatted(13 + minute / 60, minute % 60));
                while (!starts().isEmpty()) {
                    starts().forEach(start -> away(start.key()));
                }
            }

            assertThat(state.decided()).isEqualTo(Instant.parse("2026-11-25T14:59:00Z"));
            assertThat(decisions.nextWake(state, nanos, now)).isPresent();
            assertThat(state.openRuns()).hasSize(ScheduleDecisions.MOST_WAITING);
            assertThat(Objects.requireNonNull(run("tick:2026-11-25T13:00:00Z")).reason())
                    .isEqualTo(AWAY + ". The run has made room for a later one, because 100 runs wait");
        }

        @Test
        void aRunOfABackfillIsRefusedAfterADayToo() {
            apply(NIGHTLY.formatted("all", "queue"));
            value(ScheduleDecisionsTest.this.<Backfill>ask(replyTo -> new ScheduledJobCommand.StartBackfill(
                    "b1", new BackfillRequest("2026-01-01", "2026-01-03", 1, false, null), "ops", replyTo)));
            StartResult away = new StartResult.Away("the folder /predictions is read-only", false);
            decide(new ScheduledJobMessage.StartAnswered("backfill:b1:0", away));
            at("2026-11-26T12:00:00Z");
            decide(new ScheduledJobMessage.StartAnswered("backfill:b1:0", away));

            assertThat(Objects.requireNonNull(state.backfills().get("b1")).problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.reason()).contains("has waited 24 hours"));
        }

        @Test
        void theNextRunDoesNotWaitForWhatItLacksAndNeverTwoStartAtOnce() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-26T12:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly(FIRST);
            decide(new ScheduledJobMessage.CommandReceived(new ScheduledJobCommand.Apply(
                    text(NIGHTLY.formatted("all", "queue").replace("0 2 *", "0 13 *")),
                    null,
                    "ops",
                    TestInbox.<ScheduledJobReply<ApplyResult>>create().getRef())));
            at("2026-11-26T13:00:00Z");
            assertThat(starts())
                    .as("while the first is under way")
                    .extracting(StartRequest::key)
                    .containsExactly(FIRST);

            away(FIRST);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-26T13:00:00Z");
            BatchId second = started("tick:2026-11-26T13:00:00Z");
            at("2026-11-26T13:30:00Z");
            assertThat(starts()).as("while the second runs").isEmpty();
            ended(second, Phase.PUBLISHED);
            assertThat(starts()).extracting(StartRequest::key).containsExactly(FIRST);
        }

        @Test
        void aTickIsSkippedOnlyForARunThatDoesItsWork() {
            apply(NIGHTLY.formatted("all", "skip"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-27T02:00:00Z");
            assertThat(phase(SECOND)).isEqualTo(ScheduledJobState.RunPhase.WAITING);
        }

        @Test
        void aTickWithTheSameParametersIsSkipped() {
            apply("schedule: {cron: \"0 2 * * *\", overlap: skip}");
            at("2026-11-26T02:00:00Z");
            away(FIRST);
            at("2026-11-27T02:00:00Z");
            assertThat(phase(SECOND)).isEqualTo(ScheduledJobState.RunPhase.SKIPPED);
        }

        @Test
        void aChangedJobFileCountsForARunThatWaits() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            away(FIRST);

            apply(NIGHTLY.formatted("all", "queue") + "\npriority: 9");
            at("2026-11-26T02:01:00Z");

            assertThat(starts().getFirst().text()).contains("priority: 9");
        }

        @Test
        void aBackfillSkipsMissingInputAndWaitsForADestination() {
            apply(NIGHTLY.formatted("all", "queue"));
            Backfill begun = value(ask(replyTo -> new ScheduledJobCommand.StartBackfill(
                    "b1", new BackfillRequest("2026-01-01", "2026-01-03", 1, false, null), "ops", replyTo)));
            assertThat(begun.runs()).isGreaterThan(1);
            decide(new ScheduledJobMessage.StartAnswered(
                    "backfill:b1:0", new StartResult.Away("the folder /predictions is read-only", false)));
            assertThat(starts()).isEmpty();
            at("2026-11-25T12:00:10Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("backfill:b1:0");

            away("backfill:b1:0");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("backfill:b1:1");
        }
    }

    @Nested
    class Revisions {

        @Test
        void theSameFileAgainChangesNothing() {
            assertThat(apply(NIGHTLY.formatted("all", "queue")).created()).isTrue();
            ApplyResult again = apply(NIGHTLY.formatted("all", "queue"));

            assertThat(again.created()).isFalse();
            assertThat(again.changed()).isFalse();
            assertThat(again.job().revision()).isEqualTo(1);
        }

        @Test
        void aRunKeepsTheJobFileOfTheTimeWhenItWasDue() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            String text = starts().getFirst().text();

            apply(NIGHTLY.formatted("all", "queue") + "\npriority: 9");
            decide(new ScheduledJobMessage.StartAnswered("tick:2026-11-26T02:00:00Z", new StartResult.NotNow("")));
            at("2026-11-26T02:00:10Z");

            assertThat(starts().getFirst().text()).isEqualTo(text);
            assertThat(state.revisions()).hasSize(2);
            ended(started("tick:2026-11-26T02:00:00Z"), Phase.PUBLISHED);
            assertThat(state.revisions()).hasSize(1);
        }

        @Test
        void anotherScheduleCountsFromNowAndTheSameOneGoesOn() {
            apply(NIGHTLY.formatted("all", "allow"));
            now = Instant.parse("2026-11-27T12:00:00Z");
            apply("schedule: {cron: \"0 * * * *\", catch-up: all, overlap: allow}");

            assertThat(events)
                    .filteredOn(ScheduledJobEvent.TickDue.class::isInstance)
                    .extracting(
                            event -> ((ScheduledJobEvent.TickDue) event).tick().toString())
                    .containsExactly("2026-11-26T02:00:00Z", "2026-11-27T02:00:00Z");
            answerAll();
            at("2026-11-27T13:00:00Z");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("tick:2026-11-27T13:00:00Z");
        }

        @Test
        void aDeletedJobStartsNothingAndASecondLifeBringsNoTickAgain() {
            apply(NIGHTLY.formatted("all", "queue"));
            at("2026-11-26T02:00:00Z");
            AppliedJob last = value(ask(replyTo -> new ScheduledJobCommand.Delete("ops", replyTo)));
            assertThat(last.waiting()).isEqualTo(1);
            assertThat(declined(ask(ScheduledJobCommand.Show::new))).isEqualTo("No job churn is applied.");
            assertThat(phase("tick:2026-11-26T02:00:00Z")).isEqualTo(ScheduledJobState.RunPhase.SKIPPED);

            now = Instant.parse("2026-11-26T01:30:00Z");
            assertThat(apply(NIGHTLY.formatted("all", "queue")).job().revision())
                    .isEqualTo(2);
            at("2026-11-26T02:00:00Z");
            assertThat(starts()).isEmpty();
        }

        @Test
        void aFileOfAnotherJobOrWithMistakesIsDeclined() {
            String other = text("").replace("job: churn", "job: fraud");
            ScheduledJobReply<ApplyResult> named =
                    ask(replyTo -> new ScheduledJobCommand.Apply(other, null, "ops", replyTo));
            ScheduledJobReply<ApplyResult> wrong = ask(replyTo ->
                    new ScheduledJobCommand.Apply(text("schedule: {cron: \"0 25 * * *\"}"), null, "ops", replyTo));

            assertThat(declined(named)).contains("fraud");
            assertThat(declined(wrong)).contains("schedule.cron", "\"25\" in the field of the hours");
            assertThat(state.isApplied()).isFalse();
        }
    }

    @Nested
    class Pages {

        @Test
        void aPageHasTheNewestRunsAndTheTicksWithoutOne() {
            apply(NIGHTLY.formatted("all", "allow"));
            at("2026-11-27T12:00:00Z");
            Instant from = Instant.parse("2026-11-23T00:00:00Z");

            JobRunPage first = value(ask(replyTo -> new ScheduledJobCommand.Runs(from, null, 3, null, replyTo)));
            JobRunPage second =
                    value(ask(replyTo -> new ScheduledJobCommand.Runs(from, null, 3, first.next(), replyTo)));

            assertThat(first.runs())
                    .extracting(run -> run.tick() + " " + run.state())
                    .containsExactly(
                            "2026-11-27T02:00:00Z waiting",
                            "2026-11-26T02:00:00Z waiting",
                            "2026-11-25T02:00:00Z missing");
            assertThat(second.runs())
                    .extracting(run -> run.tick() + " " + run.state() + " " + run.parameters())
                    .containsExactly(
                            "2026-11-24T02:00:00Z missing {day=2026-11-23}",
                            "2026-11-23T02:00:00Z missing {day=2026-11-22}");
            assertThat(second.next()).isNull();
        }
    }

    @Nested
    class Triggers {

        private static final String ROWS =
                "trigger: {when: {rows: 100}, every: 10s, parameters: {day: \"{triggered:date}\"}}";

        private void source(String digest, long rows) {
            nanos += Duration.ofSeconds(10).toNanos();
            decide(new ScheduledJobMessage.TimeReached());
            List<ScheduleAction.LookAtSource> looks = actions.stream()
                    .filter(ScheduleAction.LookAtSource.class::isInstance)
                    .map(ScheduleAction.LookAtSource.class::cast)
                    .toList();
            assertThat(looks).hasSize(1);
            decide(new ScheduledJobMessage.SourceSeen(
                    looks.getFirst().revision(),
                    looks.getFirst().parameters(),
                    new Observation(digest, "/lake/*.parquet", rows, 1),
                    null));
        }

        @Test
        void eachStateOfTheSourceStartsOneRun() {
            apply(ROWS);
            decide(new ScheduledJobMessage.SourceSeen(
                    1, Map.of("day", "2026-11-25"), new Observation("a", "/lake/*.parquet", 99, 1), null));
            assertThat(starts()).isEmpty();

            source("b", 100);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:b");
            assertThat(starts().getFirst().parameters()).isEqualTo(Map.of("day", "2026-11-25"));
            ended(started("trigger:b"), Phase.PUBLISHED);

            source("b", 100);
            source("c", 199);
            assertThat(starts()).isEmpty();
            source("d", 200);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:d");
        }

        @Test
        void rowsAreCountedFromTheLeastSinceTheLastRun() {
            apply(ROWS);
            decide(new ScheduledJobMessage.SourceSeen(
                    1, Map.of(), new Observation("a", "/lake/*.parquet", 500, 1), null));
            ended(started("trigger:a"), Phase.PUBLISHED);

            source("b", 50);
            source("c", 149);
            assertThat(starts()).isEmpty();
            source("d", 150);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:d");
        }

        private Observation files(String digest, int files, String... volumes) {
            return new Observation(digest, "/lake/*.parquet", 0, files, List.of(volumes));
        }

        @Test
        void anObservationThatNamesNoFileSystemIsOnNoOther() {
            assertThat(files("b", 0, "7").isAwaySince(files("a", 3))).isFalse();
            assertThat(files("b", 0, "7").isAwaySince(files("a", 3, "8"))).isTrue();
        }

        private void look(Observation observation) {
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), observation, null));
        }

        @Test
        void aMissingMountIsNoEmptySourceSoOneNewFileStartsNothingAfterIt() {
            apply("trigger: {when: {files: 5}, every: 10s}");
            look(files("a", 10, "nfs4 server:/lake"));
            ended(started("trigger:a"), Phase.PUBLISHED);

            look(files("", 0, "ext4 /dev/sda1"));
            assertThat(actions).anyMatch(ScheduleAction.Warn.class::isInstance);
            assertThat(decisions.trigger().problem(state)).isNotNull();
            look(files("", 0, ""));
            look(files("b", 3, "nfs4 server:/lake", ""));
            look(files("c", 11, "nfs4 server:/lake"));

            assertThat(decisions.trigger().problem(state)).isNull();
            assertThat(starts()).isEmpty();
            assertThat(events).noneMatch(ScheduledJobEvent.SourceShrunk.class::isInstance);
            look(files("d", 15, "nfs4 server:/lake"));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:d");
        }

        private void fail(String reason) {
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), null, reason));
        }

        /// The alert is raised some time after that, and each look may fail for another reason.
        @Test
        void aSourceIsAwaySinceTheFirstLookThatFailed() {
            apply("trigger: {when: {files: 5}, every: 10s}");
            Instant since = now;
            fail("there is no /lake");
            now = now.plusSeconds(10);
            fail("/lake can't be listed");

            assertThat(decisions.trigger().problem(state))
                    .isEqualTo(new TriggerDecisions.SourceProblem(since, "/lake can't be listed"));
            assertThat(decisions.trigger().isSeen()).isFalse();

            look(files("a", 10, "nfs4 server:/lake"));
            assertThat(decisions.trigger().problem(state)).isNull();
            assertThat(decisions.trigger().isSeen()).isTrue();

            now = now.plusSeconds(10);
            fail("there is no /lake");
            assertThat(decisions.trigger().problem(state))
                    .isEqualTo(new TriggerDecisions.SourceProblem(now, "there is no /lake"));
        }

        @Test
        void nobodyMissesTheSourceOfAJobThatIsPausedOrHasNoTriggerAnyMore() {
            apply("trigger: {when: {files: 5}, every: 10s}");
            look(files("a", 4, "nfs4 server:/lake"));
            fail("there is no /lake");

            assertThat(decisions.trigger().problem(state)).isNotNull();

            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Pause("lake", "ops", replyTo)));
            assertThat(decisions.trigger().problem(state)).isNull();
            assertThat(decisions.trigger().isSeen())
                    .as("the last look was a success")
                    .isFalse();

            value(ScheduleDecisionsTest.this.<AppliedJob>ask(
                    replyTo -> new ScheduledJobCommand.Resume("ops", replyTo)));
            assertThat(decisions.trigger().problem(state)).isNotNull();
            apply(NIGHTLY.formatted("all", "queue"));
            assertThat(decisions.trigger().problem(state)).isNull();
        }

        @Test
        void filesAreCountedFromNoneAfterTheFolderWasEmptied() {
            apply("trigger: {when: {files: 5}, every: 10s}");
            look(files("a", 10, "ext4 /dev/sda1"));
            ended(started("trigger:a"), Phase.PUBLISHED);

            look(files("", 0, "ext4 /dev/sda1"));
            look(files("b", 5, "ext4 /dev/sda1"));

            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:b");
        }

        @Test
        void aMarkerStartsARunWhenItAppearsAndWhenItIsReplaced() {
            apply("trigger: {when: {marker: /lake/_READY}, every: 10s}");
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), new Observation("", "/lake/_READY", 0, 0), null));
            assertThat(starts()).isEmpty();
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), new Observation("a", "/lake/_READY", 0, 1), null));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:a");
            ended(started("trigger:a"), Phase.PUBLISHED);
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), new Observation("a", "/lake/_READY", 0, 1), null));
            assertThat(starts()).isEmpty();
            decide(new ScheduledJobMessage.SourceSeen(1, Map.of(), new Observation("b", "/lake/_READY", 0, 1), null));
            assertThat(starts()).extracting(StartRequest::key).containsExactly("trigger:b");
        }

        @Test
        void whileARunHasNotEndedNothingIsLookedAt() {
            apply(ROWS);
            decide(new ScheduledJobMessage.SourceSeen(
                    1, Map.of(), new Observation("a", "/lake/*.parquet", 500, 1), null));
            started("trigger:a");
            nanos += Duration.ofMinutes(1).toNanos();
            decide(new ScheduledJobMessage.TimeReached());

            assertThat(actions).noneMatch(ScheduleAction.LookAtSource.class::isInstance);
        }
    }

    @Nested
    class Backfills {

        private Backfill start(boolean all) {
            return value(ask(replyTo -> new ScheduledJobCommand.StartBackfill(
                    "b1", new BackfillRequest("2026-11-01", "2026-11-05", 2, all, null), "ops", replyTo)));
        }

        private Backfill show() {
            return value(ScheduleDecisionsTest.this.<BackfillList>ask(
                            replyTo -> new ScheduledJobCommand.ShowBackfills("b1", replyTo)))
                    .backfills()
                    .getFirst();
        }

        private Backfill control(BackfillControl control) {
            return value(ask(replyTo -> new ScheduledJobCommand.ControlBackfill("b1", control, "ops", replyTo)));
        }

        @Test
        void itRunsSoManyAtATimeUntilAllAreDone() {
            apply("");
            assertThat(start(false).runs()).isEqualTo(5);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("backfill:b1:0", "backfill:b1:1");
            assertThat(starts()).extracting(StartRequest::mode).containsOnly(StartMode.BACKFILL);

            BatchId second = started("backfill:b1:1");
            BatchId first = started("backfill:b1:0");
            ended(first, Phase.PUBLISHED);
            assertThat(starts()).extracting(StartRequest::key).containsExactly("backfill:b1:2");
            decide(new ScheduledJobMessage.StartAnswered(
                    "backfill:b1:2", new StartResult.Started(new BatchId("churn-old"), true)));
            decide(new ScheduledJobMessage.StartAnswered("backfill:b1:3", new StartResult.Refused("no folder")));
            ended(second, Phase.FAILED);
            ended(started("backfill:b1:4"), Phase.PUBLISHED);

            Backfill done = show();
            assertThat(done.state()).isEqualTo("done");
            assertThat(List.of(done.published(), done.untouched(), done.failed(), done.waiting(), done.running()))
                    .containsExactly(2, 1, 2, 0, 0);
            assertThat(done.problems())
                    .extracting(run -> run.parameters() + " " + run.state() + " " + run.reason())
                    .containsExactly("{day=2026-11-04} refused no folder", "{day=2026-11-02} failed null");
        }

        @Test
        void afterARestartItContinuesWithTheSameKeys() {
            apply("");
            start(true);
            List<StartRequest> before = starts();
            assertThat(before).extracting(StartRequest::mode).containsOnly(StartMode.BACKFILL_ALL);
            started("backfill:b1:1");

            decisions = new ScheduleDecisions("churn");
            decide(new ScheduledJobMessage.TimeReached());

            assertThat(starts()).containsExactly(before.getFirst());
        }

        @Test
        void itIsPausedResumedAndCancelled() {
            apply("");
            start(false);
            BatchId first = started("backfill:b1:0");
            BatchId second = started("backfill:b1:1");
            assertThat(control(BackfillControl.PAUSE).state()).isEqualTo("paused");
            ended(first, Phase.PUBLISHED);
            assertThat(starts()).isEmpty();
            assertThat(control(BackfillControl.RESUME).state()).isEqualTo("running");
            assertThat(starts()).extracting(StartRequest::key).containsExactly("backfill:b1:2");
            assertThat(control(BackfillControl.CANCEL).state()).isEqualTo("cancelled");
            ended(second, Phase.PUBLISHED);

            assertThat(starts()).isEmpty();
            assertThat(show().published()).isEqualTo(2);
            assertThat(declined(ScheduleDecisionsTest.this.<Backfill>ask(replyTo ->
                            new ScheduledJobCommand.ControlBackfill("b1", BackfillControl.RESUME, "ops", replyTo))))
                    .contains("has ended");
        }

        @Test
        void theSameRequestAgainIsTheSameBackfill() {
            apply("");
            start(false);
            int before = events.size();
            start(false);

            assertThat(events).hasSize(before);
        }
    }
}
