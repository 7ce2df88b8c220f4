package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A batch whose ledger lacks an entry, or has one that can't be read.
@Timeout(600)
class DamagedBatchIT {

    @TempDir
    Path home = Path.of("");

    private TestActorSystem node;
    private BatchActorFixture batch;

    @BeforeEach
    void aBatchWithTwoCommits() throws IOException {
        node = new TestActorSystem(home);
        batch = fixture("damaged");
        batch.open();
        batch.complete(0);
        batch.complete(0);
    }

    private BatchActorFixture fixture(String name) throws IOException {
        return new BatchActorFixture(
                node, home.resolve(name), name, 3, BatchActorFixture.PATIENT, new Job.ErrorPolicy(1, null));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private void damage(String sql) throws SQLException {
        try (Connection connection = node.ledger().connect();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(
                            sql + " WHERE \"persistence_id\" = 'batch|damaged' AND \"sequence_number\" = 4"))
                    .isEqualTo(1);
        }
        batch.restart();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "DELETE FROM \"event_journal\"; entry 4: its hash does not follow from the entry before",
                "UPDATE \"event_journal\" SET \"event_payload\" = X'00'; a ledger entry of only 1 bytes",
                "UPDATE \"event_journal\" SET \"event_ser_manifest\" = 'entry-9'; the journal holds a 'entry-9'",
                "UPDATE \"event_journal\" SET \"event_ser_manifest\" = 'register-1'; the ledger is damaged",
                "UPDATE \"event_journal\" SET \"event_ser_id\" = 99; serializer"
            })
    void saysWhatIsWrongAndAcceptsNothing(String sql, String reason) throws Exception {
        damage(sql);

        BatchStatus status = batch.describe();

        assertThat(status.isDamaged()).isTrue();
        assertThat(String.valueOf(status.failure())).contains("the ledger is damaged", reason);
        assertThat(batch.hasNothingToLease()).isTrue();
        assertThat(batch.ask(BatchCommand.Resume::new))
                .isInstanceOfSatisfying(
                        ControlReply.Refused.class,
                        refused -> assertThat(refused.reason()).contains(reason, "can only be cancelled"));
        assertThat(gauge()).isEqualTo(1);
    }

    @Test
    void aLateCommitIsAbandoned() throws Exception {
        WorkerMessage.Lease lease = batch.lease();
        damage("DELETE FROM \"event_journal\"");

        batch.commit(batch.score(lease, 0));

        batch.worker.expectMessageClass(WorkerMessage.Abandon.class, BatchActorFixture.SOON);
    }

    @Test
    void otherBatchesContinue() throws Exception {
        damage("DELETE FROM \"event_journal\"");
        BatchActorFixture other = fixture("other");
        other.open();
        for (int i = 0; i < 3; i++) {
            other.complete(0);
        }
        other.awaitPhase(Phase.PUBLISHED);
    }

    @Test
    void anOperatorClosesItInTheRegisterAndWhatIsStagedStays() throws Exception {
        damage("DELETE FROM \"event_journal\"");
        long entries = node.ledger().entries(batch.id);

        TestProbe<ControlReply> reply = node.kit().createTestProbe(ControlReply.class);
        batch.tell(new BatchCommand.Cancel("the disk was broken", reply.ref()));

        reply.expectMessage(BatchActorFixture.SOON, new ControlReply.Done(batch.id, Phase.CANCELLED));
        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        assertThat(node.ledger().entries(batch.id)).isEqualTo(entries);
        assertThat(batch.destination.resolve(".staging/batch=damaged/attempts")).isNotEmptyDirectory();
        await().atMost(BatchActorFixture.SOON)
                .untilAsserted(() -> assertThat(gauge()).isZero());
    }

    @Test
    void theEndIsRepeatedIfTheRegisterHasNotReceivedIt() throws Exception {
        damage("DELETE FROM \"event_journal\"");
        batch.register.clear();
        TestProbe<ControlReply> reply = node.kit().createTestProbe(ControlReply.class);
        batch.tell(new BatchCommand.EnsureStarted(batch.submission()));
        batch.tell(new BatchCommand.Cancel("the disk was broken", reply.ref()));
        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        assertThat(batch.register).hasSize(1);
        batch.register.clear();

        batch.tell(new BatchCommand.EnsureStarted(batch.submission()));

        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
    }

    private double gauge() {
        return node.registry()
                .get("nightshift.batches")
                .tag("state", "damaged")
                .gauge()
                .value();
    }
}
