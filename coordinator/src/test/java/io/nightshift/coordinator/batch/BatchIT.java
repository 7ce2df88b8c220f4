package io.nightshift.coordinator.batch;

import static io.nightshift.coordinator.batch.BatchActorFixture.LEASE;
import static io.nightshift.coordinator.batch.BatchActorFixture.PATIENT;
import static io.nightshift.coordinator.batch.BatchActorFixture.SOON;
import static io.nightshift.coordinator.batch.BatchActorFixture.description;
import static io.nightshift.coordinator.batch.BatchActorFixture.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.JournalTableWriter;
import io.nightshift.coordinator.ledger.JournalWriteBlocker;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchStatusBuilder;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The coordinator of a batch with a real journal: its plan, its commits, failed attempts, and what it tells the
/// register.
@Timeout(300)
final class BatchIT extends BatchActorTests {

    @Nested
    class Commits {

        @Test
        void aBatchIsPublishedWhenEveryPartitionIsCommitted() throws IOException {
            BatchActorFixture batch = opened(3);
            batch.complete(0);
            batch.complete(2);
            assertThat(batch.destination.resolve("batch=" + batch.id)).doesNotExist();
            batch.complete(0);

            BatchStatus status = batch.awaitPhase(Phase.PUBLISHED);

            Path published = batch.destination.resolve("batch=" + batch.id);
            assertThat(description(status).destination()).isEqualTo(published.toString());
            assertThat(published)
                    .isDirectoryContaining("glob:**/part-000000.parquet")
                    .isDirectoryContaining("glob:**/part-000002.parquet")
                    .isDirectoryContaining("glob:**/_quarantine-000001.parquet")
                    .isDirectoryContaining("glob:**/_manifest.json")
                    .isDirectoryContaining("glob:**/_SUCCESS");
            assertThat(batch.destination.resolve(".staging")).doesNotExist();
            assertThat(description(status).progress().rowsDone()).isEqualTo(30);
            assertThat(description(status).quarantined()).isEqualTo(2);
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.PUBLISHED));
        }

        @Test
        void aLateCommitOfAnOldEpochIsRefused() throws IOException {
            BatchActorFixture batch = opened(1, settings(LEASE));
            WorkerMessage.Lease old = batch.lease();
            PartitionCommit late = batch.score(old, 0);
            batch.passTime(LEASE.multipliedBy(2));
            WorkerMessage.Lease newer = batch.lease();
            assertThat(newer.attempt().partition()).isEqualTo(old.attempt().partition());
            assertThat(newer.attempt().epoch()).isGreaterThan(old.attempt().epoch());

            batch.commit(late);
            assertThat(batch.worker
                            .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                            .attempt())
                    .isEqualTo(old.attempt());
            PartitionCommit winner = batch.score(newer, 0);
            batch.commit(winner);
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(newer.attempt()));
            batch.commit(late);
            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);

            assertThat(batch.committed()).containsExactly(winner);
        }

        @Test
        void aCommitIsAcknowledgedOnlyWhenItIsDurable() throws IOException {
            BatchActorFixture batch = opened(2);
            PartitionCommit commit = batch.score(batch.lease(), 0);
            JournalWriteBlocker.shut();

            batch.commit(commit);
            await().atMost(SOON).until(JournalWriteBlocker::isBlocking);
            batch.worker.expectNoMessage(Duration.ofMillis(100));
            assertThat(batch.committed()).isEmpty();

            JournalWriteBlocker.open();
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));
            assertThat(batch.committed()).containsExactly(commit);
        }

        @Test
        void aLedgerWithEventsOfALaterVersionIsNotWrittenTo() throws Exception {
            BatchActorFixture batch = opened(2);
            batch.complete(0);
            PartitionCommit second = batch.score(batch.lease(), 0);
            BatchState before = node.ledger().state(batch.id);
            JournalTableWriter.writeLater(
                    node.ledger(),
                    before,
                    new CBORMapper().writeValueAsBytes(Map.of("event", "shadowed", "share", 0.1)));

            batch.restart();
            batch.commit(second);
            batch.worker.expectNoMessage(Duration.ofSeconds(1));

            assertThat(node.ledger().entries(batch.id)).isEqualTo(before.entries() + 1);
            assertThatThrownBy(() -> node.ledger().state(batch.id))
                    .hasMessageStartingWith("the ledger can't be read by this version: ")
                    .hasMessageEndingWith(
                            "'shadowed' is unknown to this version of Nightshift; a newer version wrote it");
        }

        @Test
        void aRepeatedCommitIsAcknowledgedAgainAndStoredOnce() throws IOException {
            BatchActorFixture batch = opened(2);
            PartitionCommit commit = batch.complete(1);

            for (int i = 0; i < 3; i++) {
                batch.commit(commit);
                batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));
            }
            batch.restart();
            batch.commit(commit);
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));

            assertThat(batch.committed()).containsExactly(commit);
        }

        @Test
        void aCommitRepeatedWhileItIsWrittenIsStoredOnce() throws IOException {
            BatchActorFixture batch = opened(2);
            PartitionCommit commit = batch.score(batch.lease(), 0);
            JournalWriteBlocker.shut();
            batch.commit(commit);
            batch.commit(commit);
            batch.commit(commit);
            JournalWriteBlocker.open();

            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));
            assertThat(description(batch.describe()).committed()).isEqualTo(1);
            assertThat(batch.committed()).containsExactly(commit);
        }

        @Test
        void commitsThatArriveTogetherShareAJournalWrite() throws IOException {
            BatchActorFixture batch = opened(6);
            List<PartitionCommit> commits = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                commits.add(batch.score(batch.lease(), 0));
            }
            JournalWriteBlocker.shut();
            batch.commit(commits.getFirst());
            await().atMost(SOON).until(JournalWriteBlocker::isBlocking);
            commits.subList(1, 6).forEach(commit -> batch.commit(commit));
            JournalWriteBlocker.open();

            for (PartitionCommit commit : commits) {
                batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));
            }
            assertThat(batch.history(BatchEvent.Committed.class))
                    .extracting(event -> event.commits().size())
                    .containsExactly(1, 5);
        }

        @Test
        void aCommitOfOtherRowsOrAnotherModelIsRefused() throws IOException {
            BatchActorFixture batch = opened(2);
            PartitionCommit good = batch.score(batch.lease(), 0);

            batch.commit(PartitionCommitBuilder.builder()
                    .partition(good.partition())
                    .epoch(good.epoch())
                    .node("node:1")
                    .firstRow(3)
                    .rows(10)
                    .read(10)
                    .part(good.part())
                    .model(good.model())
                    .build());
            assertThat(batch.worker
                            .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                            .reason())
                    .isEqualTo("the attempt scored other rows than planned");
            batch.commit(PartitionCommitBuilder.builder()
                    .partition(good.partition())
                    .epoch(good.epoch())
                    .node("node:1")
                    .firstRow(0)
                    .rows(10)
                    .read(10)
                    .part(good.part())
                    .model("0".repeat(64))
                    .build());
            assertThat(batch.worker
                            .expectMessageClass(WorkerMessage.Abandon.class, SOON)
                            .reason())
                    .isEqualTo("the attempt scored with another model");
            batch.commit(PartitionCommitBuilder.builder()
                    .partition(99)
                    .epoch(good.epoch())
                    .node("node:1")
                    .firstRow(0)
                    .rows(10)
                    .read(10)
                    .part(good.part())
                    .model(good.model())
                    .build());
            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);
            assertThat(batch.committed()).isEmpty();
        }
    }

    @Nested
    class FailedAttempts {

        @Test
        void transientFailuresAreTriedAgainAndBounded() throws IOException {
            BatchActorFixture batch = opened(1);
            for (int i = 0; i < 3; i++) {
                WorkerMessage.Lease lease = batch.lease();
                assertThat(lease.attempt().partition()).isZero();
                batch.tell(new BatchCommand.AttemptFailed(lease.attempt(), "node:1", DISK));
                // The second message counts no second failure.
                batch.tell(new BatchCommand.AttemptFailed(lease.attempt(), "node:1", DISK));
            }

            assertThat(batch.failure()).isEqualTo("partition 0 failed 3 times. The last failure: the disk is full");
            assertThat(batch.history(BatchEvent.AttemptFailed.class)).hasSize(3);
            batch.awaitRegister(new BatchRegisterCommand.HasNoWork(batch.id));

            batch.open();
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void theNextAttemptWaits() throws IOException {
            BatchSettings slow = new BatchSettings(
                    Duration.ofSeconds(30),
                    Duration.ofMillis(40),
                    new RetryPolicy(
                            3,
                            Duration.ofSeconds(2),
                            Duration.ofSeconds(5),
                            0,
                            Duration.ZERO,
                            Duration.ZERO,
                            Duration.ZERO),
                    PATIENT.stallAfter(),
                    Duration.ofSeconds(1));
            BatchActorFixture batch = opened(1, slow);
            long begin = System.nanoTime();
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", DISK));
            assertThat(batch.hasNothingToLease()).isTrue();

            batch.lease();

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
        }

        @Test
        void aPermanentFailureFailsTheBatchAtOnce() throws IOException {
            BatchActorFixture batch = opened(3);
            WorkerMessage.Lease other = batch.lease();
            batch.tell(new BatchCommand.AttemptFailed(
                    batch.lease().attempt(), "node:1", Failure.permanent("input.parquet is truncated")));

            assertThat(batch.failure()).isEqualTo("input.parquet is truncated");
            assertThat(batch.hasNothingToLease()).isTrue();
            batch.tell(new BatchCommand.Heartbeat(other.attempt(), 1, batch.worker.ref()));
            batch.worker.expectMessageClass(WorkerMessage.Abandon.class, SOON);
        }

        @Test
        void overTheErrorLimitTheBatchFailsEarlyWithTheFirstReasons() throws IOException {
            BatchActorFixture batch = batch(3, PATIENT, new Job.ErrorPolicy(0.1, null));
            batch.open();
            PartitionCommit commit = batch.score(batch.lease(), 4);
            batch.commit(commit, "row 1: no distance", "row 2: no date", "row 5: no id", "row 6: no more");
            batch.worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(batch.id)));
            String message = "4 rows are quarantined, errors.max-rate allows 10 % of 30."
                    + " The first: row 1: no distance; row 2: no date; row 5: no id";

            assertThat(batch.failure()).isEqualTo(message);
            batch.open();
            assertThat(batch.failure()).isEqualTo(message);
            batch.restart();
            batch.open();
            assertThat(batch.failure()).isEqualTo(message);
            assertThat(batch.hasNothingToLease()).isTrue();
        }

        @Test
        void aBatchOverItsErrorLimitIsNeverPublished() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, new Job.ErrorPolicy(1, 3L));
            batch.open();
            PartitionCommit commit = batch.score(batch.lease(), 4);
            batch.commit(commit);
            assertThat(batch.failure()).startsWith("4 rows are quarantined, errors.max-rows allows 3");
            List<BatchEvent> history = batch.history();
            assertThat(history.getLast()).isInstanceOf(BatchEvent.Failed.class);
            assertThat(history.get(history.size() - 2)).isInstanceOf(BatchEvent.Committed.class);

            batch.restart();
            batch.open();

            assertThat(batch.failure()).startsWith("4 rows are quarantined");
            assertThat(batch.destination.resolve("batch=" + batch.id)).doesNotExist();
        }
    }

    @Nested
    class PlanningAndInput {

        @Test
        void aChangedInputStopsTheBatchAndItResumesOnceTheInputIsRestored() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.complete(0);
            String content = Files.readString(batch.source);
            FileTime time = Files.getLastModifiedTime(batch.source);
            Files.writeString(batch.source, content + " and more");

            batch.restart();
            assertThat(batch.failure())
                    .contains(batch.id.value(), batch.source.toString(), "its length was 4 bytes and is 13")
                    .contains("it was last modified at", "--new");

            batch.open();
            assertThat(batch.failure()).contains("its length was 4 bytes and is 13");

            Files.writeString(batch.source, content);
            Files.setLastModifiedTime(batch.source, time);
            batch.open();
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
            assertThat(batch.committed()).hasSize(2);
        }

        @Test
        void anInputThatChangesBetweenSubmissionAndPlanStopsTheBatch() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            String content = Files.readString(batch.source);
            FileTime time = Files.getLastModifiedTime(batch.source);
            // It has the length and the time of the submitted file, and other content.
            batch.onInspect = () -> write(batch.source, "sowr", time);
            batch.open();
            assertThat(batch.failure())
                    .startsWith("the input changed after " + batch.id + " was submitted and before it was planned");

            batch.onInspect = () -> write(batch.source, content, time);
            batch.open();
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void anInputThatChangesAfterTheLastCommitStopsThePublication() throws IOException {
            BatchActorFixture batch = opened(1);
            String content = Files.readString(batch.source);
            FileTime time = Files.getLastModifiedTime(batch.source);
            PartitionCommit commit = batch.score(batch.lease(), 0);
            write(batch.source, "sowr", time);
            batch.commit(commit);
            assertThat(batch.failure())
                    .contains(batch.source.toString(), "its content is different", "Put the file back as it was");
            assertThat(batch.destination.resolve("batch=" + batch.id)).doesNotExist();

            write(batch.source, content, time);
            batch.open();
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void anInputThatChangesOnceReadersSeeTheBatchDoesNotStopItsEnd() throws IOException {
            BatchActorFixture batch = opened(1);
            FileTime time = Files.getLastModifiedTime(batch.source);
            AtomicInteger publications = new AtomicInteger();
            batch.onPublish = () -> {
                if (publications.incrementAndGet() == 1) {
                    JournalWriteBlocker.failOnce();
                    write(batch.source, "sowr", time);
                }
            };
            batch.complete(0);

            assertThat(description(batch.awaitPhase(Phase.PUBLISHED)).incarnation())
                    .as("the event of the publication was written by the next coordinator")
                    .isEqualTo(2);
        }

        private static void write(Path file, String content, FileTime time) {
            try {
                Files.writeString(file, content);
                Files.setLastModifiedTime(file, time);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Test
        void anInputThatTheCoordinatorsNodeLacksIsLeftToTheWorkers() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.lease();
            Files.delete(batch.source);

            batch.restart();

            Failure missing = Failure.of(FailedResource.Type.INPUT, batch.source.toString(), "it is gone");
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", missing));
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", missing));
            assertThat(batch.failure()).startsWith("it is gone");
        }

        @Test
        void planningThatFailedIsTriedAgain() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            batch.onInspect = () -> {
                // Most failures have a cause, which is not the batch's failure.
                throw new FailureException(
                        Failure.permanent("the column distance is missing from input.parquet"),
                        new IOException("no column"));
            };
            batch.open();
            assertThat(batch.failure()).isEqualTo("the column distance is missing from input.parquet");

            batch.onInspect = () -> {};
            batch.open();
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void anUnexpectedErrorWhilePlanningFailsTheBatch() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            batch.onInspect = () -> {
                throw new IllegalStateException("out of luck");
            };
            batch.open();

            assertThat(batch.failure()).contains("an unexpected error", "out of luck");
        }

        @Test
        void anInputWithoutRowsIsAnEmptyBatchThatIsPublished() throws IOException {
            BatchActorFixture batch = opened(0);
            batch.complete(0);

            BatchStatus published = batch.awaitPhase(Phase.PUBLISHED);
            assertThat(description(published).rows()).isZero();
            assertThat(description(published).partitions()).isEqualTo(1);
            assertThat(description(published).predictions()).isZero();
        }

        @Test
        void aReportToAnEarlierIncarnationIsIgnored() throws IOException {
            BatchActorFixture batch = batch(2, PATIENT, LENIENT);
            CountDownLatch late = new CountDownLatch(1);
            AtomicInteger inspections = new AtomicInteger();
            batch.onInspect = () -> {
                if (inspections.incrementAndGet() == 1) {
                    awaitLatch(late);
                    throw FailureException.permanent("the disk was not there yet");
                }
            };
            batch.open();
            await().atMost(SOON).until(() -> inspections.get() == 1);
            JournalWriteBlocker.failOnce();
            batch.tell(batch.cancel("this write fails, and the coordinator recovers"));
            batch.lease();

            late.countDown();

            await().during(Duration.ofMillis(300))
                    .atMost(SOON)
                    .until(() -> batch.describe().phase() == Phase.RUNNING);
            assertThat(batch.history(BatchEvent.Planned.class)).hasSize(1);
        }
    }

    @Nested
    class RegisterAndStatus {

        @Test
        void aRegisterThatStartedAnewLearnsOfTheWork() throws IOException {
            BatchActorFixture batch = opened(2);
            batch.awaitRegister(new BatchRegisterCommand.HasWork(batch.id));
            batch.register.clear();

            batch.tell(new BatchCommand.EnsureStarted(batch.submission()));

            batch.awaitRegister(new BatchRegisterCommand.HasWork(batch.id));
        }

        @Test
        void aRegisterThatMissedTheEndLearnsOfIt() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
            BatchRegisterCommand ended = new BatchRegisterCommand.BatchEnded(batch.id, Phase.PUBLISHED);
            for (BatchCommand command : List.of(
                    new BatchCommand.EnsureStarted(batch.submission()),
                    new BatchCommand.Open(batch.submission()),
                    batch.cancel("replaced by a later batch"))) {
                batch.awaitRegister(ended);
                batch.register.clear();
                batch.tell(command);
            }
            batch.awaitRegister(ended);
            batch.register.clear();
            batch.restart();
            batch.awaitRegister(ended);
        }

        @Test
        void aBatchWhoseOpenWasLostIsStartedWhenItIsWoken() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            batch.tell(new BatchCommand.EnsureStarted(batch.submission()));

            batch.complete(0);

            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aFailedBatchThatIsWokenStaysFailed() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();
            batch.restart();

            batch.tell(new BatchCommand.EnsureStarted(batch.submission()));

            assertThat(batch.failure()).isEqualTo("no");
        }

        @Test
        void anEndedBatchLeavesMemoryAndIsThereAgainWhenSomebodyAsks() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);

            batch.shard.expectMessageClass(ClusterSharding.Passivate.class, SOON);
            batch.restart();

            assertThat(batch.describe().phase()).isEqualTo(Phase.PUBLISHED);
            batch.shard.expectMessageClass(ClusterSharding.Passivate.class, SOON);
        }

        @Test
        void aFailedBatchLeavesMemoryAfterItsAlertUntilARetry() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", Failure.permanent("no")));
            batch.failure();
            await().atMost(SOON).until(() -> !batch.alerts.isEmpty());
            batch.recordAlerts();

            batch.shard.expectMessageClass(ClusterSharding.Passivate.class, SOON);
            assertThat(lastFailureChange(batch).timing()).isNotNull();
            batch.restart();
            assertThat(batch.ask(reply -> new BatchCommand.Retry(reply, null)))
                    .isEqualTo(new ControlReply.Done(batch.id, Phase.RUNNING));

            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
            assertThat(lastFailureChange(batch).timing())
                    .as("the register asks for it again")
                    .isNull();
        }

        private static BatchRegisterCommand.FailureChanged lastFailureChange(BatchActorFixture batch) {
            return batch.register.stream()
                    .filter(BatchRegisterCommand.FailureChanged.class::isInstance)
                    .map(BatchRegisterCommand.FailureChanged.class::cast)
                    .reduce((first, second) -> second)
                    .orElseThrow();
        }

        @Test
        void anExceptionOfItsOwnCodeRestartsTheCoordinator() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);
            AtomicInteger commands = new AtomicInteger();
            batch.onRegister = command -> {
                if (command instanceof BatchRegisterCommand.HasWork && commands.getAndIncrement() == 0) {
                    throw new IllegalStateException("a mistake");
                }
            };

            batch.open();

            await().atMost(SOON)
                    .until(() -> batch.history(BatchEvent.TookOver.class).size() == 2);
            batch.complete(0);
            batch.awaitPhase(Phase.PUBLISHED);
        }

        @Test
        void aCancelledBatchLeavesMemoryToo() throws IOException {
            BatchActorFixture batch = opened(1);
            batch.tell(batch.cancel("no longer needed"));

            batch.shard.expectMessageClass(ClusterSharding.Passivate.class, SOON);
            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
        }

        @Test
        void aBatchThatWasNeverOpenedCanBeCancelled() throws IOException {
            BatchActorFixture batch = batch(1, PATIENT, LENIENT);

            batch.tell(batch.cancel("cancelled before it was opened"));
            assertThat(batch.describe().phase()).isNull();
            assertThat(batch.register).isEmpty();
            batch.tell(new BatchCommand.EnsureStarted(batch.submission()));
            batch.tell(batch.cancel("replaced by a later batch"));

            batch.awaitRegister(new BatchRegisterCommand.BatchEnded(batch.id, Phase.CANCELLED));
            assertThat(batch.destination).isEmptyDirectory();
        }

        @Test
        void aStatusReportsTheProgressOfTheBatch() throws IOException {
            BatchActorFixture batch = batch(3, PATIENT, LENIENT);
            assertThat(batch.describe().phase()).isNull();
            batch.open();
            batch.complete(2);
            WorkerMessage.Lease lease = batch.lease();
            batch.tell(new BatchCommand.Heartbeat(lease.attempt(), 4, batch.worker.ref()));
            batch.tell(new BatchCommand.AttemptFailed(batch.lease().attempt(), "node:1", DISK));

            BatchStatus status = await().atMost(SOON)
                    .until(
                            batch::describe,
                            described -> description(described).progress().attemptsFailed() == 1);

            assertThat(status)
                    .isEqualTo(BatchStatusBuilder.builder()
                            .batch(batch.id)
                            .phase(Phase.RUNNING)
                            .input(batch.submission().input())
                            .description(status.description())
                            .build());
            BatchDescription description = Objects.requireNonNull(status.description());
            assertThat(description)
                    .isEqualTo(BatchDescriptionBuilder.builder()
                            .batch(batch.id.value())
                            .job(batch.submission().job().name())
                            .model(batch.submission().model().toString())
                            .state("running")
                            .submittedAt(description.submittedAt())
                            .incarnation(1)
                            .rows(30)
                            .partitions(3)
                            .committed(1)
                            .read(10)
                            .predictions(8)
                            .quarantined(2)
                            .bytes(description.bytes())
                            .progress(new BatchDescription.Progress(14, 1, 1, false))
                            .ledger(description.ledger())
                            .timing(description.timing())
                            .build());
            assertThat(Objects.requireNonNull(description.timing()).priority()).isEqualTo(5);
            assertThat(description.bytes()).isPositive();
            assertThat(description.ledger().entries()).isEqualTo(batch.history().size());
        }
    }
}
