package io.nightshift.coordinator.batch;

import static io.nightshift.coordinator.batch.BatchActorFixture.LEASE;
import static io.nightshift.coordinator.batch.BatchActorFixture.PATIENT;
import static io.nightshift.coordinator.batch.BatchActorFixture.SOON;
import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static io.nightshift.coordinator.batch.BatchActorFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.ledger.JournalTableWriter;
import io.nightshift.coordinator.ledger.JournalWriteBlocker;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Submission;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The coordinator of a batch whose workers fall silent, or whose own process or journal fails.
@Timeout(300)
final class BatchRecoveryIT extends BatchActorTests {

    @Nested
    class CrashesWhilePlanning {

        /// A process that ends while it plans leaves only what it has recorded before.
        private void crash(BatchActorFixture batch, String node) {
            batch.stepRuns().begin(batch.id, "plan", node, node);
        }

        @Test
        void aPlanThatEndsEachProcessFailsTheBatchAndEndsNoOther() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            AtomicInteger plans = new AtomicInteger();
            batch.onInspect = plans::incrementAndGet;
            for (String node : List.of("node:2", "node:3", "node:4")) {
                crash(batch, node);
            }
            Submission submission = batch.submission();
            plans.set(0);

            batch.tell(new BatchCommand.Open(submission));

            assertThat(batch.failure())
                    .startsWith("the step plan of " + batch.id
                            + " has ended the process of its node 3 times, on node:2, node:3, node:4");
            assertThat(plans).hasValue(0);
            batch.ask(reply -> new BatchCommand.Retry(reply, null));
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aPlanThatSucceedsEndsTheSeriesOfCrashes() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            crash(batch, "node:2");
            crash(batch, "node:3");
            batch.open();
            batch.awaitPhase(Phase.RUNNING);

            assertThat(batch.stepRuns().begin(batch.id, "plan", "next", "node:1"))
                    .isEmpty();
        }

        @Test
        void aCoordinatorThatIsStoppedWhileItPlansHasNotCrashed() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            Submission submission = batch.submission();
            CountDownLatch plans = new CountDownLatch(1);
            CompletableFuture<Void> gate = new CompletableFuture<>();
            batch.onInspect = () -> {
                plans.countDown();
                gate.join();
            };
            batch.tell(new BatchCommand.Open(submission));
            awaitLatch(plans);

            batch.stop();

            await().atMost(SOON).untilAsserted(() -> {
                List<String> left = batch.stepRuns().begin(batch.id, "plan", "probe", "node:9");
                batch.stepRuns().end(batch.id, "probe");
                assertThat(left).isEmpty();
            });
            gate.complete(null);
        }
    }

    @Nested
    class LeasesAndHeartbeats {

        @Test
        void aReleasedPartitionIsLeasedAgainAtOnceAndCountsAsNoFailure() throws IOException {
            BatchActorFixture batch = opened(1);
            for (int i = 0; i < 10; i++) {
                WorkerMessage.Lease lease = batch.lease();
                batch.tell(new BatchCommand.ReleaseLease(lease.attempt()));
                batch.tell(new BatchCommand.ReleaseLease(lease.attempt()));
            }
            WorkerMessage.Lease last = batch.lease();
            assertThat(last.attempt().epoch().lease()).isEqualTo(11);
            assertThat(description(batch.describe()).progress().attemptsFailed())
                    .isZero();
            batch.commit(batch.score(last, 0));
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aWorkerWhoseLeaseWasLostHasTheSameAgain() throws IOException {
            BatchActorFixture batch = opened(3);
            batch.lease();
            TestProbe<WorkerMessage> worker = node.kit().createTestProbe(WorkerMessage.class);
            WorkerMessage.Lease first = batch.lease(worker);

            assertThat(batch.lease(worker)).isEqualTo(first);

            batch.tell(new BatchCommand.ReleaseLease(first.attempt()));
            WorkerMessage.Lease next = batch.lease(worker);
            assertThat(next.attempt().epoch()).isGreaterThan(first.attempt().epoch());
            assertThat(batch.lease(worker)).isEqualTo(next);
            assertThat(batch.lease().attempt().partition())
                    .isNotEqualTo(next.attempt().partition());
        }

        @Test
        void heartbeatsKeepALeaseAndAnotherOneExpires() throws IOException {
            BatchActorFixture batch = opened(2, settings(LEASE));
            PartitionCommit kept = batch.score(batch.lease(), 0);
            WorkerMessage.Lease silent = batch.lease();

            batch.passTime(
                    LEASE.multipliedBy(2),
                    () -> batch.tell(new BatchCommand.Heartbeat(kept.attempt(batch.id), 7, batch.worker.ref())));

            assertThat(description(batch.describe()).progress().rowsDone()).isEqualTo(7);
            assertThat(batch.history(BatchEvent.AttemptFailed.class))
                    .singleElement()
                    .extracting(BatchEvent.AttemptFailed::partition)
                    .isEqualTo(silent.attempt().partition());
            batch.commit(kept);
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(kept.attempt(batch.id)));
        }

        @Test
        void theHeartbeatOfALostLeaseIsAnsweredWithAbandon() throws IOException {
            BatchActorFixture batch = opened(2);
            WorkerMessage.Lease lease = batch.lease();
            batch.restart();
            batch.lease();

            batch.tell(new BatchCommand.Heartbeat(lease.attempt(), 1, batch.worker.ref()));

            assertThat(batch.worker
                            .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                            .attempt())
                    .isEqualTo(lease.attempt());
        }

        @Test
        void aPartitionWhoseWorkersAlwaysGoSilentFailsTheBatch() throws IOException {
            BatchActorFixture batch = opened(1, settings(Duration.ofMillis(200)));
            Set<WorkerMessage.Lease> leases = new HashSet<>();
            for (int i = 0; i < 3; i++) {
                leases.add(batch.lease());
            }

            assertThat(batch.failure())
                    .isEqualTo("partition 0 failed 3 times. The last failure: no heartbeat for 0.2 s");
            assertThat(leases).hasSize(3);
            assertThat(batch.history(BatchEvent.AttemptFailed.class)).hasSize(3);
        }

        @Test
        void aCoordinatorThatWasBlockedDoesNotBlameItsWorkers() throws IOException {
            BatchActorFixture batch = opened(2, settings(LEASE));
            PartitionCommit one = batch.score(batch.lease(), 0);
            PartitionCommit two = batch.score(batch.lease(), 0);
            JournalWriteBlocker.shut();
            batch.commit(one);
            await().atMost(SOON).until(JournalWriteBlocker::isBlocking);
            batch.skipTime(LEASE.multipliedBy(2));
            JournalWriteBlocker.open();
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(one.attempt(batch.id)));
            batch.awaitTicks();
            batch.awaitTicks();

            batch.commit(two);

            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(two.attempt(batch.id)));
            assertThat(batch.history(BatchEvent.AttemptFailed.class)).isEmpty();
        }
    }

    @Nested
    class Recovery {

        @Test
        void aRestartRefusesOldEpochsAndLeasesNothingCommittedAgain() throws IOException {
            BatchActorFixture batch = opened(4);
            Set<Integer> committed = new HashSet<>();
            committed.add(batch.complete(0).partition());
            committed.add(batch.complete(0).partition());
            PartitionCommit old = batch.score(batch.lease(), 0);
            assertThat(old.epoch().incarnation()).isEqualTo(1);

            batch.restart();
            WorkerMessage.Lease next = batch.lease();

            assertThat(next.attempt().epoch().incarnation()).isEqualTo(2);
            assertThat(next.attempt().epoch()).isGreaterThan(old.epoch());
            batch.commit(old);
            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);
            WorkerMessage.Lease last = batch.lease();
            assertThat(committed)
                    .doesNotContain(next.attempt().partition(), last.attempt().partition());
            assertThat(batch.hasNothingToLease()).isTrue();
            for (WorkerMessage.Lease lease : List.of(next, last)) {
                batch.commit(batch.score(lease, 0));
                batch.worker.expectMessage(SOON, new WorkerMessage.Committed(lease.attempt()));
            }
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void anOpenThatWaitedForTheRecoveryTakesOverOnce() throws IOException {
            BatchActorFixture batch = opened(20);
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();

            batch.restart();
            batch.open();
            batch.open();
            Set<Object> epochs = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                assertThat(epochs.add(batch.lease().attempt().epoch())).isTrue();
            }

            assertThat(batch.history(BatchEvent.TookOver.class))
                    .extracting(BatchEvent.TookOver::incarnation)
                    .containsExactly(1, 2);
        }

        @Test
        void aFailedJournalWriteIsRecoveredFromWithANewIncarnation() throws IOException {
            BatchActorFixture batch = opened(2, settings(LEASE));
            WorkerMessage.Lease old = batch.lease();
            JournalWriteBlocker.failOnce();
            batch.commit(batch.score(old, 0));
            await().atMost(SOON).until(JournalWriteBlocker::hasFailed);

            WorkerMessage.Lease first = batch.lease();
            WorkerMessage.Lease second = batch.lease();

            assertThat(first.attempt().epoch().incarnation()).isEqualTo(2);
            assertThat(second.attempt().epoch().incarnation()).isEqualTo(2);
            assertThat(first.attempt().partition())
                    .isNotEqualTo(second.attempt().partition());
            batch.commit(batch.score(old, 0));
            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);
            batch.passTime(LEASE.multipliedBy(2));
            assertThat(batch.lease().attempt().epoch())
                    .as("leases are still watched")
                    .isGreaterThan(second.attempt().epoch());
            assertThat(batch.committed()).isEmpty();
        }

        @Test
        void anAttemptThatALaterCoordinatorLeasedIsNotRefused() throws IOException {
            BatchActorFixture batch = opened(1);
            PartitionCommit own = batch.score(batch.lease(), 0);
            Epoch later = new Epoch(9, 1);
            PartitionCommit successors = PartitionCommitBuilder.builder()
                    .partition(0)
                    .epoch(later)
                    .node("node:2")
                    .firstRow(own.firstRow())
                    .rows(own.rows())
                    .read(own.read())
                    .part(own.part())
                    .model(own.model())
                    .build();

            batch.commit(successors);
            batch.tell(new BatchCommand.Heartbeat(successors.attempt(batch.id), 1, batch.worker.ref()));
            batch.commit(own);

            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(own.attempt(batch.id)));
            batch.worker.expectNoMessage(Duration.ofMillis(100));
            assertThat(batch.committed()).containsExactly(own);
        }

        @Test
        void aFailedBatchThatAnotherCoordinatorHasResumedIsNoticed() throws IOException {
            BatchActorFixture batch = opened(1, settings(LEASE));
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();
            JournalTableWriter.write(
                    node.ledger(),
                    node.ledger().state(batch.id),
                    new BatchEvent.Retried(ExampleBatch.AT),
                    new BatchEvent.TookOver(ExampleBatch.AT, 2, "node:2"));
            batch.skipTime(LEASE);

            assertThat(batch.lease().attempt().epoch()).isEqualTo(new Epoch(3, 1));

            batch.passTime(LEASE.multipliedBy(2));
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }
    }
}
