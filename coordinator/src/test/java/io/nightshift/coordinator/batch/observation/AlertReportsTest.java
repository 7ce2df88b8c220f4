package io.nightshift.coordinator.batch.observation;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.BATCH;
import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Rollout;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/// Which alerts a batch reports, and when.
class AlertReportsTest {

    private static final Duration STALLED = Duration.ofMinutes(30);

    private final ActorRef<AlertReply> outbox = TestInbox.<AlertReply>create().getRef();
    private final AlertReports reports = new AlertReports(BATCH, STALLED, Instant.EPOCH);

    private static Job job() {
        Job job = ExampleBatch.job();
        return JobBuilder.builder(job)
                .timing(JobTiming.ANY_TIME)
                .priority(Job.DEFAULT_PRIORITY)
                .alerts(List.of(
                        new AlertRule(List.of(AlertCause.FAILED, AlertCause.STALLED), "ops"),
                        new AlertRule(List.of(AlertCause.FAILED), "chat")))
                .build();
    }

    private static BatchState state(BatchEvent... events) {
        return ExampleBatch.state(Stream.concat(
                        Stream.of(ExampleBatch.submitted(job()), ExampleBatch.tookOver(1), ExampleBatch.planned()),
                        Stream.of(events))
                .toArray(BatchEvent[]::new));
    }

    private List<AlertCommand> due(BatchState state, Instant now) {
        return reports.due(state, state.totals().rows(), now, false, outbox);
    }

    private List<AlertCommand> asked(BatchState state) {
        return reports.due(state, state.totals().rows(), AT, true, outbox);
    }

    private void acknowledge(List<AlertCommand> commands) {
        for (AlertCommand command : commands) {
            switch (command) {
                case AlertCommand.Raise raise ->
                    reports.recorded(new AlertReply.Recorded(raise.subject(), raise.cause(), raise.version()));
                case AlertCommand.Resolve end ->
                    reports.recorded(new AlertReply.Recorded(end.subject(), end.cause(), end.version()));
                default -> throw new AssertionError(command);
            }
        }
    }

    private static List<AlertCause> raised(List<AlertCommand> commands) {
        return commands.stream()
                .filter(AlertCommand.Raise.class::isInstance)
                .map(command -> ((AlertCommand.Raise) command).cause())
                .toList();
    }

    private static List<AlertCause> resolved(List<AlertCommand> commands) {
        return commands.stream()
                .filter(AlertCommand.Resolve.class::isInstance)
                .map(command -> ((AlertCommand.Resolve) command).cause())
                .toList();
    }

    @Test
    void aBatchWithoutProblemsReportsNothing() {
        assertThat(due(state(), AT)).isEmpty();
        assertThat(due(state(), AT.plusSeconds(60))).isEmpty();
    }

    @Test
    void aFailedBatchIsReportedUntilTheOutboxAnswers() {
        BatchState failed = state(ExampleBatch.failed());

        List<AlertCommand> first = due(failed, AT);

        assertThat(first).singleElement().isInstanceOfSatisfying(AlertCommand.Raise.class, raise -> {
            assertThat(raise.subject()).isEqualTo(AlertSubject.of(BATCH));
            assertThat(raise.cause()).isEqualTo(AlertCause.FAILED);
            assertThat(raise.channels()).containsExactly("chat", "ops");
            assertThat(raise.job()).isEqualTo("flights");
            assertThat(raise.summary()).startsWith("Batch flights-1 failed: ");
        });
        assertThat(due(failed, AT.plusSeconds(5))).isEmpty();
        assertThat(reports.isUnrecorded()).isTrue();
        assertThat(due(failed, AT.plusSeconds(10))).isEqualTo(first);
        acknowledge(first);
        assertThat(reports.isUnrecorded()).isFalse();
        assertThat(due(failed, AT.plusSeconds(60))).isEmpty();
    }

    @Test
    void aRetryEndsNothingAndThePublicationEndsTheAlert() {
        acknowledge(due(state(ExampleBatch.failed()), AT));

        BatchState retried = state(ExampleBatch.failed(), new BatchEvent.Retried(AT), ExampleBatch.tookOver(2));
        assertThat(due(retried, AT.plusSeconds(1))).isEmpty();

        BatchState cancelled = state(
                ExampleBatch.failed(), new BatchEvent.Retried(AT), ExampleBatch.tookOver(2), ExampleBatch.cancelled());
        assertThat(resolved(due(cancelled, AT.plusSeconds(2)))).contains(AlertCause.FAILED);
    }

    private static BatchState shadowed(BatchEvent... events) {
        Job job = ExampleBatch.job(
                job(), Rollout.shadow(new ModelReference.Alias(ExampleBatch.MODEL.name(), "candidate"), 1, 10));
        return ExampleBatch.state(Stream.concat(
                        Stream.of(
                                new BatchEvent.Submitted(
                                        AT,
                                        BATCH,
                                        job,
                                        ExampleBatch.MODEL,
                                        ExampleBatch.INPUT,
                                        null,
                                        null,
                                        ExampleBatch.CANDIDATE),
                                ExampleBatch.tookOver(1),
                                ExampleBatch.planned(),
                                new BatchEvent.ShadowStarted(AT, List.of())),
                        Stream.of(events))
                .toArray(BatchEvent[]::new));
    }

    @Test
    void aCandidateThatFailsIsReportedEvenIfTheBatchIsPublishedAtOnce() {
        assertThat(due(shadowed(), AT)).isEmpty();
        BatchEvent abandoned = new BatchEvent.ShadowAbandoned(AT, "the model file is damaged");
        BatchState published = shadowed(
                ExampleBatch.committed(
                        ExampleBatch.commit(0, new Epoch(1, 1), 0),
                        ExampleBatch.commit(1, new Epoch(1, 2), 0),
                        ExampleBatch.commit(2, new Epoch(1, 3), 0)),
                abandoned,
                ExampleBatch.published());

        List<AlertCommand> raise = due(published, AT);
        assertThat(raise)
                .filteredOn(AlertCommand.Raise.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(AlertCommand.Raise.class, alert -> {
                    assertThat(alert.cause()).isEqualTo(AlertCause.CANDIDATE_FAILED);
                    assertThat(alert.summary())
                            .isEqualTo(
                                    "Batch flights-1: delays@2 scores no more partitions in addition: the model file is damaged");
                });
        acknowledge(raise);

        List<AlertCommand> end = due(published, AT.plusSeconds(1));
        assertThat(raised(end)).isEmpty();
        assertThat(resolved(end)).containsExactly(AlertCause.CANDIDATE_FAILED);
        acknowledge(end);
        assertThat(due(published, AT.plusSeconds(60))).isEmpty();
    }

    @Test
    void aCandidateThatCanNotBeTriedIsReported() {
        BatchState untried = ExampleBatch.state(new BatchEvent.Submitted(
                AT,
                ExampleBatch.BATCH,
                ExampleBatch.job(),
                ExampleBatch.MODEL,
                ExampleBatch.INPUT,
                null,
                null,
                null,
                null,
                "the MLflow server is away"));

        assertThat(due(untried, AT))
                .filteredOn(AlertCommand.Raise.class::isInstance)
                .singleElement()
                .isInstanceOfSatisfying(AlertCommand.Raise.class, alert -> {
                    assertThat(alert.cause()).isEqualTo(AlertCause.CANDIDATE_FAILED);
                    assertThat(alert.summary())
                            .isEqualTo("Batch flights-1: no candidate is tried: the MLflow server is away");
                });
    }

    @Test
    void anOpenBatchWithAFailedCandidateKeepsItsAlert() {
        BatchState abandoned = shadowed(new BatchEvent.ShadowAbandoned(AT, "the model file is damaged"));
        acknowledge(due(abandoned, AT));

        assertThat(due(abandoned, AT.plusSeconds(60))).isEmpty();
        assertThat(raised(asked(abandoned))).contains(AlertCause.CANDIDATE_FAILED);
    }

    @Test
    void aNewCoordinatorReportsAFailureWithTheSameVersion() {
        BatchState failed = state(ExampleBatch.failed());

        List<AlertCommand> before = due(failed, AT);
        List<AlertCommand> after =
                new AlertReports(BATCH, STALLED, Instant.EPOCH).due(failed, 0, AT.plusSeconds(60), false, outbox);

        assertThat(after).isEqualTo(before);
    }

    @Test
    void aNewCoordinatorOfAnEndedBatchReportsItsEndOnlyIfItIsAsked() {
        BatchState cancelled = state(ExampleBatch.failed(), ExampleBatch.cancelled());

        assertThat(due(cancelled, AT)).isEmpty();
        assertThat(resolved(asked(cancelled)))
                .contains(AlertCause.FAILED, AlertCause.QUARANTINE_RATE, AlertCause.STALLED);
    }

    @Test
    void theErrorLimitIsACauseOfItsOwnAndQuotesNoValues() {
        BatchState failed = state(
                ExampleBatch.committed(ExampleBatch.commit(0, new Epoch(1, 1), 9)),
                new BatchEvent.Failed(AT, Failure.permanent("9 rows are quarantined. The first: x is 'Anna'")));

        List<AlertCommand> commands = due(failed, AT);

        assertThat(raised(commands)).containsExactly(AlertCause.FAILED, AlertCause.QUARANTINE_RATE);
        assertThat(commands)
                .allSatisfy(command -> assertThat(((AlertCommand.Raise) command).summary())
                        .contains("errors.max-rate")
                        .doesNotContain("Anna"));
    }

    @Test
    void aBatchIsStalledUntilAnAttemptComesFurtherThanAllBefore() {
        BatchState running = state();
        Instant late = AT.plus(STALLED).plusSeconds(1);
        assertThat(reports.due(running, 5, AT.plusSeconds(1), false, outbox)).isEmpty();
        assertThat(reports.due(running, 0, AT.plusSeconds(600), false, outbox)).isEmpty();
        assertThat(reports.due(running, 5, late, false, outbox))
                .as("the same rows again")
                .hasSize(1);

        List<AlertCommand> ends = reports.due(running, 6, late.plusSeconds(1), false, outbox);
        List<AlertCommand> again = reports.due(running, 6, late.plus(STALLED).plusSeconds(2), false, outbox);

        assertThat(resolved(ends)).containsExactly(AlertCause.STALLED);
        assertThat(raised(again)).containsExactly(AlertCause.STALLED);
        assertThat(((AlertCommand.Raise) again.getFirst()).version())
                .isGreaterThan(((AlertCommand.Resolve) ends.getFirst()).version());
    }

    @Test
    void aStallIsMeasuredAcrossCoordinators() {
        BatchState running = state();

        List<AlertCommand> commands = new AlertReports(BATCH, STALLED, Instant.EPOCH)
                .due(running, 0, AT.plus(STALLED).plusSeconds(1), false, outbox);

        assertThat(raised(commands)).containsExactly(AlertCause.STALLED);
    }

    @Test
    void theTimeInWhichNoNodeRanIsNoStallIfTheBatchProgressesThen() {
        BatchState running = state();
        Instant restart = AT.plus(STALLED.multipliedBy(10));
        AlertReports restarted = new AlertReports(BATCH, STALLED, restart);

        assertThat(restarted.due(running, 0, restart.plusSeconds(1), false, outbox))
                .isEmpty();
        assertThat(restarted.due(running, 5, restart.plusSeconds(60), false, outbox))
                .isEmpty();
        assertThat(restarted.due(running, 5, restart.plus(AlertReports.FIRST_PROGRESS), false, outbox))
                .isEmpty();

        AlertReports without = new AlertReports(BATCH, STALLED, restart);
        assertThat(without.due(running, 0, restart.plusSeconds(1), false, outbox))
                .isEmpty();
        assertThat(raised(without.due(running, 0, restart.plus(AlertReports.FIRST_PROGRESS), false, outbox)))
                .containsExactly(AlertCause.STALLED);
    }

    @Test
    void aPausedBatchIsNotStalled() {
        BatchState paused = state(new BatchEvent.Paused(AT, "maintenance"));

        assertThat(due(paused, AT.plus(STALLED.multipliedBy(3)))).isEmpty();
    }

    @Test
    void aBatchThatWaitsForItsWindowIsNotStalled() {
        BatchState running = state();
        Instant opening = AT.plus(STALLED.multipliedBy(3));
        BatchDescription.Timing waiting = BatchDescription.Timing.of(5, "UTC", opening, null, false, null, null);
        BatchDescription.Timing open = BatchDescription.Timing.of(5, "UTC", null, null, false, null, null);

        assertThat(reports.due(running, 0, waiting, AT.plusSeconds(60), false, outbox))
                .isEmpty();
        assertThat(reports.due(running, 0, open, opening.plus(STALLED).minusSeconds(1), false, outbox))
                .isEmpty();
        assertThat(raised(reports.due(running, 0, open, opening.plus(STALLED), false, outbox)))
                .containsExactly(AlertCause.STALLED);
    }

    @Test
    void aStepThatHangsIsAStallAtOnce() {
        reports.due(state(), 0, AT, false, outbox);
        reports.stepStalled(Failure.transientFailure("the folder /data has not answered for 300 s"));

        List<AlertCommand> commands = due(state(), AT.plusSeconds(300));

        assertThat(raised(commands)).containsExactly(AlertCause.STALLED);
        assertThat(((AlertCommand.Raise) commands.getFirst()).summary())
                .isEqualTo(
                        "Batch flights-1 has made no progress for 5 min: the folder /data has not answered for 300 s");
    }

    @Test
    void aNodeThatCantReadTheInputIsReported() {
        BatchEvent.AttemptFailed missing = new BatchEvent.AttemptFailed(
                AT,
                0,
                new Epoch(1, 1),
                "node-b:1",
                Failure.of(FailedResource.Type.INPUT, "/data/a.parquet", "it does not exist"),
                AT.plusSeconds(900));

        List<AlertCommand> begins = due(state(missing), AT);
        List<AlertCommand> ends =
                due(state(missing, ExampleBatch.committed(ExampleBatch.commit(0, new Epoch(1, 2), 0))), AT);

        assertThat(raised(begins)).containsExactly(AlertCause.NODE_EXCLUDED);
        assertThat(((AlertCommand.Raise) begins.getFirst()).summary())
                .isEqualTo("Batch flights-1 excludes nodes: node-b:1 can't use the input file /data/a.parquet");
        assertThat(resolved(ends)).containsExactly(AlertCause.NODE_EXCLUDED);
    }

    @Test
    void aDamagedBatchHasFailedUntilItIsClosed() {
        BatchState state = state();
        reports.damaged("the ledger is damaged: entry 4 can't be read");

        assertThat(raised(due(state, AT))).containsExactly(AlertCause.FAILED);
        reports.closed();
        assertThat(resolved(due(state, AT))).containsExactly(AlertCause.FAILED);
    }

    private static BatchDescription.Timing timing(Instant deadline, Instant late, Instant now, int wanted) {
        return BatchDescription.Timing.of(
                5,
                "UTC",
                null,
                deadline,
                now.isAfter(deadline),
                new BatchDescription.Forecast(late.minusSeconds(60), late, 3.5, wanted),
                null);
    }

    private List<String> deadlineAlerts(BatchState state, Instant late, Instant now, int wanted) {
        Instant deadline = AT.plusSeconds(3_600);
        return reports.due(state, 0, timing(deadline, late, now, wanted), now, false, outbox).stream()
                .map(command -> switch (command) {
                    case AlertCommand.Raise raise -> "raise %s: %s".formatted(raise.cause(), raise.summary());
                    case AlertCommand.Resolve end -> "end %s: %s".formatted(end.cause(), end.reason());
                    default -> String.valueOf(command);
                })
                .filter(text -> text.toLowerCase(Locale.ROOT).contains("deadline"))
                .toList();
    }

    @Test
    void aDeadlineAtRiskIsAnAlertUntilTheForecastIsClearlyEarlier() {
        BatchState running = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());
        Instant late = AT.plusSeconds(3_700);

        assertThat(deadlineAlerts(running, late, AT, 7)).as("not yet a minute").isEmpty();
        assertThat(deadlineAlerts(running, AT.plusSeconds(3_500), AT.plusSeconds(30), 7))
                .isEmpty();
        assertThat(deadlineAlerts(running, late, AT.plusSeconds(60), 7))
                .as("it begins anew")
                .isEmpty();
        assertThat(deadlineAlerts(running, late, AT.plusSeconds(120), 7))
                .singleElement()
                .asString()
                .contains("may miss its deadline", "It needs about 2.0 times as many workers as work on it");
        assertThat(deadlineAlerts(running, AT.plusSeconds(3_590), AT.plusSeconds(121), 0))
                .as("only a little earlier")
                .isEmpty();
        assertThat(deadlineAlerts(running, AT.plusSeconds(3_000), AT.plusSeconds(122), 0))
                .singleElement()
                .asString()
                .startsWith("end");
    }

    @Test
    void aMissedDeadlineIsAnAlertUntilTheBatchEnds() {
        BatchState running = ExampleBatch.state(
                ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), ExampleBatch.planned());
        Instant now = AT.plusSeconds(3_601);

        assertThat(deadlineAlerts(running, now.plusSeconds(60), now, 0))
                .singleElement()
                .asString()
                .startsWith("raise")
                .contains("is running after its deadline");
        BatchState cancelled = ExampleBatch.after(running, ExampleBatch.cancelled());
        assertThat(reports.due(
                        cancelled, 0, timing(AT.plusSeconds(3_600), now, now, 0), now.plusSeconds(1), false, outbox))
                .anySatisfy(command -> assertThat(command)
                        .isInstanceOfSatisfying(
                                AlertCommand.Resolve.class,
                                end -> assertThat(end.cause()).isEqualTo(AlertCause.DEADLINE_MISSED)));
    }
}
