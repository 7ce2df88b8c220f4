package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.ledger.JournalWriteBlocker;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/// The tests of a batch's coordinator. They share one actor system with a real journal, and each has a batch
/// with the name of the test.
abstract class BatchActorTests {

    static final Job.ErrorPolicy LENIENT = new Job.ErrorPolicy(1, null);
    static final Failure DISK = Failure.transientFailure("the disk is full");

    @TempDir
    static Path home = Path.of("");

    static TestActorSystem node;

    String name = "";

    @BeforeAll
    static void startNode() throws SQLException {
        node = new TestActorSystem(home);
        JournalWriteBlocker.install(node.ledger());
    }

    @AfterAll
    static void stopNode() {
        node.close();
    }

    @BeforeEach
    void nameTheBatch(TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
    }

    @AfterEach
    void openTheGate() {
        JournalWriteBlocker.open();
    }

    BatchActorFixture batch(int partitions, BatchSettings settings, Job.ErrorPolicy errors) throws IOException {
        return new BatchActorFixture(node, home.resolve(name), name, partitions, settings, errors);
    }

    BatchActorFixture opened(int partitions) throws IOException {
        return opened(partitions, BatchActorFixture.PATIENT);
    }

    BatchActorFixture opened(int partitions, BatchSettings settings) throws IOException {
        BatchActorFixture batch = batch(partitions, settings, LENIENT);
        batch.open();
        return batch;
    }

    static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
