package io.nightshift.coordinator.batch;

import static io.nightshift.coordinator.batch.BatchActorFixture.PATIENT;
import static io.nightshift.coordinator.batch.BatchActorFixture.SOON;
import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How the coordinator of a batch publishes and cancels it, on a real journal.
@Timeout(300)
final class BatchPublicationIT extends BatchActorTests {

    private static void failOnce(AtomicInteger times, String message) {
        if (times.incrementAndGet() == 1) {
            throw new FailureException(Failure.transientFailure(message));
        }
    }

    @Test
    void publishingThatFailedIsTriedAgain() throws IOException {
        BatchActorFixture batch = opened(2);
        batch.onPublish = () -> {
            throw new FailureException(Failure.transientFailure("the destination is gone"));
        };
        batch.complete(0);
        batch.complete(0);
        assertThat(batch.failure()).isEqualTo("the destination is gone");

        batch.onPublish = () -> {};
        batch.open();

        batch.awaitPhase(Phase.PUBLISHED);
        assertThat(batch.committed()).hasSize(2);
    }

    @Test
    void aTransientFailureOfPlanningOrPublishingIsTriedAgainByItself() throws IOException {
        BatchActorFixture batch = batch(1, PATIENT, LENIENT);
        AtomicInteger inspections = new AtomicInteger();
        batch.onInspect = () -> failOnce(inspections, "the share was away");
        AtomicInteger publications = new AtomicInteger();
        batch.onPublish = () -> failOnce(publications, "the disk was full");

        batch.open();
        batch.complete(0);

        batch.awaitPhase(Phase.PUBLISHED);
        assertThat(inspections).hasValue(2);
        assertThat(publications).hasValue(2);
        assertThat(batch.history(BatchEvent.Failed.class)).isEmpty();
    }

    @Test
    void aCrashWhilePublishingIsFinishedByTheNextIncarnation() throws IOException {
        BatchActorFixture batch = opened(2);
        CountDownLatch never = new CountDownLatch(1);
        batch.onPublish = () -> awaitLatch(never);
        batch.complete(0);
        batch.complete(0);
        batch.awaitPhase(Phase.PUBLISHING);

        batch.onPublish = () -> {};
        batch.restart();

        assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation()).isEqualTo(2);
        never.countDown();
    }

    /// Hangs in its first call, and can't be interrupted.
    private static Runnable hangsOnce(CompletableFuture<Void> gate) {
        AtomicBoolean isFirst = new AtomicBoolean(true);
        return () -> {
            if (isFirst.getAndSet(false)) {
                gate.join();
            }
        };
    }

    private static List<Failure> stalls(BatchActorFixture batch) {
        return batch.history(BatchEvent.StepFailed.class).stream()
                .map(BatchEvent.StepFailed::failure)
                .toList();
    }

    @Test
    void aPlannerThatHangsIsReplaced() throws IOException {
        BatchActorFixture batch = batch(1, BatchActorFixture.stalling(BatchActorFixture.STALL), LENIENT);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        batch.onInspect = hangsOnce(gate);
        batch.open();

        assertThat(description(batch.awaitPhase(Phase.RUNNING)).incarnation()).isEqualTo(2);
        assertThat(stalls(batch)).singleElement().satisfies(failure -> {
            assertThat(failure.resource())
                    .isEqualTo(new FailedResource(FailedResource.Type.MOUNT, batch.source.toString()));
            assertThat(failure.message())
                    .startsWith(batch.id + ", planning from " + batch.source + ": the file system has not answered");
        });
        assertThat(batch.stuck.count()).isOne();
        gate.complete(null);
        batch.complete(0);
        batch.awaitPhase(Phase.PUBLISHED);
        await().atMost(SOON).until(() -> batch.stuck.count() == 0);
    }

    @Test
    void aPublicationThatHangsIsDoneByTheNextIncarnation() throws IOException {
        BatchActorFixture batch = batch(1, BatchActorFixture.stalling(BatchActorFixture.STALL), LENIENT);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        batch.onPublish = hangsOnce(gate);
        batch.open();
        batch.complete(0);

        assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation()).isEqualTo(2);
        assertThat(stalls(batch))
                .singleElement()
                .satisfies(failure -> assertThat(failure.message()).contains("publishing in " + batch.destination));
        gate.complete(null);
    }

    @Test
    void whileTheFenceOfAFailedBatchHangsNoOtherOneBegins() throws IOException {
        BatchActorFixture batch = batch(1, BatchActorFixture.stalling(BatchActorFixture.STALL), LENIENT);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        AtomicInteger fences = new AtomicInteger();
        batch.onPublish = () -> {
            throw FailureException.permanent("the share is gone");
        };
        batch.onFence = () -> {
            fences.incrementAndGet();
            gate.join();
        };
        batch.open();
        batch.complete(0);
        batch.failure();
        await().atMost(SOON).until(() -> batch.stuck.count() == 1);

        assertThat(batch.ask(reply -> new BatchCommand.Cancel("", reply)))
                .isInstanceOfSatisfying(
                        ControlReply.Refused.class,
                        refused -> assertThat(refused.reason()).contains("the file system has not answered"));
        assertThat(fences).hasValue(1);

        gate.complete(null);
        await().atMost(SOON).until(() -> batch.stuck.count() == 0);
        assertThat(batch.ask(reply -> new BatchCommand.Cancel("", reply)))
                .isEqualTo(new ControlReply.Done(batch.id, Phase.CANCELLED));
    }

    @Test
    void aBatchWhosePublicationHangsFailsAndIsCancelledForGood() throws IOException {
        BatchActorFixture batch = batch(1, BatchActorFixture.stalling(BatchActorFixture.STALL), LENIENT);
        CompletableFuture<Void> gate = new CompletableFuture<>();
        batch.onPublish = gate::join;
        batch.open();
        batch.complete(0);

        assertThat(batch.failure()).contains("publishing in " + batch.destination);
        assertThat(batch.ask(reply -> new BatchCommand.Cancel("", reply)))
                .isEqualTo(new ControlReply.Done(batch.id, Phase.CANCELLED));
        gate.complete(null);
        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        await().atMost(SOON).untilAsserted(() -> assertThat(batch.destination).isEmptyDirectory());
    }

    @Test
    void aCancelledBatchLeavesNothingStagedAndGivesNothingMore() throws IOException {
        BatchActorFixture batch = opened(2);
        WorkerMessage.Lease lease = batch.lease();
        PartitionCommit commit = batch.score(lease, 0);
        batch.tell(batch.cancel("no longer needed"));
        batch.awaitPhase(Phase.CANCELLED);

        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        assertThat(batch.destination).isEmptyDirectory();
        batch.commit(commit);
        assertThat(batch.worker
                        .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                        .reason())
                .isEqualTo("the batch is cancelled");
        assertThat(batch.hasNothingToLease()).isTrue();
        batch.open();
        assertThat(batch.describe().phase()).isEqualTo(Phase.CANCELLED);
    }

    @Test
    void aCancelWhilePlanningLeavesNothingStaged() throws IOException {
        BatchActorFixture batch = batch(1, PATIENT, LENIENT);
        CountDownLatch planned = new CountDownLatch(1);
        AtomicInteger preparing = new AtomicInteger();
        batch.onPrepare = () -> {
            preparing.incrementAndGet();
            awaitLatch(planned);
        };
        batch.open();
        await().atMost(SOON).until(() -> preparing.get() == 1);
        batch.tell(batch.cancel("no longer needed"));
        batch.awaitPhase(Phase.CANCELLED);
        BatchRegisterCommand ended = new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED);
        assertThat(batch.register).doesNotContain(ended);
        planned.countDown();

        batch.awaitRegister(ended);
        assertThat(batch.destination).isEmptyDirectory();
    }

    @Test
    void aSweepThatACrashPreventedIsDoneAfterTheRestart() throws IOException {
        BatchActorFixture batch = opened(1);
        WorkerMessage.Lease lease = batch.lease();
        batch.tell(batch.cancel("no longer needed"));
        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        Files.createDirectories(Path.of(lease.staging()));
        batch.score(lease, 0);
        batch.register.clear();

        batch.restart();

        batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        assertThat(batch.destination).isEmptyDirectory();
    }
}
