package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.LedgerReport;
import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.ledger.JournalTableWriter;
import io.nightshift.coordinator.ledger.JournalWriteBlocker;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.coordinator.ledger.LostBatches;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.OpenBatchLimit;
import io.nightshift.protocol.register.SubmissionTicket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The batch register on a real journal. The test plays the batches and the workers.
@Timeout(300)
class BatchRegisterIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Clock CLOCK = Clock.fixed(ExampleBatch.AT, ZoneOffset.UTC);

    private record Told(BatchId batch, BatchCommand command) {}

    @TempDir
    Path home = Path.of("");

    private final Queue<Told> batches = new ConcurrentLinkedQueue<>();
    private final Map<BatchId, Phase> phases = new ConcurrentHashMap<>();
    private final Set<BatchId> damaged = ConcurrentHashMap.newKeySet();
    private TestActorSystem node;
    private ActorRef<BatchRegisterCommand> register;

    @BeforeEach
    void start() {
        node = new TestActorSystem(home);
        register = spawn();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private ActorRef<BatchRegisterCommand> spawn() {
        return node.kit()
                .spawn(BatchRegister.create(
                        this::tell,
                        CLOCK,
                        new LostBatches(node.ledger()),
                        node.ledger().archive(),
                        node.blocking(),
                        new RegisterSettings(100, 1_000),
                        BatchObserver.NONE));
    }

    private void tell(BatchId batch, BatchCommand command) {
        if (command instanceof BatchCommand.Describe(ActorRef<BatchStatus> replyTo)) {
            Phase phase = phases.getOrDefault(batch, Phase.RUNNING);
            if (damaged.contains(batch)) {
                replyTo.tell(BatchStatus.damaged(batch, "the ledger is damaged: entry 3 is missing"));
                return;
            }
            replyTo.tell(BatchStatus.of(batch, phase, null));
        } else {
            batches.add(new Told(batch, command));
            if (command instanceof BatchCommand.Cancel(String reason, ActorRef<ControlReply> replyTo, String by)) {
                replyTo.tell(
                        phases.get(batch) == Phase.PUBLISHING
                                ? new ControlReply.Refused(
                                        batch,
                                        "it became visible to readers before it could be cancelled, so it is published")
                                : new ControlReply.Done(batch, Phase.CANCELLED));
            }
        }
    }

    private void restart() {
        node.kit().stop(register);
        batches.clear();
        register = spawn();
    }

    private static Submission submission(String job) {
        Job flights = ExampleBatch.job();
        return ExampleBatch.submission(JobBuilder.builder()
                .name(job)
                .model(flights.model())
                .features(flights.features())
                .source(flights.source())
                .destination(flights.destination())
                .partitions(flights.partitions())
                .errors(flights.errors())
                .output(flights.output())
                .build());
    }

    private BatchRegisterCommand.SubmitReply submit(Submission submission, boolean fresh) {
        TestProbe<BatchRegisterCommand.SubmitReply> probe =
                node.kit().createTestProbe(BatchRegisterCommand.SubmitReply.class);
        register.tell(new BatchRegisterCommand.Submit(submission, fresh, probe.ref(), null, null, null));
        return probe.receiveMessage(SOON);
    }

    private BatchRegisterCommand.SubmitReply submit(String job, boolean fresh, OpenBatchLimit limit) {
        TestProbe<BatchRegisterCommand.SubmitReply> probe =
                node.kit().createTestProbe(BatchRegisterCommand.SubmitReply.class);
        register.tell(new BatchRegisterCommand.Submit(submission(job), fresh, probe.ref(), null, null, limit));
        return probe.receiveMessage(SOON);
    }

    private BatchId opened(String job, boolean fresh) {
        BatchRegisterCommand.Accepted accepted = (BatchRegisterCommand.Accepted) submit(submission(job), fresh);
        assertThat(accepted.resumed()).isFalse();
        return accepted.batch();
    }

    private void end(BatchId batch, Phase phase) {
        register.tell(new BatchRegisterCommand.BatchEnded(batch, phase));
        await().atMost(SOON)
                .until(() -> node.ledger()
                        .registerEvents()
                        .contains(new BatchRegisterEvent.Ended(ExampleBatch.AT, batch, phase)));
    }

    private void awaitNotified(BatchId batch, BatchCommand command) {
        await().atMost(SOON).until(() -> batches.contains(new Told(batch, command)));
    }

    @Test
    void aSubmissionOpensABatchThatIsDurableWhenItIsAccepted() {
        BatchId batch = opened("flights", false);

        assertThat(batch.value()).startsWith("flights-20261124t231425-");
        assertThat(node.ledger().registerEvents())
                .containsExactly(
                        new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, submission("flights"), null, null));
        awaitNotified(batch, new BatchCommand.Open(submission("flights")));
    }

    @Test
    void aDamagedBatchIsNeitherResumedNorReplacedUnasked() {
        BatchId batch = opened("flights", false);
        damaged.add(batch);

        assertThat(submit(submission("flights"), false))
                .isInstanceOfSatisfying(
                        BatchRegisterCommand.Rejected.class,
                        rejected -> assertThat(rejected.reason())
                                .contains(batch.value(), "entry 3 is missing", "start a new batch with --new"));
        assertThat(opened("flights", true)).isNotEqualTo(batch);
        await().atMost(SOON)
                .until(() -> batches.stream()
                        .anyMatch(told -> told.batch().equals(batch) && told.command() instanceof BatchCommand.Cancel));
    }

    @Test
    void anEventThatCanNotBeReadIsSkipped() throws SQLException {
        BatchId lost = opened("flights", false);
        BatchId kept = opened("trains", false);
        try (Connection connection = node.ledger().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    UPDATE "event_journal" SET "event_payload" = X'00'
                    WHERE "persistence_id" LIKE 'register|%' AND "sequence_number" = 1
                    """);
        }
        restart();

        assertThat(node.ledger().register().all())
                .extracting(BatchRegisterState.Entry::batch)
                .containsExactly(kept);
        awaitNotified(kept, new BatchCommand.EnsureStarted(submission("trains")));
        assertThat(opened("ships", false)).isNotEqualTo(lost);
        end(kept, Phase.PUBLISHED);
    }

    @Test
    void aJobThatIsTooLargeForALeaseIsRejected() {
        Job flights = ExampleBatch.job();
        Job.Source source =
                new Job.Source(flights.source().input(), null, false, Map.of("e", "1 + ".repeat(50_000) + "1"), null);
        Job large = JobBuilder.builder()
                .name("large")
                .model(flights.model())
                .features(flights.features())
                .source(source)
                .destination(flights.destination())
                .partitions(flights.partitions())
                .errors(flights.errors())
                .output(flights.output())
                .build();

        assertThat(submit(ExampleBatch.submission(large), false))
                .isInstanceOfSatisfying(
                        BatchRegisterCommand.Rejected.class,
                        rejected -> assertThat(rejected.reason()).startsWith("The job takes 200,"));
        assertThat(node.ledger().registerEvents()).isEmpty();
    }

    @Test
    void anOpenBatchIsResumed() {
        BatchId batch = opened("flights", false);
        restart();

        assertThat(submit(submission("flights"), false))
                .isEqualTo(new BatchRegisterCommand.Accepted(batch, true, false));

        awaitNotified(batch, new BatchCommand.Open(submission("flights")));
        assertThat(node.ledger().registerEvents()).hasSize(1);
        assertThat(opened("trains", false)).isNotEqualTo(batch);
    }

    @Test
    void aBatchThatEndedUnheardIsNotGoneOnWith() {
        BatchId cancelled = opened("flights", false);
        phases.put(cancelled, Phase.CANCELLED);
        BatchId next = opened("flights", false);
        assertThat(next).isNotEqualTo(cancelled);

        phases.put(next, Phase.PUBLISHED);
        assertThat(submit(submission("flights"), false)).isEqualTo(new BatchRegisterCommand.AlreadyPublished(next));
        assertThat(node.ledger().registerEvents())
                .contains(new BatchRegisterEvent.Ended(ExampleBatch.AT, next, Phase.PUBLISHED));
        // A cancelled batch has ended when its staged output is removed, which it reports.
        end(cancelled, Phase.CANCELLED);
    }

    @Test
    void aPublishedBatchIsNotRunAgainByAccident() {
        BatchId batch = opened("flights", false);
        end(batch, Phase.PUBLISHED);

        assertThat(submit(submission("flights"), false)).isEqualTo(new BatchRegisterCommand.AlreadyPublished(batch));
        assertThat(opened("flights", true)).isNotEqualTo(batch);
    }

    @Test
    void anotherInputModelOrJobFileIsRunAfterAPublishedBatch() {
        end(opened("flights", false), Phase.PUBLISHED);
        Submission same = submission("flights");
        List<Submission> others = List.of(
                new Submission(same.job(), "9".repeat(64), same.input(), same.model()),
                new Submission(same.job(), same.fingerprint(), "9".repeat(64), same.model()),
                new Submission(
                        same.job(), same.fingerprint(), same.input(), new ModelVersion("delays", 2, "c3".repeat(32))));
        for (Submission other : others) {
            BatchRegisterCommand.SubmitReply reply = submit(other, false);
            assertThat(reply).isInstanceOf(BatchRegisterCommand.Accepted.class);
            end(((BatchRegisterCommand.Accepted) reply).batch(), Phase.CANCELLED);
        }
    }

    @Test
    void afterACancelledBatchTheNextOneIsNew() {
        BatchId batch = opened("flights", false);
        end(batch, Phase.CANCELLED);

        assertThat(opened("flights", false)).isNotEqualTo(batch);
    }

    @Test
    void aFreshSubmissionCancelsTheOpenBatch() {
        BatchId old = opened("flights", false);
        BatchId newer = opened("flights", true);

        awaitCancelled(old);
        awaitNotified(newer, new BatchCommand.Open(submission("flights")));
        assertThat(submit(submission("flights"), false))
                .isEqualTo(new BatchRegisterCommand.Accepted(newer, true, false));
    }

    @Test
    void aCrashRightAfterTheDecisionIsRepaired() {
        BatchId old = opened("flights", false);
        BatchId newer = opened("flights", true);

        restart();

        awaitCancelled(old);
        awaitNotified(newer, new BatchCommand.EnsureStarted(submission("flights")));
        end(old, Phase.CANCELLED);
        restart();
        awaitNotified(newer, new BatchCommand.EnsureStarted(submission("flights")));
        assertThat(batches).extracting(Told::batch).containsOnly(newer);
    }

    @Test
    void aChangedJobFileOrModelIsAConflictWithTheOpenBatch() {
        BatchId batch = opened("flights", false);
        Submission same = submission("flights");

        assertThat(submit(new Submission(same.job(), "9".repeat(64), same.input(), same.model()), false))
                .isEqualTo(new BatchRegisterCommand.Rejected("batch " + batch + " of this job is open, but its job file"
                        + " has changed since it was opened."
                        + " Undo the change to resume it, or start a new batch with --new"));
        assertThat(submit(
                        new Submission(
                                same.job(),
                                same.fingerprint(),
                                same.input(),
                                new ModelVersion("delays", 2, "c3".repeat(32))),
                        false))
                .isEqualTo(new BatchRegisterCommand.Rejected(
                        "batch " + batch + " of this job is open, but it was opened with"
                                + " model delays@1, and the job now names delays@2."
                                + " Undo the change to resume it, or start a new batch with --new"));
    }

    @Test
    void anEndIsRegisteredOnce() {
        BatchId batch = opened("flights", false);
        end(batch, Phase.PUBLISHED);
        register.tell(new BatchRegisterCommand.BatchEnded(batch, Phase.PUBLISHED));
        register.tell(new BatchRegisterCommand.BatchEnded(new BatchId("unknown"), Phase.CANCELLED));

        opened("trains", false);

        assertThat(node.ledger().registerEvents()).hasSize(3);
    }

    @Test
    void workersAreMatchedToBatchesInTurn() {
        BatchId a = new BatchId("a");
        BatchId b = new BatchId("b");
        register.tell(new BatchRegisterCommand.HasWork(a));
        register.tell(new BatchRegisterCommand.HasWork(b));
        Map<BatchId, Integer> matched = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            // Batches tell again and again; that must not give one of them more.
            register.tell(new BatchRegisterCommand.HasWork(a));
            TestProbe<WorkerMessage> worker = node.kit().createTestProbe(WorkerMessage.class);
            register.tell(new BatchRegisterCommand.FindWork(worker.ref()));
            matched.merge(
                    worker.expectMessageClass(WorkerMessage.WorkAt.class, SOON).batch(), 1, Integer::sum);
        }
        assertThat(matched).containsOnly(Map.entry(a, 5), Map.entry(b, 5));
    }

    @Test
    void aWorkerThatAsksAgainIsAnsweredOnceAndWaitsUntilThereIsWork() {
        BatchId a = new BatchId("a");
        TestProbe<WorkerMessage> worker = node.kit().createTestProbe(WorkerMessage.class);
        register.tell(new BatchRegisterCommand.FindWork(worker.ref()));
        register.tell(new BatchRegisterCommand.FindWork(worker.ref()));
        worker.expectNoMessage(Duration.ofMillis(100));

        register.tell(new BatchRegisterCommand.HasWork(a));
        worker.expectMessage(SOON, new WorkerMessage.WorkAt(a));
        worker.expectNoMessage(Duration.ofMillis(100));

        register.tell(new BatchRegisterCommand.HasNoWork(a));
        register.tell(new BatchRegisterCommand.FindWork(worker.ref()));
        worker.expectNoMessage(Duration.ofMillis(100));
    }

    private void awaitCancelled(BatchId batch) {
        await().atMost(SOON)
                .until(() -> batches.stream()
                        .anyMatch(told -> told.batch().equals(batch)
                                && told.command() instanceof BatchCommand.Cancel(String reason, var replyTo, var by)
                                && reason.equals("replaced by a later batch")));
    }

    @Test
    void aCallerCanOpenOnlySoManyBatches() {
        OpenBatchLimit nightly = new OpenBatchLimit("nightly", 2);
        BatchId flights = ((BatchRegisterCommand.Accepted) submit("flights", false, nightly)).batch();
        submit("trains", false, nightly);

        assertThat(submit("ships", false, nightly))
                .isEqualTo(
                        new BatchRegisterCommand.TooManyOpen(
                                "The caller nightly has 2 open batches, which is its limit. Nothing was started. Submit the job"
                                        + " when one of them has ended, or cancel one; a failed batch is open until it is cancelled."));
        assertThat(node.ledger().registerEvents()).hasSize(2);
        assertThat(submit("flights", false, nightly))
                .as("it resumes its batch")
                .isEqualTo(new BatchRegisterCommand.Accepted(flights, true, false));
        assertThat(submit("ships", false, new OpenBatchLimit("web", 2)))
                .isInstanceOf(BatchRegisterCommand.Accepted.class);

        restart();
        assertThat(submit("cars", false, nightly)).isInstanceOf(BatchRegisterCommand.TooManyOpen.class);
        end(flights, Phase.PUBLISHED);
        assertThat(submit("cars", false, nightly)).isInstanceOf(BatchRegisterCommand.Accepted.class);
    }

    @Test
    void aCallerAtItsLimitReplacesItsOwnBatchesOnly() {
        OpenBatchLimit nightly = new OpenBatchLimit("nightly", 1);
        submit("flights", false, nightly);
        submit("trains", false, new OpenBatchLimit("web", 1));

        assertThat(submit("trains", true, nightly)).isInstanceOf(BatchRegisterCommand.TooManyOpen.class);
        assertThat(batches).as("the batch of the other caller continues").noneMatch(BatchRegisterIT::isCancel);

        assertThat(submit("flights", true, nightly)).isInstanceOf(BatchRegisterCommand.Accepted.class);
        assertThat(batches).anyMatch(BatchRegisterIT::isCancel);
    }

    private static boolean isCancel(Told told) {
        return told.command() instanceof BatchCommand.Cancel;
    }

    @Test
    void aBatchThatReadersSeeIsNotReplaced() {
        BatchId old = opened("flights", false);
        phases.put(old, Phase.PUBLISHING);

        assertThat(submit(submission("flights"), true))
                .isEqualTo(new BatchRegisterCommand.Rejected(
                        Failure.transientFailure("batch " + old + " of this job can't be replaced:"
                                + " it became visible to readers before it could be cancelled, so it is published. Nothing was started."
                                + " Submit again when the batch has ended"),
                        null));
        assertThat(node.ledger().registerEvents()).hasSize(1);
    }

    @Test
    void aSubmissionWithTheTicketOfAnEarlierRegisterOpensNothing() {
        TestProbe<SubmissionTicket> tickets = node.kit().createTestProbe(SubmissionTicket.class);
        register.tell(new BatchRegisterCommand.AskTicket(tickets.ref()));
        SubmissionTicket ticket = tickets.receiveMessage(SOON);
        restart();
        TestProbe<BatchRegisterCommand.SubmitReply> probe =
                node.kit().createTestProbe(BatchRegisterCommand.SubmitReply.class);

        register.tell(new BatchRegisterCommand.Submit(submission("flights"), false, probe.ref(), null, ticket, null));

        probe.expectMessageClass(BatchRegisterCommand.NotNow.class, SOON);
        assertThat(node.ledger().registerEvents()).isEmpty();
    }

    @Test
    void aRegisterWithTooManyWaitingCommandsAnswersTheNextSubmission() throws SQLException {
        JournalWriteBlocker.install(node.ledger());
        JournalWriteBlocker.shut();
        try {
            register.tell(new BatchRegisterCommand.Submit(submission("flights"), false, ignore(), null, null, null));
            await().atMost(SOON).until(JournalWriteBlocker::isBlocking);
            for (int i = 0; i < RegisterInbox.MOST_WAITING; i++) {
                register.tell(new BatchRegisterCommand.FindByKey("flights", "key", "f", ignore()));
            }

            assertThat(submit(submission("flights"), false)).isInstanceOf(BatchRegisterCommand.NotNow.class);
        } finally {
            JournalWriteBlocker.open();
        }

        await().atMost(SOON).until(() -> submit(submission("flights"), false) instanceof BatchRegisterCommand.Accepted);
    }

    @Test
    void aBatchWhoseEntryWasLostIsEnteredAgainFromItsLedger() throws SQLException {
        Submission resolved = ExampleBatch.submission(ExampleBatch.job());
        Submission submission =
                new Submission(resolved.job(), JobFingerprint.of(resolved.job()), resolved.input(), resolved.model());
        BatchRegisterCommand.Accepted accepted = (BatchRegisterCommand.Accepted) submit(submission, false);
        BatchId batch = accepted.batch();
        JournalTableWriter.write(
                node.ledger(),
                batch,
                new BatchEvent.Submitted(
                        ExampleBatch.AT, batch, submission.job(), submission.model(), submission.input()));
        node.kit().stop(register);
        try (Connection connection = node.ledger().connect();
                Statement statement = connection.createStatement()) {
            assertThat(
                            statement.executeUpdate(
                                    "UPDATE \"event_journal\" SET \"event_ser_id\" = 99 WHERE \"persistence_id\" LIKE 'register|%'"))
                    .isEqualTo(1);
        }
        assertThat(node.ledger().register().all()).isEmpty();
        assertThat(LedgerCheck.of(node.ledger()).findings())
                .extracting(LedgerReport.Finding::batch)
                .contains(batch.value());
        batches.clear();

        register = spawn();

        assertThat(submit(submission, false)).isEqualTo(new BatchRegisterCommand.Accepted(batch, true, false));
        assertThat(node.ledger().registerEvents())
                .containsExactly(
                        new BatchRegisterEvent.Reentered(ExampleBatch.AT, batch, ExampleBatch.AT, submission, null));
        awaitNotified(batch, new BatchCommand.EnsureStarted(submission));
        assertThat(LedgerCheck.of(node.ledger()).findings())
                .extracting(LedgerReport.Finding::batch)
                .doesNotContain(batch.value());
    }

    private <T> ActorRef<T> ignore() {
        return node.kit().system().ignoreRef();
    }
}
