package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.schedule.TriggerDecisions.SourceProblem;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which missed ticks a job reports, and when.
class MissedTickReportsTest {

    private static final Instant FIRST = Instant.parse("2026-11-26T02:00:00Z");
    private static final Instant SECOND = FIRST.plus(Duration.ofDays(1));
    private static final String TEXT = """
            job: churn
            model: churn@champion
            source: {parquet: /data/*.parquet}
            destination: {parquet: /predictions}
            schedule: {cron: "0 2 * * *"}
            alerts: [{on: [schedule-missed], to: ops}, {on: [failed], to: chat}]
            """;

    private final ActorRef<AlertReply> outbox = TestInbox.<AlertReply>create().getRef();
    private final MissedTickReports reports = new MissedTickReports("churn");

    private static ScheduledJobState state(ScheduledJobEvent... events) {
        ScheduledJobState state = ScheduledJobState.EMPTY.apply(
                new ScheduledJobEvent.Applied(FIRST.minusSeconds(60), 1, TEXT, null, "ops", FIRST.minusSeconds(60)));
        for (ScheduledJobEvent event : events) {
            state = state.apply(event);
        }
        return state;
    }

    private static ScheduledJobEvent due(Instant tick) {
        return new ScheduledJobEvent.TickDue(tick, tick, Map.of(), 1);
    }

    private static ScheduledJobEvent refused(Instant tick) {
        return new ScheduledJobEvent.RunRefused(tick.plusSeconds(1), "tick:" + tick, "there is no model churn");
    }

    private static ScheduledJobEvent started(Instant tick) {
        return new ScheduledJobEvent.RunStarted(tick.plusSeconds(1), "tick:" + tick, new BatchId("churn-1"), false);
    }

    private Optional<AlertCommand> due(ScheduledJobState state, Instant now) {
        return reports.due(state, now, outbox);
    }

    @Test
    void aRefusedTickIsReportedUntilALaterTickEndsIt() {
        ScheduledJobState refused = state(due(FIRST), refused(FIRST));
        AlertCommand.Raise raise =
                (AlertCommand.Raise) due(refused, FIRST.plusSeconds(2)).orElseThrow();

        assertThat(raise.subject()).isEqualTo(AlertSubject.job("churn"));
        assertThat(raise.cause()).isEqualTo(AlertCause.SCHEDULE_MISSED);
        assertThat(raise.channels()).containsExactly("ops");
        assertThat(raise.summary())
                .isEqualTo(
                        "Job churn has no batch for its schedule's tick 2026-11-26T02:00:00Z: there is no model churn");
        assertThat(due(refused, FIRST.plusSeconds(3))).isEmpty();
        assertThat(due(refused, FIRST.plusSeconds(12))).contains(raise);
        reports.recorded(new AlertReply.Recorded(raise.subject(), raise.cause(), raise.version()));
        assertThat(due(refused, FIRST.plusSeconds(60))).isEmpty();

        assertThat(due(state(due(FIRST), refused(FIRST), due(SECOND)), SECOND))
                .as("while it is submitted")
                .isEmpty();
        AlertCommand.Resolve end = (AlertCommand.Resolve)
                due(state(due(FIRST), refused(FIRST), due(SECOND), started(SECOND)), SECOND.plusSeconds(1))
                        .orElseThrow();
        assertThat(end.version()).isGreaterThan(raise.version());
    }

    @Test
    void aSkippedTickIsMissed() {
        ScheduledJobState skipped =
                state(new ScheduledJobEvent.TicksSkipped(SECOND, FIRST, SECOND, 2, true, "no node was up", 1));

        assertThat(due(skipped, SECOND)).get().isInstanceOf(AlertCommand.Raise.class);
    }

    @Test
    void aTickThatCantBeSubmittedForLongIsMissedUntilItHasABatch() {
        ScheduledJobState waiting = state(due(FIRST));
        assertThat(due(waiting, FIRST.plusSeconds(60))).isEmpty();

        AlertCommand raise =
                due(waiting, FIRST.plus(MissedTickReports.LATE).plusSeconds(1)).orElseThrow();
        AlertCommand end =
                due(state(due(FIRST), started(FIRST)), FIRST.plusSeconds(2_000)).orElseThrow();

        assertThat(((AlertCommand.Resolve) end).version()).isGreaterThan(((AlertCommand.Raise) raise).version());
    }

    @Test
    void aWaitingRunIsReportedEvenIfALaterTickHasABatch() {
        ScheduledJobEvent postponed = new ScheduledJobEvent.RunPostponed(FIRST, "tick:" + FIRST, "there is no /in");
        Instant late = FIRST.plus(MissedTickReports.LATE).plusSeconds(1);
        assertThat(state(due(FIRST)).postponedRuns()).isZero();
        assertThat(state(due(FIRST), postponed).postponedRuns()).isOne();
        assertThat(state(due(FIRST), postponed, started(FIRST)).postponedRuns()).isZero();

        AlertCommand.Raise raise =
                (AlertCommand.Raise) due(state(due(FIRST), postponed), late).orElseThrow();
        assertThat(raise.summary()).endsWith("tick 2026-11-26T02:00:00Z: there is no /in");

        AlertCommand.Raise again = (AlertCommand.Raise)
                due(state(due(FIRST), postponed, due(SECOND), started(SECOND)), SECOND.plusSeconds(1))
                        .orElseThrow();
        assertThat(again.summary()).endsWith("tick 2026-11-26T02:00:00Z: there is no /in");

        assertThat(due(state(due(FIRST), postponed, due(SECOND), started(SECOND), started(FIRST)), SECOND))
                .get()
                .isInstanceOf(AlertCommand.Resolve.class);
    }

    @Test
    void theEndNamesARunThatWasLostMeanwhile() {
        ScheduledJobEvent postponed = new ScheduledJobEvent.RunPostponed(FIRST, "tick:" + FIRST, "there is no /in");
        ScheduledJobEvent refused =
                new ScheduledJobEvent.RunRefused(SECOND.plusSeconds(5), "tick:" + FIRST, "there is no /in");

        AlertCommand.Resolve end = (AlertCommand.Resolve)
                due(state(due(FIRST), postponed, due(SECOND), started(SECOND), refused), SECOND.plusSeconds(6))
                        .orElseThrow();

        assertThat(end.reason())
                .endsWith("The run of its schedule's tick 2026-11-26T02:00:00Z is lost: there is no /in");
    }

    @Test
    void aTriggersRunThatWaitsIsReported() {
        ScheduledJobState waiting = state(new ScheduledJobEvent.TriggerFired(
                FIRST, new ScheduledJobEvent.Observation("a", "/in", 1, 1), Map.of(), 1));

        AlertCommand.Raise raise = (AlertCommand.Raise)
                due(waiting, FIRST.plus(MissedTickReports.LATE).plusSeconds(1)).orElseThrow();

        assertThat(raise.summary()).startsWith("Job churn has no batch for its trigger of 2026-11-26T02:00:00Z");
    }

    private Optional<AlertCommand> source(ScheduledJobState state, @Nullable SourceProblem problem, Instant now) {
        return reports.source(state, problem, problem == null, now, outbox);
    }

    @Test
    void aTriggerThatCantLookAtItsSourceForLongIsReportedUntilItCan() {
        ScheduledJobState state = state();
        SourceProblem away = new SourceProblem(FIRST, "/in held 10 files, and its folder is missing");
        Instant late = FIRST.plus(MissedTickReports.LATE).plusSeconds(1);
        assertThat(source(state, away, FIRST.plusSeconds(60))).isEmpty();

        AlertCommand.Raise raise =
                (AlertCommand.Raise) source(state, away, late).orElseThrow();
        assertThat(raise.cause()).isEqualTo(AlertCause.SCHEDULE_MISSED);
        assertThat(raise.channels()).containsExactly("ops");
        assertThat(raise.summary())
                .isEqualTo("The trigger of job churn can't look at the source since 2026-11-26T02:00:00Z:"
                        + " /in held 10 files, and its folder is missing");
        assertThat(source(state, away, late.plusSeconds(5))).isEmpty();
        assertThat(source(state, away, late.plusSeconds(10))).contains(raise);
        reports.recorded(new AlertReply.Recorded(raise.subject(), raise.cause(), raise.version()));
        assertThat(source(state, away, late.plusSeconds(60))).isEmpty();

        AlertCommand.Resolve end =
                (AlertCommand.Resolve) source(state, null, late.plusSeconds(70)).orElseThrow();
        assertThat(end.version()).isGreaterThan(raise.version());
        assertThat(source(state, null, late.plusSeconds(80))).contains(end);
        reports.recorded(new AlertReply.Recorded(end.subject(), end.cause(), end.version()));
        assertThat(source(state, null, late.plusSeconds(120))).isEmpty();
        assertThat(source(state, new SourceProblem(late.plusSeconds(130), "away"), late.plusSeconds(2_000)))
                .get()
                .isInstanceOf(AlertCommand.Raise.class);
    }

    @Test
    void aNewActorEndsTheReportOfTheOneBefore() {
        assertThat(reports.source(state(), null, false, FIRST, outbox))
                .as("before it has looked")
                .isEmpty();
        assertThat(source(state(), null, FIRST)).get().isInstanceOf(AlertCommand.Resolve.class);
    }

    @Test
    void aSourceThatIsBackEndsNoReportOfAMissedTick() {
        assertThat(source(state(due(FIRST), refused(FIRST)), null, FIRST)).isEmpty();
    }

    @Test
    void theSameIsReportedAfterACrash() {
        ScheduledJobState refused = state(due(FIRST), refused(FIRST));

        Optional<AlertCommand> before = due(refused, FIRST);
        Optional<AlertCommand> after = new MissedTickReports("churn").due(refused, FIRST, outbox);

        assertThat(after).isEqualTo(before).isPresent();
    }

    @Test
    void aDeletedJobMissesNothing() {
        assertThat(due(state(due(FIRST), refused(FIRST), new ScheduledJobEvent.Deleted(SECOND, "ops")), SECOND))
                .get()
                .isInstanceOf(AlertCommand.Resolve.class);
    }

    @Test
    void aJobWithoutTicksReportsNothing() {
        assertThat(due(state(), FIRST)).isEmpty();
    }
}
