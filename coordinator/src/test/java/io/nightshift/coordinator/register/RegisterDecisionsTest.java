package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchStatusBuilder;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Single decisions of the register. [RegisterSimulationTest] checks that together they keep the promises.
class RegisterDecisionsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final Submission FLIGHTS = ExampleBatch.submission(ExampleBatch.job());
    private static final String JOB = FLIGHTS.job().name();
    private static final RunKey RUN = RunKey.of(FLIGHTS.job());
    private static final BatchId A = new BatchId("flights-a");
    private static final BatchId B = new BatchId("flights-b");
    private static final BatchId UNKNOWN = new BatchId("flights-z");
    private static final int MOST_WAITING = 1_000;

    private final RegisterDecisions decisions = new RegisterDecisions(new SplittableRandom(1));
    private final ActorRef<BatchRegisterCommand.SubmitReply> caller = actor();
    private final ActorRef<BatchRegisterCommand.SubmitReply> other = actor();
    private BatchRegisterState state = BatchRegisterState.EMPTY;

    /// The register's clock, which is about to overflow.
    private long nanos = Long.MAX_VALUE - SECOND;

    private static final String OTHER_INPUT = "2".repeat(64);

    private static <T> ActorRef<T> actor() {
        return TestInbox.<T>create().getRef();
    }

    private RegisterDecision decide(RegisterMessage message) {
        RegisterDecision decision = decisions.decide(state, message, nanos, ExampleBatch.AT);
        decision.events().forEach(this::happened);
        return decision;
    }

    private RegisterDecision decide(BatchRegisterCommand command) {
        return decide(new RegisterMessage.CommandReceived(command, 1));
    }

    private void happened(BatchRegisterEvent event) {
        state = state.apply(event);
    }

    private void opened(BatchId batch) {
        happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, FLIGHTS, null, null));
    }

    private void ended(BatchId batch, Phase phase) {
        happened(new BatchRegisterEvent.Ended(ExampleBatch.AT, batch, phase));
    }

    private SubmissionTicket ticket() {
        ActorRef<SubmissionTicket> holder = actor();
        RegisterAction action =
                decide(new BatchRegisterCommand.AskTicket(holder)).actions().getFirst();
        return (SubmissionTicket) ((RegisterAction.Send<?>) action).message();
    }

    private BatchRegisterCommand.Submit submit(
            Submission submission, boolean fresh, @Nullable String key, @Nullable SubmissionTicket ticket) {
        return new BatchRegisterCommand.Submit(submission, fresh, caller, key, ticket, null);
    }

    private BatchRegisterCommand.Submit submit() {
        return submit(FLIGHTS, false, null, ticket());
    }

    private BatchRegisterCommand.Submit fresh() {
        return submit(FLIGHTS, true, null, ticket());
    }

    /// A submission of another caller.
    private BatchRegisterCommand.Submit submitOther() {
        return new BatchRegisterCommand.Submit(FLIGHTS, false, other, null, ticket(), null);
    }

    private static Submission with(String fingerprint, String input) {
        return new Submission(FLIGHTS.job(), fingerprint, input, FLIGHTS.model());
    }

    private RegisterDecision reply(BatchRegisterCommand.SubmitReply reply) {
        return RegisterDecision.of(new RegisterAction.Send<>(caller, reply));
    }

    private static RegisterMessage status(BatchId batch, Phase phase) {
        return new RegisterMessage.StatusReceived(BatchStatus.of(batch, phase, null));
    }

    private static RegisterMessage status(BatchId batch, Phase phase, String input) {
        return new RegisterMessage.StatusReceived(BatchStatusBuilder.builder()
                .batch(batch)
                .phase(phase)
                .input(input)
                .build());
    }

    private static RegisterMessage damaged(BatchId batch) {
        return new RegisterMessage.StatusReceived(BatchStatus.damaged(batch, "entry 3 is missing"));
    }

    private static RegisterDecision ask(BatchId batch) {
        return RegisterDecision.of(new RegisterAction.AskStatus(batch));
    }

    private String notNow(RegisterDecision decision) {
        assertThat(decision.events()).isEmpty();
        RegisterAction.Send<?> send =
                (RegisterAction.Send<?>) decision.actions().getFirst();
        assertThat(send.to()).isEqualTo(caller);
        return ((BatchRegisterCommand.NotNow) send.message()).reason();
    }

    /// Requires that the decision opens a batch for the caller.
    ///
    /// @param more actions after those that open the batch
    private void assertOpens(RegisterDecision decision, @Nullable String key, RegisterAction... more) {
        BatchRegisterEvent.Opened event =
                (BatchRegisterEvent.Opened) decision.events().getFirst();
        BatchId batch = event.batch();
        assertThat(batch.isOfJob(JOB)).isTrue();
        assertThat(decision)
                .isEqualTo(RegisterDecision.persist(
                                new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, FLIGHTS, key, null),
                                new RegisterAction.TellBatch(batch, new BatchCommand.Open(FLIGHTS)),
                                new RegisterAction.Send<>(
                                        caller, new BatchRegisterCommand.Accepted(batch, false, false)))
                        .plus(List.of(more)));
    }

    @Nested
    class Tickets {

        @Test
        void aTicketHoldsTheTimeAndItsRegister() {
            SubmissionTicket first = ticket();
            assertThat(first.nanos()).isEqualTo(nanos);
            nanos += 1;
            assertThat(ticket()).isEqualTo(new SubmissionTicket(first.register(), nanos));
        }

        @Test
        void aTicketIsValidForThreeSeconds() {
            SubmissionTicket ticket = ticket();
            nanos += 3 * SECOND;
            assertOpens(decide(submit(FLIGHTS, false, null, ticket)), null);

            nanos += 1;
            assertThat(notNow(decide(submit(FLIGHTS, false, null, ticket))))
                    .startsWith("the submission has waited too long")
                    .endsWith("Submit the job again");
        }

        @Test
        void aTicketOfAnotherRegisterIsNotValid() {
            SubmissionTicket own = ticket();
            SubmissionTicket foreign = new SubmissionTicket(own.register() + 1, own.nanos());
            assertThat(notNow(decide(submit(FLIGHTS, false, null, foreign)))).startsWith("the submission has waited");
        }

        @Test
        void aSubmissionWithoutATicketIsAccepted() {
            assertOpens(decide(submit(FLIGHTS, false, null, null)), null);
        }

        @Test
        void aJobThatIsTooLargeForAMessageIsRejected() {
            Job job = FLIGHTS.job();
            Job.Source source =
                    new Job.Source(job.source().input(), null, false, Map.of("e", "1 + ".repeat(50_000) + "1"), null);
            Job large = JobBuilder.builder()
                    .name(JOB)
                    .model(job.model())
                    .features(job.features())
                    .source(source)
                    .destination(job.destination())
                    .partitions(job.partitions())
                    .errors(job.errors())
                    .output(job.output())
                    .build();

            RegisterDecision decision = decide(submit(ExampleBatch.submission(large), false, null, ticket()));

            assertThat(decision.events()).isEmpty();
            assertThat(decision.actions())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            RegisterAction.Send.class,
                            send -> assertThat(send.message())
                                    .isInstanceOfSatisfying(
                                            BatchRegisterCommand.Rejected.class,
                                            rejected -> assertThat(rejected.reason())
                                                    .startsWith("The job takes 200,")));
        }
    }

    @Nested
    class Waiting {

        @Test
        void aSubmissionWaitsForTheOpenBatchUntilItsTicketHasExpired() {
            opened(A);
            assertThat(decide(submit())).isEqualTo(ask(A));
            nanos += 3 * SECOND;
            assertThat(decide(new RegisterMessage.NextSubmission(RUN)))
                    .as("the question is repeated")
                    .isEqualTo(ask(A));
            nanos += 1;
            assertThat(decide(new RegisterMessage.NextSubmission(RUN))).isEqualTo(RegisterDecision.of());
            assertThat(decide(status(A, Phase.CANCELLED)))
                    .as("its caller is gone")
                    .isEqualTo(RegisterDecision.of());
        }

        @Test
        void aSubmissionWithoutATicketWaitsForThirtySeconds() {
            opened(A);
            decide(submit(FLIGHTS, false, null, null));
            nanos += 30 * SECOND;
            assertThat(decide(new RegisterMessage.NextSubmission(RUN))).isEqualTo(ask(A));
            nanos += 1;
            assertThat(decide(new RegisterMessage.NextSubmission(RUN))).isEqualTo(RegisterDecision.of());
        }

        @Test
        void anExpiredSubmissionGivesWayToTheNext() {
            opened(A);
            decide(submitOther());
            nanos += SECOND;
            decide(submit());
            nanos += 2 * SECOND + 1;

            assertOpens(decide(status(A, Phase.CANCELLED)), null);
        }

        @Test
        void theNextSubmissionOfTheJobFollowsEachDecision() {
            opened(A);
            decide(submit());
            assertThat(decide(submitOther())).isEqualTo(ask(A));

            RegisterDecision first = decide(status(A, Phase.RUNNING));
            assertThat(first.actions()).last().isEqualTo(new RegisterAction.Continue(RUN));
            assertThat(decide(new RegisterMessage.NextSubmission(RUN))).isEqualTo(ask(A));
            assertThat(decide(status(A, Phase.RUNNING)).actions()).doesNotContain(new RegisterAction.Continue(RUN));
            assertThat(decide(new RegisterMessage.NextSubmission(RUN))).isEqualTo(RegisterDecision.of());
        }

        @Test
        void onlySoManySubmissionsMayWait() {
            opened(A);
            fill();
            assertThat(notNow(decide(submit())))
                    .isEqualTo("more requests wait for the batch register than it can take. Submit the job again");

            decide(status(A, Phase.RUNNING));
            assertThat(decide(submit())).as("one was decided about").isEqualTo(ask(A));
            assertThat(notNow(decide(submit()))).startsWith("more requests wait");
        }

        @Test
        void expiredSubmissionsMakeRoom() {
            opened(A);
            fill();
            nanos += 3 * SECOND + 1;
            decide(new RegisterMessage.NextSubmission(RUN));
            fill();
            assertThat(notNow(decide(submit()))).startsWith("more requests wait");
        }

        private void fill() {
            for (int i = 0; i < MOST_WAITING; i++) {
                assertThat(decide(submit())).isEqualTo(ask(A));
            }
        }
    }

    @Nested
    class OpenBatch {

        @Test
        void anOrdinarySubmissionResumesIt() {
            opened(A);
            decide(submit());

            assertThat(decide(status(A, Phase.RUNNING))).isEqualTo(resumed(null));
        }

        private RegisterDecision resumed(@Nullable BatchRegisterEvent event) {
            RegisterAction open = new RegisterAction.TellBatch(A, new BatchCommand.Open(FLIGHTS));
            RegisterAction accept =
                    new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(A, true, false));
            return event == null ? RegisterDecision.of(open, accept) : RegisterDecision.persist(event, open, accept);
        }

        @Test
        void theKeyOfAnOrdinarySubmissionIsKept() {
            opened(A);
            decide(submit(FLIGHTS, false, "monday", ticket()));

            assertThat(decide(status(A, Phase.FAILED)))
                    .isEqualTo(resumed(
                            new BatchRegisterEvent.Keyed(ExampleBatch.AT, A, "monday", FLIGHTS.fingerprint(), JOB)));
        }

        @Test
        void aRescoreAndAnOrdinaryRunDoNotResumeEachOther() {
            Submission again = new Submission(
                    FLIGHTS.job(),
                    "5".repeat(64),
                    FLIGHTS.input(),
                    FLIGHTS.model(),
                    null,
                    new Reuse("flights-0", List.of(1), null));
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, again, null, null));

            decide(submit());
            assertThat(decide(status(A, Phase.RUNNING)))
                    .isEqualTo(reply(new BatchRegisterCommand.Rejected(
                            Failure.transientFailure(
                                    "batch flights-a of this job is open, and it scores partitions of batch flights-0 again. Wait until it has ended, or start a new batch with --new, which cancels it"),
                            null)));
            decide(submit(again, false, null, ticket()));
            assertThat(decide(status(A, Phase.RUNNING)).actions())
                    .contains(new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(A, true, false)));
            ended(A, Phase.PUBLISHED);
            assertThat(decide(submit(again, false, null, ticket())))
                    .isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(A)));

            opened(B);
            decide(submit(again, false, null, ticket()));
            assertThat(decide(status(B, Phase.RUNNING)))
                    .isEqualTo(reply(new BatchRegisterCommand.Rejected(
                            Failure.transientFailure(
                                    "batch flights-b of this job is open, and its partitions are scored for the first time. Wait until it has ended, or cancel it"),
                            null)));
        }

        @Test
        void anotherJobFileIsRejected() {
            opened(A);
            decide(submit(RegisterDecisionsTest.with("9".repeat(64), FLIGHTS.input()), false, null, ticket()));

            assertThat(decide(status(A, Phase.RUNNING)))
                    .isEqualTo(
                            reply(
                                    new BatchRegisterCommand.Rejected(
                                            "batch flights-a of this job is open, but its job file has changed since it was opened. Undo the change to resume it, or start a new batch with --new")));
        }

        @Test
        void anotherInputIsRejectedUnlessTheJobSaysOtherwise() {
            opened(A);
            decide(submit(RegisterDecisionsTest.with(FLIGHTS.fingerprint(), OTHER_INPUT), false, null, ticket()));

            assertThat(decide(status(A, Phase.FAILED)))
                    .isEqualTo(reply(new BatchRegisterCommand.Rejected(
                            Failure.permanent(
                                    "batch flights-a of this job is open, but its input has changed since it was opened: a file of the source was changed, added or removed. Restore the files to resume it, set source.on-change to extend or restart, or start a new batch with --new"),
                            A)));
        }

        @Test
        void anotherInputIsNoReasonOnceEverythingIsCommitted() {
            opened(A);
            decide(submit(RegisterDecisionsTest.with(FLIGHTS.fingerprint(), OTHER_INPUT), false, null, ticket()));

            assertThat(decide(status(A, Phase.PUBLISHING)).actions())
                    .contains(new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(A, true, false)));
        }

        @Test
        void aFailedBatchThatHasCommittedEverythingIsResumed() {
            opened(A);
            decide(submit(RegisterDecisionsTest.with(FLIGHTS.fingerprint(), OTHER_INPUT), false, null, ticket()));
            assertThat(decide(committed(A, Phase.FAILED, false)).actions())
                    .singleElement()
                    .asString()
                    .contains("its input has changed");

            decide(submit(RegisterDecisionsTest.with(FLIGHTS.fingerprint(), OTHER_INPUT), false, null, ticket()));
            assertThat(decide(committed(A, Phase.FAILED, true)).actions())
                    .contains(new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(A, true, false)));
        }

        private static RegisterMessage committed(BatchId batch, Phase phase, boolean isComplete) {
            return new RegisterMessage.StatusReceived(BatchStatusBuilder.builder()
                    .batch(batch)
                    .phase(phase)
                    .isComplete(isComplete)
                    .build());
        }

        @Test
        void theInputOfABatchThatHasNotBegunIsThatOfItsLastSubmission() {
            opened(A);
            Submission later = with(Job.OnChange.EXTEND);
            happened(new BatchRegisterEvent.Resubmitted(ExampleBatch.AT, A, later));
            RegisterMessage notBegun = new RegisterMessage.StatusReceived(BatchStatus.of(A, null, null));

            decide(submit(later, false, null, ticket()));
            assertThat(decide(notBegun).events()).as("it is not extended again").isEmpty();
            decide(submit(FLIGHTS, false, null, ticket()));
            assertThat(decide(notBegun).actions()).singleElement().asString().contains("its input has changed");
        }

        @Test
        void aTableIsNotComparedBecauseItsDigestMaySayNothing() {
            Submission table = ofTable("1".repeat(64));
            BatchRegisterEvent opened =
                    decide(submit(table, false, null, ticket())).events().getFirst();
            decide(submit(ofTable(OTHER_INPUT), false, null, ticket()));

            BatchId batch = ((BatchRegisterEvent.Opened) opened).batch();
            assertThat(decide(status(batch, Phase.FAILED)).actions())
                    .contains(new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(batch, true, false)));
        }

        private Submission ofTable(String input) {
            Job.Source source = FLIGHTS.job().source();
            DatabaseInput table =
                    new DatabaseInput(DatabaseInput.Engine.POSTGRESQL, "crm", "customers", null, null, null);
            return new Submission(
                    ExampleBatch.job(
                            FLIGHTS.job(),
                            new Job.Source(table, source.id(), source.uniqueId(), source.select(), source.where())),
                    FLIGHTS.fingerprint(),
                    input,
                    FLIGHTS.model());
        }

        @Test
        void theInputIsComparedWithWhatTheBatchScores() {
            opened(A);
            decide(submit(FLIGHTS, false, null, ticket()));
            assertThat(decide(status(A, Phase.RUNNING, OTHER_INPUT)).actions())
                    .singleElement()
                    .asString()
                    .contains("its input has changed");

            decide(submit(RegisterDecisionsTest.with(FLIGHTS.fingerprint(), OTHER_INPUT), false, null, ticket()));
            assertThat(decide(status(A, Phase.RUNNING, OTHER_INPUT)).actions()).hasSize(2);
        }

        @Test
        void anotherInputExtendsItIfTheJobSaysSo() {
            opened(A);
            Submission later = with(Job.OnChange.EXTEND);
            decide(submit(later, false, null, ticket()));

            assertThat(decide(status(A, Phase.FAILED)))
                    .isEqualTo(RegisterDecision.persist(
                            new BatchRegisterEvent.Resubmitted(ExampleBatch.AT, A, later),
                            new RegisterAction.TellBatch(A, new BatchCommand.Open(later)),
                            new RegisterAction.Send<>(caller, new BatchRegisterCommand.Accepted(A, true, false))));
            assertThat(decisions.wake(state, nanos, ExampleBatch.AT))
                    .as("repeated, because the message may be lost")
                    .containsExactly(new RegisterAction.TellBatch(A, new BatchCommand.EnsureStarted(later)));
        }

        @Test
        void aFailedBatchIsNotAskedForUntilItIsRetriedOrItsDeadlinePasses() {
            opened(A);
            Instant deadline = ExampleBatch.AT.plusSeconds(60);
            BatchDescription.Timing timing = BatchDescription.Timing.of(5, "UTC", null, deadline, false, null, null);
            List<RegisterAction> wakes = decisions.wake(state, nanos, ExampleBatch.AT);
            assertThat(wakes).hasSize(1);

            decide(new BatchRegisterCommand.FailureChanged(A, timing));
            assertThat(decisions.failed()).containsEntry(A, timing);
            assertThat(decisions.wake(state, nanos, deadline)).isEmpty();
            assertThat(decisions.wake(state, nanos, deadline.plusMillis(1))).isEqualTo(wakes);
            assertThat(decisions.wake(state, nanos + 3_600 * SECOND, ExampleBatch.AT))
                    .as("a retry may have got lost")
                    .isEqualTo(wakes);

            decide(new BatchRegisterCommand.FailureChanged(A, null));
            assertThat(decisions.failed()).isEmpty();
            assertThat(decisions.wake(state, nanos, ExampleBatch.AT)).isEqualTo(wakes);
            decide(new BatchRegisterCommand.FailureChanged(A, timing));
            decide(new BatchRegisterCommand.HasWork(A, 0));
            assertThat(decisions.wake(state, nanos, ExampleBatch.AT)).isEqualTo(wakes);
        }

        @Test
        void aFailedBatchThatALaterOneReplacesIsCancelledAllTheSame() {
            opened(A);
            opened(B);
            decide(new BatchRegisterCommand.FailureChanged(
                    A, BatchDescription.Timing.of(5, "UTC", null, null, false, null, null)));

            assertThat(decisions.wake(state, nanos, ExampleBatch.AT))
                    .contains(new RegisterAction.CancelBatch(A, false));
        }

        @Test
        void theInputOfAnExtendedBatchIsTheOneThatItHasScored() {
            opened(A);
            Submission later = with(Job.OnChange.EXTEND);
            decide(submit(later, false, null, ticket()));
            decide(status(A, Phase.RUNNING));
            decide(new BatchRegisterCommand.BatchEnded(A, Phase.PUBLISHED, null, OTHER_INPUT));

            assertThat(decide(submit(later, false, null, ticket())))
                    .isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(A)));
            assertThat(decide(submit()).events()).as("the input from before").hasSize(1);
        }

        @Test
        void aBatchWhoseCandidateWasPromotedIsThatOfTheNextSubmission() {
            ModelVersion candidate = new ModelVersion("delays", 2, "b2".repeat(32));
            Submission canary = ExampleBatch.submission(ExampleBatch.job(
                    FLIGHTS.job(), ExampleBatch.rollout(0.1, Rollout.OnPass.PROMOTE, Rollout.OnFail.FAIL)));
            Submission trying = canary.trying(candidate);
            Submission promoted = new Submission(canary.job(), canary.fingerprint(), canary.input(), candidate);
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, trying, null, null));

            // The alias is moved before the register learns of the end.
            assertThat(BatchRegisterState.conflict(
                            Objects.requireNonNull(state.batches().get(A)), promoted))
                    .isEmpty();
            assertThat(BatchRegisterState.conflict(
                            Objects.requireNonNull(state.batches().get(A)),
                            canary.trying(new ModelVersion("delays", 3, "c3".repeat(32)))))
                    .isEmpty();
            decide(new BatchRegisterCommand.BatchEnded(A, Phase.PUBLISHED, null, null, candidate));

            assertThat(Objects.requireNonNull(state.batches().get(A)).model()).isEqualTo(candidate);
            assertThat(decide(submit(promoted, false, null, ticket())))
                    .isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(A)));
            assertThat(decide(submit(trying, false, null, ticket())).events())
                    .as("the promotion was rolled back")
                    .hasSize(1);
        }

        @Test
        void filesThatAPublishedBatchHasNotReadGoToAnotherBatch() {
            opened(A);
            Submission later = with(Job.OnChange.EXTEND);
            decide(submit(later, false, null, ticket()));
            decide(status(A, Phase.RUNNING));
            decide(new BatchRegisterCommand.BatchEnded(A, Phase.PUBLISHED));

            assertThat(decide(submit(later, false, null, ticket())).events())
                    .singleElement()
                    .isInstanceOf(BatchRegisterEvent.Opened.class);
        }

        @Test
        void oneThatIsBeingPublishedIsNotExtended() {
            opened(A);
            decide(submit(with(Job.OnChange.EXTEND), false, null, ticket()));

            assertThat(decide(status(A, Phase.PUBLISHING)).events()).isEmpty();
        }

        @Test
        void anotherInputReplacesItIfTheJobSaysSo() {
            opened(A);
            decide(submit(with(Job.OnChange.RESTART), false, null, ticket()));

            assertThat(decide(status(A, Phase.PAUSED)))
                    .isEqualTo(RegisterDecision.of(new RegisterAction.CancelBatch(
                            A,
                            "replaced by a later batch: its input has changed, and the job says source.on-change: restart",
                            true)));
            assertThat(decide(new RegisterMessage.CancelAnswered(new ControlReply.Done(A, Phase.CANCELLED)))
                            .events())
                    .singleElement()
                    .isInstanceOfSatisfying(
                            BatchRegisterEvent.Opened.class,
                            opened -> assertThat(opened.submission()).isEqualTo(with(Job.OnChange.RESTART)));
        }

        @Test
        void theSameInputResumesItWhateverTheJobSays() {
            opened(A);
            Submission same = new Submission(
                    ExampleBatch.job(FLIGHTS.job(), Job.OnChange.RESTART),
                    FLIGHTS.fingerprint(),
                    FLIGHTS.input(),
                    FLIGHTS.model());
            decide(submit(same, false, null, ticket()));

            assertThat(decide(status(A, Phase.FAILED)).actions())
                    .first()
                    .isEqualTo(new RegisterAction.TellBatch(A, new BatchCommand.Open(same)));
        }

        private Submission with(Job.OnChange onChange) {
            return new Submission(
                    ExampleBatch.job(FLIGHTS.job(), onChange), FLIGHTS.fingerprint(), OTHER_INPUT, FLIGHTS.model());
        }

        @Test
        void aFreshSubmissionReplacesItOnceItIsCancelled() {
            opened(A);
            assertThat(decide(fresh())).isEqualTo(ask(A));
            assertThat(decide(status(A, Phase.RUNNING)))
                    .isEqualTo(RegisterDecision.of(new RegisterAction.CancelBatch(A, true)));

            assertOpens(decide(new RegisterMessage.CancelAnswered(new ControlReply.Done(A, Phase.CANCELLED))), null);
        }

        @Test
        void aFreshSubmissionIsRejectedIfItCantBeCancelled() {
            opened(A);
            decide(fresh());
            decide(status(A, Phase.PUBLISHING));

            assertThat(decide(new RegisterMessage.CancelAnswered(new ControlReply.Refused(A, "it is being published"))))
                    .isEqualTo(reply(new BatchRegisterCommand.Rejected(
                            Failure.transientFailure(
                                    "batch flights-a of this job can't be replaced: it is being published. Nothing was started. Submit again when the batch has ended"),
                            null)));
        }

        @Test
        void aDamagedOneIsReplacedByAFreshSubmissionOnly() {
            opened(A);
            decide(submit());
            RegisterDecision rejected = decide(damaged(A));
            assertThat(rejected.events()).isEmpty();
            assertThat(rejected.toString())
                    .contains("batch flights-a of this job can't be resumed: entry 3 is missing. If its output");

            decide(fresh());
            assertThat(decide(damaged(A))).isEqualTo(RegisterDecision.of(new RegisterAction.CancelBatch(A, true)));
        }

        @Test
        void oneThatWasPublishedInTheMeantimeEndsFirst() {
            opened(A);
            decide(submit());

            assertThat(decide(status(A, Phase.PUBLISHED)))
                    .isEqualTo(RegisterDecision.persist(
                            new BatchRegisterEvent.Ended(ExampleBatch.AT, A, Phase.PUBLISHED),
                            new RegisterAction.Continue(RUN)));
            assertThat(decide(new RegisterMessage.NextSubmission(RUN)))
                    .isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(A)));
            assertThat(decide(status(A, Phase.PUBLISHED))).as("repeated").isEqualTo(RegisterDecision.of());
        }

        @Test
        void answersOfUnknownAndSupersededBatchesDecideNothing() {
            opened(A);
            opened(B);
            assertThat(decide(status(UNKNOWN, Phase.PUBLISHED))).isEqualTo(RegisterDecision.of());
            assertThat(decide(new RegisterMessage.CancelAnswered(new ControlReply.Done(UNKNOWN, Phase.CANCELLED))))
                    .isEqualTo(RegisterDecision.of());
            decide(fresh());

            assertThat(decide(status(A, Phase.CANCELLED))).isEqualTo(ask(B));
            assertThat(decide(new RegisterMessage.CancelAnswered(new ControlReply.Done(A, Phase.CANCELLED))))
                    .isEqualTo(ask(B));
        }

        @Test
        void theAnswerToACancelConcernsReplacingSubmissionsOnly() {
            opened(A);
            RegisterMessage done = new RegisterMessage.CancelAnswered(new ControlReply.Done(A, Phase.CANCELLED));
            assertThat(decide(done)).isEqualTo(RegisterDecision.of());
            decide(submit());

            assertThat(decide(done)).isEqualTo(ask(A));
        }
    }

    @Nested
    class PublishedBatch {

        @Test
        void anEquivalentSubmissionIsNotScoredAgain() {
            opened(A);
            ended(A, Phase.PUBLISHED);

            assertThat(decide(submit())).isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(A)));
            assertThat(decide(submit(FLIGHTS, false, "monday", ticket())))
                    .isEqualTo(RegisterDecision.persist(
                            new BatchRegisterEvent.Keyed(ExampleBatch.AT, A, "monday", FLIGHTS.fingerprint(), JOB),
                            new RegisterAction.Send<>(caller, new BatchRegisterCommand.AlreadyPublished(A))));
        }

        @Test
        void aFreshSubmissionIsScoredAgain() {
            opened(A);
            ended(A, Phase.PUBLISHED);

            assertOpens(decide(submit(FLIGHTS, true, "monday", ticket())), "monday");
        }

        @Test
        void anotherInputOrJobFileIsScored() {
            opened(A);
            ended(A, Phase.PUBLISHED);

            assertThat(decide(submit(with(FLIGHTS.fingerprint(), "9".repeat(64)), false, null, ticket()))
                            .events())
                    .hasOnlyElementsOfType(BatchRegisterEvent.Opened.class)
                    .hasSize(1);
        }
    }

    /// Which batch of a run was published last, if the register keeps one and the archive has one.
    @Nested
    class LastPublished {

        private BatchRegisterState.Entry archive(BatchId batch) {
            BatchRegisterState.Entry entry =
                    Objects.requireNonNull(state.batches().get(batch));
            happened(new BatchRegisterEvent.Archived(ExampleBatch.AT, batch, List.of(batch), List.of(), 1));
            return entry;
        }

        private RegisterDecision submitAndAnswer(BatchRegisterState.Entry archived) {
            RegisterAction.AskArchive ask =
                    (RegisterAction.AskArchive) decide(submit()).actions().getFirst();
            return decide(new RegisterMessage.ArchiveAnswered(
                    new BatchArchive.Answer(ask.question(), null, archived, false)));
        }

        @Test
        void theLaterOneCounts() {
            opened(A);
            opened(B);
            ended(B, Phase.PUBLISHED);
            BatchRegisterState.Entry archived = archive(B);
            ended(A, Phase.PUBLISHED);

            assertThat(submitAndAnswer(archived)).isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(B)));
        }

        @Test
        void oneThatWasEnteredAgainFollowsTheOneWhoseNumberItShares() {
            opened(A);
            ended(A, Phase.PUBLISHED);
            happened(new BatchRegisterEvent.Opened(
                    ExampleBatch.AT.plusSeconds(10),
                    UNKNOWN,
                    ExampleBatch.submission(ExampleBatch.job("2026-11-25")),
                    null,
                    null));
            happened(new BatchRegisterEvent.Reentered(
                    ExampleBatch.AT, B, ExampleBatch.AT.plusSeconds(5), FLIGHTS, Phase.PUBLISHED));

            assertThat(submitAndAnswer(archive(A))).isEqualTo(reply(new BatchRegisterCommand.AlreadyPublished(B)));
        }
    }

    @Nested
    class Keys {

        @Test
        void aRepeatedKeyGivesTheBatchOfItsFirstUse() {
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, FLIGHTS, "monday", null));

            assertThat(decide(submit(FLIGHTS, true, "monday", ticket())))
                    .isEqualTo(reply(new BatchRegisterCommand.Accepted(A, false, true)));
            assertThat(decide(submit(with("9".repeat(64), FLIGHTS.input()), false, "monday", ticket())))
                    .isEqualTo(
                            reply(
                                    new BatchRegisterCommand.Rejected(
                                            "the key monday was used for batch flights-a, with another job file. Use a new key for a new submission")));
            assertThat(decide(submit(FLIGHTS, false, "tuesday", ticket()))).isEqualTo(ask(A));
        }

        @Test
        void aBatchIsFoundByItsKeyAndJobFile() {
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, FLIGHTS, "monday", null));

            assertThat(findByKey("monday", FLIGHTS.fingerprint())).isEqualTo(new BatchRegisterCommand.Found(A));
            BatchRegisterCommand.NotFound none =
                    new BatchRegisterCommand.NotFound("no submission of this job file has used the key");
            assertThat(findByKey("monday", "9".repeat(64))).isEqualTo(none);
            assertThat(findByKey("tuesday", FLIGHTS.fingerprint())).isEqualTo(none);
        }

        @Test
        void aKeyThatTheRegisterDoesNotKeepIsLookedForInTheArchive() {
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, FLIGHTS, "monday", null));
            happened(new BatchRegisterEvent.Archived(ExampleBatch.AT, B, List.of(), List.of(), 1));

            assertThat(findByKey("monday", FLIGHTS.fingerprint())).isEqualTo(new BatchRegisterCommand.Found(A));
            BatchRegisterCommand.FindByKey find =
                    new BatchRegisterCommand.FindByKey(JOB, "tuesday", FLIGHTS.fingerprint(), actor());
            assertThat(decide(find)).isEqualTo(RegisterDecision.of(new RegisterAction.FindKeyInArchive(find)));
        }

        private Object findByKey(String key, String fingerprint) {
            ActorRef<BatchRegisterCommand.FindReply> asker = actor();
            return sent(decide(new BatchRegisterCommand.FindByKey(JOB, key, fingerprint, asker)), asker);
        }

        @Test
        void aBatchIsFoundByItsName() {
            ActorRef<BatchRegisterCommand.FindReply> asker = actor();
            opened(A);

            assertThat(sent(decide(new BatchRegisterCommand.Find("latest", asker)), asker))
                    .isEqualTo(new BatchRegisterCommand.Found(A));
            assertThat(decide(new BatchRegisterCommand.Find("trains", asker)).actions())
                    .as("the archive may have it")
                    .singleElement()
                    .isInstanceOf(RegisterAction.FindInArchive.class);
        }

        private Object sent(RegisterDecision decision, ActorRef<?> to) {
            assertThat(decision.events()).isEmpty();
            RegisterAction.Send<?> send =
                    (RegisterAction.Send<?>) decision.actions().getFirst();
            assertThat(send.to()).isEqualTo(to);
            return send.message();
        }
    }

    @Test
    void idsOfBatchesGrowEvenIfTheClockIsSetBack() {
        BatchRegisterEvent first = decisions
                .decide(
                        state,
                        new RegisterMessage.CommandReceived(submit(FLIGHTS, true, null, null), 1),
                        nanos,
                        ExampleBatch.AT)
                .events()
                .getFirst();
        BatchId used = ((BatchRegisterEvent.Opened) first).batch();
        happened(first);
        ended(used, Phase.CANCELLED);

        BatchRegisterEvent second = decisions
                .decide(
                        state,
                        new RegisterMessage.CommandReceived(submit(FLIGHTS, true, null, null), 2),
                        nanos,
                        ExampleBatch.AT.minusSeconds(3600))
                .events()
                .getFirst();

        BatchId next = ((BatchRegisterEvent.Opened) second).batch();
        assertThat(next).isGreaterThan(used);
        assertThat(next.value())
                .startsWith(used.value().substring(0, used.value().length() - 4));
    }

    @Nested
    class Work {

        private final ActorRef<WorkerMessage> first = actor();
        private final ActorRef<WorkerMessage> second = actor();

        private RegisterAction workAt(ActorRef<WorkerMessage> worker, BatchId batch) {
            return new RegisterAction.Send<>(worker, new WorkerMessage.WorkAt(batch));
        }

        @Test
        void batchesWithWorkAreServedInTurn() {
            assertThat(decide(new BatchRegisterCommand.HasWork(A))).isEqualTo(RegisterDecision.of());
            decide(new BatchRegisterCommand.HasWork(B));

            assertThat(decide(new BatchRegisterCommand.FindWork(first)))
                    .isEqualTo(RegisterDecision.of(workAt(first, A)));
            assertThat(decide(new BatchRegisterCommand.FindWork(second)))
                    .isEqualTo(RegisterDecision.of(workAt(second, B)));
            assertThat(decide(new BatchRegisterCommand.FindWork(first)))
                    .isEqualTo(RegisterDecision.of(workAt(first, A)));
        }

        @Test
        void workersAreSharedByThePrioritiesOfTheJobs() {
            Job urgent = ExampleBatch.job(FLIGHTS.job(), JobTiming.ANY_TIME, 7);
            opened(A);
            happened(new BatchRegisterEvent.Opened(ExampleBatch.AT, B, ExampleBatch.submission(urgent), null, null));
            decide(new BatchRegisterCommand.HasWork(A, 1_000));
            decide(new BatchRegisterCommand.HasWork(B, 1_000));
            int ofB = 0;
            for (int i = 0; i < 100; i++) {
                RegisterDecision decision = decide(new BatchRegisterCommand.FindWork(first));
                ofB += decision.equals(RegisterDecision.of(workAt(first, B))) ? 1 : 0;
            }
            assertThat(ofB).isEqualTo(80);
        }

        @Test
        void aSubmissionOfAScheduleIsDueAtItsTick() {
            Instant tick = ExampleBatch.AT.minusSeconds(3_600);
            BatchRegisterEvent.Opened opened =
                    (BatchRegisterEvent.Opened) decide(submit(FLIGHTS, false, "tick:" + tick, ticket()))
                            .events()
                            .getFirst();
            assertThat(opened.submission()).isEqualTo(FLIGHTS.at(tick));
            BatchRegisterEvent.Opened fresh = (BatchRegisterEvent.Opened) decide(submit(
                            ExampleBatch.submission(ExampleBatch.job("2026-11-25")), false, "tick:tock", ticket()))
                    .events()
                    .getFirst();
            assertThat(fresh.submission().due()).isNull();
        }

        @Test
        void theHistoryOfTheJobGoesToItsBatches() {
            PastRun run = new PastRun(1_000, 60_000, 500, 4);
            opened(A);
            decide(new BatchRegisterCommand.BatchEnded(A, Phase.PUBLISHED, run));
            assertThat(state.history(JOB)).containsExactly(run);
            opened(B);

            assertThat(decide(new BatchRegisterCommand.WakeOpenBatches()).actions())
                    .containsExactly(
                            new RegisterAction.TellBatch(B, new BatchCommand.EnsureStarted(FLIGHTS, List.of(run))));
        }

        @Test
        void theHistoryOutlivesABatchThatIsEnteredAgain() {
            PastRun run = new PastRun(1_000, 60_000, 500, 4);
            opened(A);
            happened(new BatchRegisterEvent.Ended(ExampleBatch.AT, A, Phase.PUBLISHED, run));
            happened(new BatchRegisterEvent.Reentered(ExampleBatch.AT, B, ExampleBatch.AT, FLIGHTS, null));

            assertThat(state.history(JOB)).containsExactly(run);
        }

        @Test
        void onlyTheLastTwelveRunsOfAJobAreKept() {
            for (int i = 1; i <= 20; i++) {
                BatchId batch = new BatchId("flights-" + i);
                opened(batch);
                happened(new BatchRegisterEvent.Ended(
                        ExampleBatch.AT, batch, Phase.PUBLISHED, new PastRun(i, 1_000, 0, 1)));
            }
            assertThat(state.history(JOB))
                    .extracting(PastRun::rows)
                    .containsExactly(9L, 10L, 11L, 12L, 13L, 14L, 15L, 16L, 17L, 18L, 19L, 20L);
            assertThat(state.history("churn")).isEmpty();
        }

        @Test
        void freeWorkersAreServedInTheOrderOfTheirLastRequest() {
            decide(new BatchRegisterCommand.FindWork(first));
            decide(new BatchRegisterCommand.FindWork(second));
            decide(new BatchRegisterCommand.FindWork(first));

            assertThat(decide(new BatchRegisterCommand.HasWork(A)))
                    .isEqualTo(RegisterDecision.of(workAt(second, A), workAt(first, A)));
            assertThat(decide(new BatchRegisterCommand.HasWork(A))).isEqualTo(RegisterDecision.of());
        }

        @Test
        void aBatchWithoutWorkGetsNoWorker() {
            decide(new BatchRegisterCommand.HasWork(A));
            assertThat(decide(new BatchRegisterCommand.HasNoWork(A))).isEqualTo(RegisterDecision.of());
            assertThat(decide(new BatchRegisterCommand.FindWork(first))).isEqualTo(RegisterDecision.of());
        }

        @Test
        void anEndedBatchGetsNoWorkerAndItsEndIsPersistedOnce() {
            opened(A);
            decide(new BatchRegisterCommand.HasWork(A));

            BatchRegisterCommand end = new BatchRegisterCommand.BatchEnded(A, Phase.PUBLISHED);
            assertThat(decide(end))
                    .isEqualTo(RegisterDecision.persist(
                            new BatchRegisterEvent.Ended(ExampleBatch.AT, A, Phase.PUBLISHED)));
            assertThat(decide(end)).isEqualTo(RegisterDecision.of());
            assertThat(decide(new BatchRegisterCommand.FindWork(first))).isEqualTo(RegisterDecision.of());
        }

        @Test
        void unfinishedBatchesAreWokenAndSupersededOnesCancelled() {
            opened(A);
            opened(B);
            BatchId done = new BatchId("flights-c");
            opened(done);
            ended(done, Phase.PUBLISHED);

            assertThat(decide(new BatchRegisterCommand.WakeOpenBatches()))
                    .isEqualTo(RegisterDecision.of(
                            new RegisterAction.TellBatch(A, new BatchCommand.EnsureStarted(FLIGHTS)),
                            new RegisterAction.CancelBatch(A, false),
                            new RegisterAction.TellBatch(B, new BatchCommand.EnsureStarted(FLIGHTS)),
                            new RegisterAction.CancelBatch(B, false)));
        }
    }

    /// The limit on the open batches of a caller.
    @Nested
    class OpenBatches {

        private BatchRegisterCommand.Submit limited(Submission submission, String by, int batches, boolean fresh) {
            return new BatchRegisterCommand.Submit(
                    submission, fresh, caller, null, ticket(), new OpenBatchLimit(by, batches));
        }

        private boolean isRefused(BatchRegisterCommand.Submit submit) {
            return isRefused(decide(submit));
        }

        private static boolean isRefused(RegisterDecision decision) {
            return decision.actions().stream()
                    .anyMatch(action -> action instanceof RegisterAction.Send<?> send
                            && send.message() instanceof BatchRegisterCommand.TooManyOpen);
        }

        private static Submission day(String day) {
            return ExampleBatch.submission(ExampleBatch.job(day));
        }

        @Test
        void aCallerOpensNoMoreThanItMayAndAnotherCallerStillMay() {
            assertThat(isRefused(limited(day("2026-11-01"), "ann", 2, false))).isFalse();
            assertThat(isRefused(limited(day("2026-11-02"), "ann", 2, false))).isFalse();
            assertThat(isRefused(limited(day("2026-11-03"), "ann", 2, false))).isTrue();
            assertThat(isRefused(limited(day("2026-11-03"), "bob", 1, false))).isFalse();
        }

        @Test
        void aBatchThatIsReplacedCountsForItsOwnCallerOnly() {
            decide(limited(FLIGHTS, "ann", 1, false));
            BatchId open = state.open(RUN).orElseThrow().batch();
            decide(limited(day("2026-11-01"), "bob", 1, false));

            decide(limited(FLIGHTS, "bob", 1, true));
            assertThat(isRefused(decide(status(open, Phase.RUNNING)))).isTrue();
            decide(limited(FLIGHTS, "ann", 1, true));
            assertThat(decide(status(open, Phase.RUNNING)))
                    .isEqualTo(RegisterDecision.of(new RegisterAction.CancelBatch(open, true)));
        }

        @Test
        void anEndedBatchDoesNotCount() {
            assertThat(isRefused(limited(FLIGHTS, "ann", 1, false))).isFalse();
            assertThat(isRefused(limited(day("2026-11-01"), "ann", 1, false))).isTrue();
            ended(state.open(RUN).orElseThrow().batch(), Phase.PUBLISHED);
            assertThat(isRefused(limited(day("2026-11-01"), "ann", 1, false))).isFalse();
        }
    }
}
