package io.nightshift.coordinator.batch;

import static io.nightshift.coordinator.batch.BatchActorFixture.LEASE;
import static io.nightshift.coordinator.batch.BatchActorFixture.PATIENT;
import static io.nightshift.coordinator.batch.BatchActorFixture.SOON;
import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static io.nightshift.coordinator.batch.BatchActorFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.ledger.JournalWriteBlocker;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The requests of an operator, on a real journal, with a crash between the reply and the effect.
@Timeout(300)
final class BatchControlIT extends BatchActorTests {

    private static final Job.ErrorPolicy SCORE_THE_REST = new Job.ErrorPolicy(1, null, true);

    private BatchActorFixture batch(int partitions, Job.ErrorPolicy errors) throws IOException {
        return batch(partitions, PATIENT, errors);
    }

    private static ControlReply pause(BatchActorFixture batch) {
        return batch.ask(reply -> new BatchCommand.Pause("the warehouse is being loaded", reply));
    }

    private static ControlReply resume(BatchActorFixture batch) {
        return batch.ask(BatchCommand.Resume::new);
    }

    private static ControlReply retry(BatchActorFixture batch) {
        return batch.ask(BatchCommand.Retry::new);
    }

    private static ControlReply cancel(BatchActorFixture batch) {
        return batch.ask(reply -> new BatchCommand.Cancel("no longer needed", reply));
    }

    private static ControlReply rescore(BatchActorFixture batch, Integer... partitions) {
        return batch.ask(reply -> new BatchCommand.Rescore(List.of(partitions), reply));
    }

    private static ControlReply done(BatchActorFixture batch, Phase phase) {
        return new ControlReply.Done(batch.id, phase);
    }

    private static ControlReply refused(BatchActorFixture batch, String reason) {
        return new ControlReply.Refused(batch.id, reason);
    }

    private static void fail(BatchActorFixture batch, WorkerMessage.Lease lease) {
        batch.tell(new BatchCommand.AttemptFailed(lease.attempt(), "node:1", DISK));
    }

    @Nested
    class PauseAndResume {

        @Test
        void aPausedBatchLeasesNothingAndTakesWhatIsInFlight() throws IOException {
            BatchActorFixture batch = opened(3);
            PartitionCommit inFlight = batch.score(batch.lease(), 0);

            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));

            batch.awaitRegister(new BatchRegisterCommand.HasNoWork(batch.id));
            assertThat(batch.hasNothingToLease()).isTrue();
            batch.tell(new BatchCommand.Heartbeat(inFlight.attempt(batch.id), 5, batch.worker.ref()));
            batch.commit(inFlight);
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(inFlight.attempt(batch.id)));
            assertThat(batch.hasNothingToLease()).isTrue();
            assertThat(resume(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.complete(0);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aPauseIsAnsweredWhenItIsDurableAndOutlivesACrash() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.complete(0);
            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));

            batch.restart();

            assertThat(description(batch.awaitPhase(Phase.PAUSED)).committed()).isEqualTo(1);
            batch.open();
            assertThat(batch.hasNothingToLease()).isTrue();
            assertThat(resume(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.restart();
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
            assertThat(batch.committed()).hasSize(2);
        }

        @Test
        void aRequestWhoseWriteFailsIsNotAnsweredAndCanBeRepeated() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.lease();
            JournalWriteBlocker.failOnce();
            batch.tell(new BatchCommand.Pause("", node.kit().system().ignoreRef()));

            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));
            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));

            assertThat(batch.history(BatchEvent.Paused.class)).hasSize(1);
        }

        @Test
        void aBatchPausedWhileItIsPlannedIsPlannedAndThenWaits() throws IOException {
            BatchActorFixture batch = batch(1, LENIENT);
            CountDownLatch planned = new CountDownLatch(1);
            AtomicInteger inspections = new AtomicInteger();
            batch.onInspect = () -> {
                inspections.incrementAndGet();
                awaitLatch(planned);
            };
            batch.open();
            await().atMost(SOON).until(() -> inspections.get() == 1);
            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));
            planned.countDown();

            await().atMost(SOON).until(() -> description(batch.describe()).partitions() == 1);

            assertThat(batch.describe().phase()).isEqualTo(Phase.PAUSED);
            assertThat(batch.hasNothingToLease()).isTrue();
            assertThat(resume(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aBatchPausedBeforeItsPlanIsPlannedAfterACrash() throws IOException {
            BatchActorFixture batch = batch(1, LENIENT);
            CountDownLatch never = new CountDownLatch(1);
            batch.onInspect = () -> awaitLatch(never);
            batch.open();
            assertThat(pause(batch)).isEqualTo(done(batch, Phase.PAUSED));
            batch.onInspect = () -> {};
            batch.restart();

            await().atMost(SOON).until(() -> description(batch.describe()).partitions() == 1);

            assertThat(batch.describe().phase()).isEqualTo(Phase.PAUSED);
            never.countDown();
        }

        @Test
        void theLastCommitOfAPausedBatchIsNotPublishedBeforeItIsResumed() throws IOException {
            BatchActorFixture batch = opened(1);
            PartitionCommit last = batch.score(batch.lease(), 0);
            pause(batch);
            batch.commit(last);
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(last.attempt(batch.id)));
            batch.restart();
            await().during(Duration.ofMillis(200))
                    .atMost(SOON)
                    .until(() -> batch.describe().phase() == Phase.PAUSED);
            assertThat(batch.destination.resolve("batch=" + batch.id)).doesNotExist();

            assertThat(resume(batch)).isEqualTo(done(batch, Phase.PUBLISHING));

            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void anInputThatChangedDuringThePauseFailsTheResumedBatch() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.lease();
            pause(batch);
            batch.restart();
            batch.awaitPhase(Phase.PAUSED);
            Files.writeString(batch.source, "other rows");

            resume(batch);

            assertThat(batch.failure()).contains(batch.source.toString());
        }

        @Test
        void aSilentWorkerOfAPausedBatchLosesItsLease() throws IOException {
            BatchActorFixture batch =
                    new BatchActorFixture(node, home.resolve(name), name, 1, settings(LEASE), LENIENT);
            batch.open();
            WorkerMessage.Lease lost = batch.lease();
            PartitionCommit late = batch.score(lost, 0);
            pause(batch);
            batch.passTime(LEASE.multipliedBy(2));
            await().atMost(SOON)
                    .until(() -> description(batch.describe()).progress().inFlight() == 0);

            batch.commit(late);

            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);
            resume(batch);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }
    }

    @Nested
    class Retry {

        @Test
        void aRetryScoresOnlyPartitionsThatAreNotCommitted() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.complete(0);
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();

            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));
            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.restart();
            batch.complete(0);

            batch.awaitPhase(Phase.PUBLISHED);
            assertThat(batch.committed()).hasSize(2);
            assertThat(batch.history(BatchEvent.Retried.class)).hasSize(1);
        }

        @Test
        void aRetryOverTheErrorLimitIsRefusedUntilThePartitionIsRescored() throws IOException {
            BatchActorFixture batch = batch(2, new Job.ErrorPolicy(0.1, null));
            batch.open();
            PartitionCommit bad = batch.complete(4);
            batch.failure();

            assertThat(retry(batch))
                    .isEqualTo(refused(
                            batch, "it would fail again: 4 rows are quarantined, errors.max-rate allows 10 % of 20"));
            assertThat(rescore(batch, bad.partition())).isEqualTo(done(batch, Phase.FAILED));
            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.complete(0);
            batch.complete(0);

            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aBatchThatScoresTheRestFailsWhenOnlyFailedPartitionsAreLeft() throws IOException {
            BatchActorFixture batch = batch(4, SCORE_THE_REST);
            batch.open();
            List<WorkerMessage.Lease> leases = List.of(batch.lease(), batch.lease(), batch.lease(), batch.lease());
            batch.commit(batch.score(leases.get(2), 0));
            batch.worker.expectMessage(
                    SOON, new WorkerMessage.Committed(leases.get(2).attempt()));
            // Failed three times, while others are in flight.
            fail(batch, leases.get(1));
            fail(batch, batch.lease());
            fail(batch, batch.lease());
            assertThat(batch.describe().phase()).isEqualTo(Phase.RUNNING);
            assertThat(batch.hasNothingToLease()).isTrue();
            batch.restart();
            batch.complete(0);
            assertThat(batch.describe().phase()).isEqualTo(Phase.RUNNING);
            batch.complete(0);

            assertThat(batch.failure()).isEqualTo("these partitions failed 3 times each, all others are committed: 1");
            assertThat(batch.destination.resolve("batch=" + batch.id)).doesNotExist();
            assertThat(batch.history().getLast()).isInstanceOf(BatchEvent.Failed.class);
            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));
            assertThat(batch.complete(0).partition()).isEqualTo(1);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void theLastFailureOfABatchThatScoresTheRestIsInItsReason() throws IOException {
            BatchActorFixture batch = batch(2, SCORE_THE_REST);
            batch.open();
            batch.complete(0);
            for (int i = 0; i < 3; i++) {
                fail(batch, batch.lease());
            }

            assertThat(batch.failure())
                    .isEqualTo(
                            "these partitions failed 3 times each, all others are committed: 1. The last failure: the disk is full");
        }

        @Test
        void aRetryOfARunningBatchTriesItsFailedPartitionsAgain() throws IOException {
            BatchActorFixture batch = batch(2, SCORE_THE_REST);
            batch.open();
            WorkerMessage.Lease other = batch.lease();
            for (int i = 0; i < 3; i++) {
                fail(batch, batch.lease());
            }
            assertThat(batch.hasNothingToLease()).isTrue();

            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));

            batch.complete(0);
            batch.commit(batch.score(other, 0));
            batch.awaitPhase(Phase.PUBLISHED);
        }
    }

    @Nested
    class Rescore {

        @Test
        void rescoredPartitionsAreScoredAgainAndTheirNewPartsArePublished() throws IOException {
            BatchActorFixture batch = opened(3);
            PartitionCommit first = batch.complete(0);
            PartitionCommit second = batch.complete(2);

            assertThat(rescore(batch, 1, 0, 1)).isEqualTo(done(batch, Phase.RUNNING));
            assertThat(description(batch.describe()).committed()).isZero();
            assertThat(description(batch.describe()).read()).isZero();
            batch.commit(first);
            assertThat(batch.worker
                            .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                            .attempt())
                    .as("its epoch is used up")
                    .isEqualTo(first.attempt(batch.id));
            batch.restart();
            for (int i = 0; i < 3; i++) {
                batch.complete(0);
            }

            assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).quarantined())
                    .isZero();
            Path published = batch.destination.resolve("batch=" + batch.id);
            assertThat(Files.readString(published.resolve("part-000001.parquet")))
                    .contains(".2-")
                    .doesNotContain("." + second.epoch());
            assertThat(published).isDirectoryNotContaining("glob:**_quarantine*");
        }

        @Test
        void aRunningBatchLeasesARescoredPartitionWithoutARestart() throws IOException {
            BatchActorFixture batch = opened(2);
            PartitionCommit first = batch.complete(0);
            WorkerMessage.Lease other = batch.lease();
            assertThat(batch.hasNothingToLease()).isTrue();

            assertThat(rescore(batch, first.partition(), other.attempt().partition()))
                    .isEqualTo(done(batch, Phase.RUNNING));

            WorkerMessage.Lease again = batch.lease();
            assertThat(again.attempt().partition()).isEqualTo(first.partition());
            assertThat(again.attempt().epoch()).isGreaterThan(first.epoch());
            assertThat(batch.history(BatchEvent.Rescored.class))
                    .extracting(BatchEvent.Rescored::partitions)
                    .containsExactly(List.of(first.partition()));
        }

        @Test
        void aBatchThatFailedInItsPublicationIsRescoredAndPublished() throws IOException {
            BatchActorFixture batch = opened(2);
            AtomicInteger gone = new AtomicInteger();
            batch.onPublish = () -> {
                try (var parts = Files.newDirectoryStream(
                        batch.destination.resolve(".staging/batch=" + batch.id + "/attempts"), "part-000001*")) {
                    if (gone.getAndIncrement() == 0) {
                        for (Path part : parts) {
                            Files.delete(part);
                        }
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            };
            batch.complete(0);
            batch.complete(1);
            assertThat(batch.failure()).contains("part-000001.parquet").contains("is gone");

            assertThat(rescore(batch, 1)).isEqualTo(done(batch, Phase.FAILED));
            assertThat(retry(batch)).isEqualTo(done(batch, Phase.RUNNING));
            batch.complete(0);

            assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).quarantined())
                    .isZero();
        }

        @Test
        void aFailedBatchThatReadersSeeIsNeitherRescoredNorCancelled() throws IOException {
            BatchActorFixture batch = opened(1);
            AtomicInteger publications = new AtomicInteger();
            Path published = batch.destination.resolve("batch=" + batch.id);
            batch.onPublish = () -> {
                if (publications.incrementAndGet() == 1) {
                    throw FailureException.permanent("the share is gone");
                }
            };
            // So the batch is not fenced, and nobody looks again.
            CountDownLatch fence = new CountDownLatch(1);
            batch.onFence = () -> {
                fence.countDown();
                throw FailureException.permanent("the share is gone");
            };
            batch.complete(0);
            batch.failure();
            awaitLatch(fence);
            batch.onFence = () -> {};
            // A coordinator that was thought dead wakes up and publishes.
            Files.createDirectories(published);
            Files.writeString(published.resolve("_manifest.json"), "{}");

            String reason = "it is already visible to readers in " + published + ". Retry it to record the publication";
            assertThat(rescore(batch, 0)).isEqualTo(refused(batch, reason));
            assertThat(cancel(batch)).isEqualTo(refused(batch, reason));

            assertThat(retry(batch)).isEqualTo(done(batch, Phase.PUBLISHING));
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aFailedBatchThatReadersSeeIsRecordedAsPublished() throws IOException {
            BatchActorFixture batch = opened(1);
            Path published = batch.destination.resolve("batch=" + batch.id);
            batch.onPublish = () -> {
                batch.onPublish = () -> {};
                throw FailureException.permanent("the share is gone");
            };
            batch.onFence = () -> {
                // A coordinator that was thought dead wakes up and publishes.
                try {
                    Files.createDirectories(published);
                    Files.writeString(published.resolve("_manifest.json"), "{}");
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            };

            batch.complete(0);

            assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation())
                    .isEqualTo(2);
            assertThat(batch.history(BatchEvent.Failed.class)).hasSize(1);
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.PUBLISHED));
        }

        @Test
        void aFailedBatchIsNotShownByACoordinatorThatWakesUpLater() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.onPublish = () -> {
                throw FailureException.permanent("the share is gone");
            };

            batch.complete(0);

            batch.failure();
            Path claimed = batch.destination.resolve(".staging/batch=" + batch.id + "/output-1");
            await().atMost(SOON).until(() -> Files.isDirectory(claimed));
        }

        @Test
        void aControlThatCannotFenceIsRefusedWithTheReason() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.onPublish = () -> {
                throw FailureException.permanent("the share is gone");
            };
            batch.complete(0);
            batch.failure();
            batch.onFence = () -> {
                throw new FailureException(Failure.transientFailure("the share is still gone"));
            };

            assertThat(cancel(batch)).isEqualTo(refused(batch, "the share is still gone"));

            batch.onFence = () -> {};
            assertThat(cancel(batch)).isEqualTo(done(batch, Phase.CANCELLED));
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
            assertThat(batch.destination).isEmptyDirectory();
        }

        @Test
        void partitionsThatAreNotThereAreRefused() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.lease();

            assertThat(rescore(batch, 0, 2))
                    .isEqualTo(refused(batch, "there is no partition 2; its partitions are 0 to 1"));
            assertThat(rescore(batch, -1))
                    .isEqualTo(refused(batch, "there is no partition -1; its partitions are 0 to 1"));
            assertThat(rescore(batch)).isEqualTo(refused(batch, "the request names no partition"));
            assertThat(rescore(batch, 0)).isEqualTo(done(batch, Phase.RUNNING));
            assertThat(batch.history(BatchEvent.Rescored.class)).isEmpty();
        }
    }

    @Nested
    class CancelledWhilePublishing {

        private BatchActorFixture publishing(Runnable onPublish) throws IOException {
            BatchActorFixture batch = opened(1);
            batch.onPublish = onPublish;
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHING);
            return batch;
        }

        @Test
        void aPublicationThatHangsIsCancelledAndNeverBecomesVisible() throws IOException {
            CountDownLatch hangs = new CountDownLatch(1);
            BatchActorFixture batch = publishing(() -> awaitLatch(hangs));

            assertThat(cancel(batch)).isEqualTo(done(batch, Phase.CANCELLED));
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
            assertThat(batch.destination).isEmptyDirectory();
            hangs.countDown();

            // The end of the publication leads to another sweep.
            BatchRegisterCommand ended = new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED);
            await().atMost(SOON)
                    .until(() -> batch.register.stream().filter(ended::equals).count() == 2);
            assertThat(batch.destination).isEmptyDirectory();
            assertThat(batch.describe().phase()).isEqualTo(Phase.CANCELLED);
        }

        /// A publisher that fails after the rename leaves what was staged.
        @Test
        void nothingStaysStagedOfABatchThatReadersSeeAlready() throws IOException {
            CountDownLatch fencing = new CountDownLatch(1);
            BatchActorFixture batch = publishing(() -> awaitLatch(fencing));
            Path published = batch.destination.resolve("batch=" + batch.id);
            Path staging = batch.destination.resolve(".staging");
            batch.onFence = () -> {
                fencing.countDown();
                await().atMost(SOON).until(() -> Files.exists(published) && !Files.exists(staging));
                try {
                    Files.createDirectories(staging.resolve("batch=" + batch.id)
                            .resolve("attempts")
                            .resolve("late"));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };

            assertThat(cancel(batch)).isInstanceOf(ControlReply.Refused.class);
            batch.awaitPhase(Phase.PUBLISHED);
            assertThat(staging).doesNotExist();
        }

        @Test
        void aBatchThatReadersSeeAlreadyIsPublishedAndTheAnswerSaysSo() throws IOException {
            CountDownLatch fencing = new CountDownLatch(1);
            BatchActorFixture batch = publishing(() -> awaitLatch(fencing));
            Path published = batch.destination.resolve("batch=" + batch.id);
            batch.onFence = () -> {
                fencing.countDown();
                await().atMost(SOON).until(() -> Files.exists(published));
            };

            assertThat(cancel(batch))
                    .isEqualTo(refused(
                            batch,
                            "it became visible to readers in " + published
                                    + " before it could be cancelled, so it is published"));
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.PUBLISHED));
            assertThat(batch.history(BatchEvent.Published.class)).hasSize(1);
            assertThat(batch.history(BatchEvent.Cancelled.class)).isEmpty();
        }

        @Test
        void aPublicationThatCannotBeFencedContinues() throws IOException {
            CountDownLatch hangs = new CountDownLatch(1);
            BatchActorFixture batch = publishing(() -> awaitLatch(hangs));
            batch.onFence = () -> {
                batch.onPublish = () -> {};
                throw new FailureException(Failure.transientFailure("the share is gone"));
            };

            assertThat(cancel(batch)).isEqualTo(refused(batch, "the share is gone. The publication continues"));
            assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation())
                    .isEqualTo(2);
            hangs.countDown();
        }

        @Test
        void aFenceThatHangsIsGivenUp() throws IOException {
            BatchActorFixture batch = new BatchActorFixture(
                    node, home.resolve(name), name, 1, BatchActorFixture.stalling(BatchActorFixture.STALL), LENIENT);
            batch.open();
            CompletableFuture<Void> gate = new CompletableFuture<>();
            batch.onPublish = gate::join;
            batch.onFence = () -> {
                batch.onPublish = () -> {};
                gate.join();
            };
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHING);

            assertThat(cancel(batch))
                    .isInstanceOfSatisfying(
                            ControlReply.Refused.class,
                            refused -> assertThat(refused.reason())
                                    .contains("looking whether readers see it in " + batch.destination)
                                    .endsWith(". The publication continues"));
            batch.awaitPhase(Phase.PUBLISHED);
            gate.complete(null);
        }

        @Test
        void aBatchWhosePlannerHangsIsCancelledAtOnce() throws IOException {
            BatchActorFixture batch = batch(1, LENIENT);
            CountDownLatch hangs = new CountDownLatch(1);
            batch.onInspect = () -> awaitLatch(hangs);
            batch.open();
            batch.awaitPhase(Phase.SUBMITTED);

            assertThat(cancel(batch)).isEqualTo(done(batch, Phase.CANCELLED));
            hangs.countDown();
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
            assertThat(batch.destination).isEmptyDirectory();
        }
    }

    @Nested
    class Refusals {

        @Test
        void publishedAndPublishingBatchesRefuseControlsWithTheReason() throws IOException {
            BatchActorFixture batch = opened(1);
            CountDownLatch asked = new CountDownLatch(1);
            batch.onPublish = () -> awaitLatch(asked);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHING);
            ControlReply publishing = refused(batch, "it is being published. Wait for the end, or cancel it");
            assertThat(pause(batch)).isEqualTo(publishing);
            assertThat(rescore(batch, 0)).isEqualTo(publishing);
            assertThat(resume(batch)).isEqualTo(done(batch, Phase.PUBLISHING));
            assertThat(retry(batch)).isEqualTo(done(batch, Phase.PUBLISHING));
            asked.countDown();
            batch.awaitPhase(Phase.PUBLISHED);

            ControlReply published = refused(batch, "it is published, and a published batch never changes");
            assertThat(List.of(pause(batch), resume(batch), cancel(batch), retry(batch), rescore(batch, 0)))
                    .containsOnly(published);
        }

        @Test
        void aCancelledBatchIsCancelledAndNothingElse() throws IOException {
            BatchActorFixture batch = opened(1);
            pause(batch);
            assertThat(cancel(batch)).isEqualTo(done(batch, Phase.CANCELLED));
            batch.restart();

            assertThat(cancel(batch)).isEqualTo(done(batch, Phase.CANCELLED));

            ControlReply cancelled = refused(batch, "it is cancelled");
            assertThat(List.of(pause(batch), resume(batch), retry(batch), rescore(batch, 0)))
                    .containsOnly(cancelled);
            assertThat(batch.history(BatchEvent.Cancelled.class)).hasSize(1);
        }

        @Test
        void aFailedBatchIsNotPausedOrResumed() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();

            ControlReply failed = refused(batch, "it has failed. Retry it first");
            assertThat(List.of(pause(batch), resume(batch))).containsOnly(failed);
        }

        @Test
        void aBatchThatIsNotThereRefuses() throws IOException {
            BatchActorFixture batch = batch(1, LENIENT);

            assertThat(List.of(pause(batch), resume(batch), cancel(batch), retry(batch), rescore(batch, 0)))
                    .containsOnly(refused(batch, "there is no such batch"));
            assertThat(batch.history()).isEmpty();
        }
    }
}
