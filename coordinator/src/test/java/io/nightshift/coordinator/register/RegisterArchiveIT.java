package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.LedgerReport;
import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.JournalWriter;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.coordinator.ledger.LedgerFile;
import io.nightshift.coordinator.ledger.LostBatches;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The register over a long history, in H2: ended batches leave for the archive, and a start reads a snapshot.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RegisterArchiveIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Clock CLOCK = Clock.fixed(ExampleBatch.AT, ZoneOffset.UTC);
    private static final int KEEP = 4;

    @TempDir
    Path folder = Path.of("");

    /// A run of each day, with its own key.
    private static Submission submission(int day) {
        return ExampleBatch.submission(
                ExampleBatch.job(LocalDate.of(2026, 1, 1).plusDays(day).toString()));
    }

    private static ActorRef<BatchRegisterCommand> register(TestActorSystem node) {
        return node.kit()
                .spawn(BatchRegister.create(
                        (batch, command) -> {},
                        CLOCK,
                        new LostBatches(node.ledger()),
                        node.ledger().archive(),
                        node.blocking(),
                        new RegisterSettings(100, KEEP),
                        BatchObserver.NONE));
    }

    private static BatchRegisterCommand.SubmitReply submit(
            TestActorSystem node, ActorRef<BatchRegisterCommand> register, int day, boolean fresh, String key) {
        TestProbe<BatchRegisterCommand.SubmitReply> probe =
                node.kit().createTestProbe(BatchRegisterCommand.SubmitReply.class);
        register.tell(new BatchRegisterCommand.Submit(submission(day), fresh, probe.ref(), key, null, null));
        return probe.receiveMessage(SOON);
    }

    private static BatchId accepted(BatchRegisterCommand.SubmitReply reply) {
        assertThat(reply).isInstanceOf(BatchRegisterCommand.Accepted.class);
        return ((BatchRegisterCommand.Accepted) reply).batch();
    }

    private static List<BatchId> ids(List<Entry> entries) {
        return entries.stream().map(Entry::batch).toList();
    }

    @Test
    void endedBatchesLeaveTheRegisterAndAreStillThere() {
        Path home = folder.resolve("home");
        List<BatchId> batches = new ArrayList<>();
        try (TestActorSystem node = new TestActorSystem(home)) {
            ActorRef<BatchRegisterCommand> register = register(node);
            for (int day = 0; day < 12; day++) {
                BatchId batch = accepted(submit(node, register, day, false, "key-" + day));
                register.tell(new BatchRegisterCommand.BatchEnded(
                        batch, Phase.PUBLISHED, null, day == EXTENDED ? OTHER_INPUT : null));
                batches.addFirst(batch);
            }
            await().atMost(SOON).until(() -> node.ledger().register().all().size() <= KEEP);

            check(node, register, batches);
            node.kit().stop(register);
            check(node, register(node), batches);
        }
    }

    /// The day whose batch was extended to another input.
    private static final int EXTENDED = 3;

    private static final String OTHER_INPUT = "2".repeat(64);

    private static void check(TestActorSystem node, ActorRef<BatchRegisterCommand> register, List<BatchId> batches) {
        BatchId first = batches.getLast();
        RegisteredBatches all = node.ledger().registered();
        assertThat(ids(all.page(null, null, null, 100))).isEqualTo(batches);
        List<Entry> page = all.page("flights", Phase.PUBLISHED, null, 5);
        assertThat(ids(page)).isEqualTo(batches.subList(0, 5));
        assertThat(ids(all.page(null, null, page.getLast(), 5))).isEqualTo(batches.subList(5, 10));
        assertThat(all.page("trains", null, null, 5)).isEmpty();
        assertThat(all.page(null, Phase.CANCELLED, null, 5)).isEmpty();
        assertThat(all.resolve(first.value())).isEqualTo(first);
        assertThat(all.resolve("latest")).isEqualTo(batches.getFirst());
        assertThat(all.named(first.value()).run())
                .isEqualTo(RunKey.of(submission(0).job()));
        assertThatThrownBy(() -> all.resolve("flights-"))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("12 batches begin with flights-");
        assertThat(all.register().submitted()).isEqualTo(12);

        assertThat(submit(node, register, 0, false, "key-0"))
                .as("the key is in the archive")
                .isEqualTo(new BatchRegisterCommand.Accepted(first, false, true));
        TestProbe<BatchRegisterCommand.FindReply> found =
                node.kit().createTestProbe(BatchRegisterCommand.FindReply.class);
        register.tell(new BatchRegisterCommand.FindByKey(
                "flights", "key-0", submission(0).fingerprint(), found.ref()));
        assertThat(found.receiveMessage(SOON)).isEqualTo(new BatchRegisterCommand.Found(first));
        register.tell(new BatchRegisterCommand.Find(first.value(), found.ref()));
        assertThat(found.receiveMessage(SOON)).isEqualTo(new BatchRegisterCommand.Found(first));
        TestProbe<BatchRegisterCommand.SubmitReply> reply =
                node.kit().createTestProbe(BatchRegisterCommand.SubmitReply.class);
        register.tell(new BatchRegisterCommand.Submit(submission(0), false, reply.ref(), null, null, null));
        assertThat(reply.receiveMessage(SOON))
                .as("the run's published batch is in the archive")
                .isEqualTo(new BatchRegisterCommand.AlreadyPublished(first));
        Submission day = submission(EXTENDED);
        register.tell(new BatchRegisterCommand.Submit(
                new Submission(day.job(), day.fingerprint(), OTHER_INPUT, day.model()),
                false,
                reply.ref(),
                null,
                null,
                null));
        assertThat(reply.receiveMessage(SOON))
                .as("the archive has the input that the batch has scored")
                .isEqualTo(new BatchRegisterCommand.AlreadyPublished(
                        batches.reversed().get(EXTENDED)));
    }

    /// Published batches with entries of their own.
    private static void write(Ledger ledger, int batches, int keep) throws SQLException {
        try (JournalWriter journal = JournalWriter.open(ledger)) {
            for (int day = 0; day < batches; day++) {
                BatchId batch = batch(day);
                Submission submission = submission(day);
                journal.write(new BatchRegisterEvent.Opened(ExampleBatch.AT, batch, submission, "key-" + day, null));
                LedgerEntry entry = LedgerEntry.after(
                        LedgerEntry.origin(batch),
                        new BatchEvent.Submitted(
                                ExampleBatch.AT, batch, submission.job(), ExampleBatch.MODEL, submission.input()));
                journal.write("batch|" + batch, 1, entry, ExampleBatch.AT);
                journal.write(new BatchRegisterEvent.Ended(ExampleBatch.AT, batch, Phase.CANCELLED));
                journal.archive(keep, ExampleBatch.AT);
            }
            journal.finish();
        }
    }

    private static BatchId batch(int day) {
        return new BatchId("flights-%05d".formatted(day));
    }

    private static long number(Ledger ledger, String sql) throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    private static void execute(Ledger ledger, String sql) throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(sql)).isPositive();
        }
    }

    @Test
    void aStartReadsTheSnapshotAndTheEventsAfterItOnly() throws SQLException {
        try (TestActorSystem node = new TestActorSystem(folder.resolve("home"))) {
            Ledger ledger = node.ledger();
            write(ledger, 600, KEEP);
            assertThat(number(
                            ledger,
                            "SELECT COUNT(*) FROM \"event_journal\" WHERE \"persistence_id\" LIKE 'register|%'"))
                    .isGreaterThan(BatchRegister.SNAPSHOT_EVERY);
            // If the start read them, it would lose the batches that it keeps.
            execute(ledger, """
                    UPDATE "event_journal" SET "event_payload" = X'00' WHERE "persistence_id" LIKE 'register|%'
                    """);
            ActorRef<BatchRegisterCommand> register = register(node);

            assertThat(submit(node, register, 599, false, "key-599"))
                    .isEqualTo(new BatchRegisterCommand.Accepted(batch(599), false, true));
            assertThat(submit(node, register, 0, false, "key-0"))
                    .isEqualTo(new BatchRegisterCommand.Accepted(batch(0), false, true));
            BatchRegisterState state = ledger.register();
            assertThat(state.all()).hasSizeLessThanOrEqualTo(KEEP + 1);
            assertThat(state.submitted()).isEqualTo(600);
            assertThat(new LostBatches(ledger).search(state, state.searched())).isEmpty();
        }
    }

    @Test
    void aLongHistoryLeavesBitByBitInSpiteOfUnreadableSnapshots() throws SQLException {
        try (TestActorSystem node = new TestActorSystem(folder.resolve("home"))) {
            Ledger ledger = node.ledger();
            write(ledger, 495, Integer.MAX_VALUE);
            ActorRef<BatchRegisterCommand> register = register(node);
            await().atMost(SOON).until(() -> ledger.register().all().size() == KEEP);
            await().atMost(SOON).until(() -> number(ledger, "SELECT COUNT(*) FROM \"snapshot\"") == 1);
            node.kit().stop(register);
            BatchRegisterState before = ledger.register();
            execute(ledger, "UPDATE \"snapshot\" SET \"snapshot_payload\" = X'00'");

            assertThat(ledger.register().snapshot()).isEqualTo(before.snapshot());
            register = register(node);
            assertThat(submit(node, register, 494, false, "key-494"))
                    .isEqualTo(new BatchRegisterCommand.Accepted(batch(494), false, true));
            assertThat(submit(node, register, 0, false, "key-0"))
                    .isEqualTo(new BatchRegisterCommand.Accepted(batch(0), false, true));
        }
    }

    @Test
    void theArchiveIsCheckedAndAnImportWritesItAgain() throws SQLException {
        Path home = folder.resolve("home");
        Path file = folder.resolve("export.json");
        try (EmbeddedLedger opened = EmbeddedLedger.open(home)) {
            Ledger ledger = opened.ledger();
            write(ledger, 20, KEEP);
            assertThat(LedgerCheck.of(ledger).findings()).isEmpty();
            assertThat(LedgerCheck.of(ledger).batches()).isEqualTo(20);

            execute(ledger, "DELETE FROM batch_archive WHERE batch = '%s'".formatted(batch(3)));
            execute(ledger, "DELETE FROM key_archive WHERE submission_key = 'key-5'");

            assertThat(LedgerCheck.of(ledger).findings())
                    .extracting(LedgerReport.Finding::batch)
                    .contains(batch(3).value(), batch(5).value());
            LedgerFile.write(ledger, null, file);
        }
        Path copy = folder.resolve("copy");
        EmbeddedLedger.create(copy, file);
        try (EmbeddedLedger opened = EmbeddedLedger.open(copy)) {
            assertThat(LedgerCheck.of(opened.ledger()).findings()).isEmpty();
            assertThat(opened.ledger().registered().find(batch(3))).isPresent();
            assertThat(number(opened.ledger(), "SELECT COUNT(*) FROM \"snapshot\""))
                    .isEqualTo(1);
        }
    }
}
