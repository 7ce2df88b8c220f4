package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow.Outside;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// A batch with a window, a deadline and earlier runs. It is opened at 23:14:25 UTC.
class BatchWindowTest extends DecisionsFixture {

    private static final Instant OPENS = Instant.parse("2026-11-25T01:00:00Z");
    private static final long TO_OPENING = 6_335;

    private void open(JobTiming timing) {
        Job job = ExampleBatch.job(ExampleBatch.job(), timing, 7);
        decide(new BatchCommand.Open(ExampleBatch.submission(job), List.of(new PastRun(60, 120_000, 2_000, 3))));
    }

    /// A window that opens some time after the batch.
    private void openEarly(Outside outside) {
        open(ExampleBatch.window("01:00", "06:00", outside));
    }

    private BatchDescription.Timing timing() {
        return Objects.requireNonNull(described().timing());
    }

    private BatchDecision tick() {
        return decide(new CoordinatorMessage.Tick());
    }

    private BatchCommand ensureStarted() {
        return new BatchCommand.EnsureStarted(
                ExampleBatch.submission(state.submission().job()));
    }

    private static List<CoordinatorAction> planning() {
        return List.of(new CoordinatorAction.MakePlan(1));
    }

    @Test
    void aBatchIsPlannedWhenItsWindowOpensAndSleepsUntilThen() {
        openEarly(Outside.PAUSE);

        assertThat(state.phase()).isEqualTo(Phase.SUBMITTED);
        assertThat(decisions.needsTick(state, now())).isFalse();
        assertThat(decisions.wakesAt(state, now())).isEqualTo(OPENS);
        assertThat(timing().windowOpens()).isEqualTo(OPENS);
        assertThat(tick()).isEqualTo(BatchDecision.nothing());

        seconds = TO_OPENING;
        assertThat(decisions.wakesAt(state, now())).isNull();
        assertThat(tick().actions()).isEqualTo(planning());
        assertThat(tick()).as("the plan is made once").isEqualTo(BatchDecision.nothing());
        assertThat(timing().windowOpens()).isNull();
    }

    @Test
    void theRegistersQuestionAlsoBeginsABatchWhoseWindowIsOpen() {
        openEarly(Outside.FINISH);
        seconds = TO_OPENING - 1;
        assertThat(decide(ensureStarted()))
                .as("only the entries are counted, since another coordinator may have written some")
                .isEqualTo(BatchDecision.of(new CoordinatorAction.CountLedgerEntries(1)));
        seconds = TO_OPENING;
        assertThat(decide(ensureStarted()).actions()).isEqualTo(planning());
    }

    @Test
    void whenTheWindowClosesAttemptsFinishAndNoneBegins() {
        open(ExampleBatch.window("22:00", "23:15", Outside.PAUSE));
        plan();
        lease();
        seconds = 40;

        assertThat(lease().actions()).contains(HAS_NO_WORK);
        assertThat(decisions.needsTick(state, now()))
                .as("an attempt is in flight")
                .isTrue();
        decide(new BatchCommand.Commit(ExampleBatch.commit(0, new Epoch(1, 1), 0), List.of(), worker));
        decide(new CoordinatorMessage.FlushCommits());

        assertThat(state.committed().count()).isEqualTo(1);
        assertThat(decisions.wakesAt(state, now())).isEqualTo(Instant.parse("2026-11-25T22:00:00Z"));
        seconds = 23 * 3_600;
        assertThat(decide(ensureStarted()).actions())
                .containsExactly(new CoordinatorAction.TellRegister(
                        new BatchRegisterCommand.HasWork(ExampleBatch.BATCH, 40_000)));
        assertThat(state.curve().seconds())
                .as("the time outside the window does not count")
                .isBetween(34.0, 36.0);
    }

    @Test
    void aRetryOutsideTheWindowVoidsTheLeasesFromBefore() {
        open(ExampleBatch.window("22:00", "23:15", Outside.PAUSE));
        plan();
        lease();
        lease();
        decide(new BatchCommand.AttemptFailed(
                attempt(0, 1), "node:1", ExampleBatch.failed().failure()));
        seconds = 40;

        assertThat(decide(new BatchCommand.Retry(operator)).actions())
                .doesNotHaveAnyElementsOfTypes(CoordinatorAction.CheckInput.class);
        BatchDecision late =
                decide(new BatchCommand.Commit(ExampleBatch.commit(1, new Epoch(1, 2), 0), List.of(), worker));
        assertThat(late)
                .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                        worker,
                        new WorkerMessage.Abandon(attempt(1, 2), "the attempt no longer holds its partition"))));
    }

    @Test
    void aBatchThatFinishesGoesOnOutsideItsWindow() {
        open(ExampleBatch.window("22:00", "23:15", Outside.FINISH));
        plan();
        seconds = 40;

        assertThat(lease().actions()).hasOnlyElementsOfType(CoordinatorAction.GrantLease.class);
        assertThat(timing().windowOpens()).isNull();
    }

    @Test
    void aTakeoverOutsideTheWindowChecksTheInputWhenItOpens() {
        Job job = ExampleBatch.job(ExampleBatch.job(), ExampleBatch.window("01:00", "06:00", Outside.PAUSE), 5);
        state = ExampleBatch.state(ExampleBatch.submitted(job), ExampleBatch.tookOver(1), ExampleBatch.planned());

        assertThat(decide(new CoordinatorMessage.Recovered()).actions()).isEmpty();
        seconds = TO_OPENING;
        assertThat(tick().actions()).containsExactly(new CoordinatorAction.CheckInput(2));
    }

    @Test
    void anOutageFromBeforeTheWindowIsOverWhenItOpens() {
        open(ExampleBatch.window("22:00", "23:15", Outside.PAUSE));
        plan();
        lease();
        decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY));
        assertThat(state.outage()).isNotNull();

        seconds = 23 * 3_600;
        assertThat(tick().events()).containsExactly(new BatchEvent.OutageEnded(at()));
        assertThat(state.phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    void anOperatorLetsABatchScoreOutsideItsWindow() {
        openEarly(Outside.PAUSE);

        BatchDecision ignored = decide(new BatchCommand.IgnoreWindow(operator, "ops"));

        assertThat(ignored.events()).containsExactly(new BatchEvent.WindowIgnored(at(), "ops"));
        assertThat(ignored.actions())
                .containsExactly(done(Phase.SUBMITTED), planning().getFirst());
        assertThat(timing().windowOpens()).isNull();
        assertThat(decide(new BatchCommand.IgnoreWindow(operator, "ops")))
                .as("a repetition")
                .isEqualTo(BatchDecision.of(done(Phase.SUBMITTED)));
    }

    @Test
    void anEarlierOutageEndsWhenAnOperatorIgnoresTheWindow() {
        open(ExampleBatch.window("22:00", "23:15", Outside.PAUSE));
        plan();
        lease();
        decide(new BatchCommand.AttemptFailed(attempt(0, 1), "node:1", AWAY));
        BatchState inWindow = state;

        assertThat(decide(new BatchCommand.IgnoreWindow(operator, "ops")).events())
                .as("while the window is open, the outage goes on")
                .containsExactly(new BatchEvent.WindowIgnored(at(), "ops"));
        state = inWindow;
        seconds = 40;
        assertThat(decide(new BatchCommand.IgnoreWindow(operator, "ops")).events())
                .containsExactly(new BatchEvent.OutageEnded(at()), new BatchEvent.WindowIgnored(at(), "ops"));
    }

    @Test
    void aJobWithoutAWindowHasNoneToIgnore() {
        open();
        assertThat(decide(new BatchCommand.IgnoreWindow(operator, "ops")))
                .isEqualTo(BatchDecision.of(new CoordinatorAction.Send<>(
                        operator, new ControlReply.Refused(ExampleBatch.BATCH, "its job has no window"))));
    }

    @Test
    void aPausedBatchIsNotPlannedOutsideItsWindow() {
        openEarly(Outside.PAUSE);
        decide(new BatchCommand.Pause("", operator, "ops"));
        assertThat(tick()).isEqualTo(BatchDecision.nothing());
        assertThat(timing().windowOpens()).as("the pause is what it waits for").isNull();
        decide(new BatchCommand.Resume(operator));
        seconds = TO_OPENING;
        assertThat(tick().actions()).isEqualTo(planning());
    }

    @Test
    void theDeadlineIsMissedWhenItIsPastAndTheBatchIsNotPublished() {
        open(new JobTiming("Europe/Berlin", null, null, null, "00:15"));

        assertThat(timing().priority()).isEqualTo(7);
        assertThat(timing().timeZone()).isEqualTo("Europe/Berlin");
        assertThat(timing().deadline()).isEqualTo("2026-11-24T23:15:00Z");
        assertThat(timing().deadlineMissed()).isFalse();
        assertThat(timing().deadlineAtRisk())
                .as("the last run took two minutes")
                .isTrue();
        seconds = 36;
        assertThat(timing().deadlineMissed()).isTrue();
        assertThat(timing().deadlineAtRisk()).as("it is missed already").isFalse();
    }

    @Test
    void theDeadlineOfAScheduledRunIsTheFirstAfterItsTick() {
        Job job = ExampleBatch.job(ExampleBatch.job(), new JobTiming("UTC", null, null, null, "23:00"), 5);
        Instant tick = Instant.parse("2026-11-24T22:30:00Z");
        decide(new BatchCommand.Open(ExampleBatch.submission(job).at(tick)));

        assertThat(timing().deadline()).isEqualTo("2026-11-24T23:00:00Z");
        assertThat(timing().deadlineMissed())
                .as("it was opened 14 minutes too late")
                .isTrue();
    }

    @Test
    void theForecastCountsFromTheOpeningOfTheWindow() {
        openEarly(Outside.FINISH);

        BatchDescription.Forecast forecast = Objects.requireNonNull(timing().forecast());

        assertThat(forecast.median()).isBetween(OPENS.plusSeconds(110), OPENS.plusSeconds(130));
        assertThat(forecast.late()).isBetween(OPENS.plusSeconds(150), OPENS.plusSeconds(1_000));
        assertThat(forecast.workers()).isEqualTo(3);
    }

    @Test
    void theRegistersReminderBringsTheEarlierRuns() {
        open();
        decide(new BatchCommand.EnsureStarted(
                ExampleBatch.submission(ExampleBatch.job()), List.of(new PastRun(60, 120_000, 2_000, 3))));

        BatchDescription.Forecast forecast = Objects.requireNonNull(timing().forecast());
        assertThat(forecast.workers()).isEqualTo(3);
    }

    @Test
    void aPublishedBatchTellsTheRegisterHowFastItWas() {
        open();
        plan();
        for (int partition = 0; partition < 3; partition++) {
            lease();
            tick();
        }
        seconds = 30;
        for (int partition = 0; partition < 3; partition++) {
            decide(new BatchCommand.Commit(
                    ExampleBatch.commit(partition, new Epoch(1, partition + 1), 0), List.of(), worker));
        }
        decide(new CoordinatorMessage.FlushCommits());
        seconds = 32;
        BatchDecision published = report(
                1,
                new CoordinatorMessage.PublicationCompleted(
                        new io.nightshift.destination.Publication("/out", ExampleBatch.DIGEST)));

        assertThat(published.actions())
                .containsExactly(new CoordinatorAction.TellRegister(new BatchRegisterCommand.BatchEnded(
                        ExampleBatch.BATCH, Phase.PUBLISHED, new PastRun(30, 30_000, 2_000, 2))));
    }
}
