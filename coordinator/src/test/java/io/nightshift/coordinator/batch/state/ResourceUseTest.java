package io.nightshift.coordinator.batch.state;

import static io.nightshift.coordinator.batch.ExampleBatch.AT;
import static io.nightshift.coordinator.batch.ExampleBatch.commit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The use of a batch is a fold over its ledger: who used what, and how much time the processors had.
class ResourceUseTest {

    private static final Failure DISK = Failure.transientFailure("the disk is full");

    /// Uses a second of a processor in two seconds on a thread.
    private static final Use SECOND = new Use(1_000_000, 2_000_000, 600_000, 300_000, 4_096, 512);

    private static Instant at(long seconds) {
        return AT.plusSeconds(seconds);
    }

    private static BatchEvent.Planned planned(long seconds) {
        BatchEvent.Planned planned = ExampleBatch.planned();
        return new BatchEvent.Planned(at(seconds), planned.files(), planned.partitions());
    }

    private static BatchEvent.Committed committed(long seconds, PartitionCommit... commits) {
        return new BatchEvent.Committed(at(seconds), List.of(commits));
    }

    private static PartitionCommit used(int partition, int lease) {
        return commit(partition, new Epoch(1, lease), 0).withUse(SECOND, 4, 2);
    }

    private static BatchUse use(BatchEvent... events) {
        BatchUse use = batch(events).use();
        return Objects.requireNonNull(use);
    }

    private static BatchState batch(BatchEvent... events) {
        BatchState state =
                ExampleBatch.state(ExampleBatch.submitted(ExampleBatch.job()), ExampleBatch.tookOver(1), planned(10));
        for (BatchEvent event : events) {
            state = ExampleBatch.after(state, event);
        }
        return state;
    }

    @Test
    void aNodeHasItsProcessorsFromItsFirstAttemptToTheLastCommit() {
        BatchUse use = use(committed(13, used(0, 1)), committed(16, used(1, 2), used(2, 3)));

        assertThat(use.active()).as("from second 10 to second 16").isEqualTo(6_000_000);
        assertThat(use.capacity()).as("4 processors from second 11").isEqualTo(20_000_000);
        assertThat(use.threadCapacity()).isEqualTo(10_000_000);
        assertThat(use.committed())
                .isEqualTo(SECOND.rounded().plus(SECOND.rounded()).plus(SECOND.rounded()));
        assertThat(use.busy()).isEqualTo(3.0 / 20, within(0.001));
        assertThat(use.nodes()).isEqualTo(1);
        assertThat(use.cores()).isEqualTo(4);
        assertThat(use.threads()).isEqualTo(2);
    }

    @Test
    void pausesAndOutagesAndTimesWithoutACoordinatorAreNotActive() {
        Failure away = Failure.of(FailedResource.Type.STORAGE, "/data", "the share is away");

        assertThat(use(
                                committed(12, used(0, 1)),
                                new BatchEvent.Paused(at(13), ""),
                                new BatchEvent.Resumed(at(113)),
                                committed(115, used(1, 2)))
                        .active())
                .isEqualTo(5_000_000);
        assertThat(use(
                                committed(12, used(0, 1)),
                                new BatchEvent.AttemptFailed(
                                        at(13), 1, new Epoch(1, 2), "node:1", away, at(900), SECOND),
                                committed(213, used(1, 3)),
                                committed(214, used(2, 4)))
                        .active())
                .isEqualTo(4_000_000);
        assertThat(use(
                                committed(12, used(0, 1)),
                                new BatchEvent.TookOver(at(1_000), 2, "node:2"),
                                committed(1_003, used(1, 2)))
                        .active())
                .isEqualTo(5_000_000);
        assertThat(use(
                                committed(12, used(0, 1)),
                                new BatchEvent.Failed(at(13), DISK),
                                new BatchEvent.Retried(at(500)),
                                new BatchEvent.TookOver(at(500), 2, "node:1"),
                                committed(502, used(1, 2)))
                        .active())
                .isEqualTo(5_000_000);
    }

    @Test
    void aNodeThatIsGoneCountsUntilTheNextTakeover() {
        PartitionCommit ofOther = PartitionCommitBuilder.builder()
                .partition(1)
                .epoch(new Epoch(2, 1))
                .node("node:2")
                .firstRow(10)
                .rows(10)
                .read(10)
                .part(new PartitionCommit.OutputFile(10, 100, ExampleBatch.DIGEST))
                .model(ExampleBatch.MODEL.sha256())
                .build();
        BatchUse use = use(
                committed(12, used(0, 1)),
                new BatchEvent.TookOver(at(100), 2, "node:2"),
                committed(103, ofOther.withUse(SECOND, 8, 8)));

        assertThat(use.capacity()).as("4 for 2 s, then 8 for 2 s").isEqualTo(8_000_000 + 16_000_000);
        assertThat(use.nodes()).isEqualTo(1);
        assertThat(use.cores()).isEqualTo(8);
    }

    @Test
    void aClockThatIsSetBackCountsNoTimeTwice() {
        assertThat(use(committed(14, used(0, 1)), committed(11, used(1, 2)), committed(15, used(2, 3)))
                        .active())
                .isEqualTo(5_000_000);
    }

    @Test
    void failedAttemptsAndThoseThatLostTheirLeaseAreThrownAway() {
        BatchUse use = use(
                new BatchEvent.AttemptFailed(at(11), 1, new Epoch(1, 2), "node:1", DISK, null, SECOND),
                new BatchEvent.AttemptFailed(at(11), 2, new Epoch(1, 3), "node:1", DISK),
                new BatchEvent.Committed(at(12), List.of(used(0, 1)), SECOND.plus(SECOND), 2));

        assertThat(use.discarded()).isEqualTo(SECOND.plus(SECOND).plus(SECOND));
        assertThat(use.discardedAttempts()).isEqualTo(3);
        assertThat(use.committed()).isEqualTo(SECOND.rounded());
    }

    @Test
    void whatIsScoredAgainIsThrownAway() {
        BatchUse use = use(committed(12, used(0, 1), used(1, 2)), new BatchEvent.Rescored(at(13), List.of(1)));

        assertThat(use.committed()).isEqualTo(SECOND.rounded());
        assertThat(use.discarded()).isEqualTo(SECOND.rounded());
        assertThat(use.discardedAttempts()).isEqualTo(1);
    }

    @Test
    void aLedgerThatDoesNotSayHasNoUse() {
        @Nullable
        BatchUse use = batch(committed(12, commit(0, new Epoch(1, 1), 0)), new BatchEvent.Rescored(at(13), List.of(0)))
                .use();

        assertThat(use).isNull();
    }
}
