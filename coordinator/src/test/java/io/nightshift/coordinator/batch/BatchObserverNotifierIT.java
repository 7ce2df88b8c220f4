package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Timer;
import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checks the metrics of real batches.
class BatchObserverNotifierIT {

    @TempDir
    Path home = Path.of("");

    private TestActorSystem node;

    @BeforeEach
    void start() {
        node = new TestActorSystem(home);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private BatchActorFixture open(int partitions, Duration lease) throws IOException {
        BatchActorFixture batch = new BatchActorFixture(
                node,
                home.resolve("folder"),
                "observed",
                partitions,
                BatchActorFixture.settings(lease),
                new Job.ErrorPolicy(1, null));
        batch.open();
        batch.awaitPhase(Phase.RUNNING);
        return batch;
    }

    private double gauge(String name) {
        return node.registry().get(name).gauge().value();
    }

    private double batches(Phase phase) {
        return node.registry()
                .get("nightshift.batches")
                .tag("state", phase.toString())
                .gauge()
                .value();
    }

    private double attempts(String outcome) {
        return node.registry()
                .get("nightshift.attempts")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private double records(String outcome) {
        return node.registry()
                .get("nightshift.committed.records")
                .tag("outcome", outcome)
                .counter()
                .count();
    }

    private void awaitGauge(String name, double value) {
        await().atMost(BatchActorFixture.SOON).until(() -> gauge(name) == value);
    }

    @Test
    void waitingPartitionsLeasesAndTheirAgeAreShownWhileABatchRuns() throws IOException {
        BatchActorFixture batch = open(3, Duration.ofSeconds(30));
        awaitGauge("nightshift.queue.depth", 3);
        WorkerMessage.Lease lease = batch.lease();
        awaitGauge("nightshift.queue.depth", 2);
        awaitGauge("nightshift.leases", 1);
        await().atMost(BatchActorFixture.SOON).until(() -> gauge("nightshift.lease.age") > 0.1);
        assertThat(batches(Phase.RUNNING)).isOne();

        batch.commit(batch.score(lease, 0));
        batch.worker.expectMessage(BatchActorFixture.SOON, new WorkerMessage.Committed(lease.attempt()));
        batch.complete(2);
        batch.complete(0);
        batch.awaitPhase(Phase.PUBLISHED);

        await().atMost(BatchActorFixture.SOON).until(() -> batches(Phase.RUNNING) == 0);
        assertThat(gauge("nightshift.queue.depth")).isZero();
        assertThat(gauge("nightshift.leases")).isZero();
        assertThat(gauge("nightshift.lease.age")).isZero();
        assertThat(attempts("committed")).isEqualTo(3);
        assertThat(records("predicted")).isEqualTo(28);
        assertThat(records("quarantined")).isEqualTo(2);
        Timer published = node.registry()
                .get("nightshift.batch.duration")
                .tag("state", "published")
                .timer();
        assertThat(published.count()).isOne();
        assertThat(published.totalTime(TimeUnit.SECONDS)).isBetween(0.1, 60.0);
        Timer writes = node.registry().get("nightshift.journal.write.duration").timer();
        assertThat(writes.count()).isGreaterThanOrEqualTo(4);
        assertThat(writes.mean(TimeUnit.SECONDS)).isBetween(0.000_01, 10.0);
    }

    @Test
    void attemptsAreCountedByHowTheyEnded() throws IOException {
        BatchActorFixture batch = open(1, BatchActorFixture.LEASE);
        WorkerMessage.Lease silent = batch.lease();
        batch.passTime(BatchActorFixture.LEASE.multipliedBy(2));
        await().atMost(BatchActorFixture.SOON).until(() -> attempts("expired") == 1);

        WorkerMessage.Lease failing = batch.lease();
        batch.tell(new BatchCommand.AttemptFailed(
                failing.attempt(), "node:1", Failure.transientFailure("the disk is full")));
        await().atMost(BatchActorFixture.SOON).until(() -> attempts("failed") == 1);

        batch.commit(batch.score(silent, 0));
        batch.worker.expectMessageClass(WorkerMessage.Abandon.class, BatchActorFixture.SOON);
        assertThat(attempts("refused")).isOne();

        WorkerMessage.Lease leaving = batch.lease();
        batch.tell(new BatchCommand.ReleaseLease(leaving.attempt()));
        batch.tell(new BatchCommand.ReleaseLease(leaving.attempt()));
        batch.complete(0);
        assertThat(attempts("released")).isOne();
        assertThat(attempts("committed")).isOne();
    }

    @Test
    void theTimeBetweenHeartbeatsIsMeasured() throws IOException {
        BatchActorFixture batch = open(1, Duration.ofSeconds(30));
        WorkerMessage.Lease lease = batch.lease();
        await().atMost(BatchActorFixture.SOON).until(() -> gauge("nightshift.lease.age") > 0.2);
        batch.tell(new BatchCommand.Heartbeat(lease.attempt(), 1, batch.worker.ref()));

        Timer heartbeats = node.registry().get("nightshift.heartbeat.interval").timer();
        await().atMost(BatchActorFixture.SOON).until(() -> heartbeats.count() == 1);
        assertThat(heartbeats.max(TimeUnit.MILLISECONDS)).isBetween(200.0, 60_000.0);
    }
}
