package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;

class CommittedPartitionsTest {

    static final int PARTITIONS = 5_000;

    @Property(tries = 100)
    void winnersAreWhatAMapWouldHold(
            @ForAll @Size(max = 60) @UniqueElements List<@IntRange(max = PARTITIONS - 1) Integer> committed) {
        CommittedPartitions winners = CommittedPartitions.none(PARTITIONS);
        Map<Integer, Epoch> model = new TreeMap<>();
        for (int partition : committed) {
            Epoch epoch = new Epoch(Integer.MAX_VALUE - partition, partition + 1);
            winners = winners.with(List.of(ExampleBatch.commit(partition, epoch, 0)));
            model.put(partition, epoch);
        }

        assertThat(winners.count()).isEqualTo(model.size());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(winners.contains(partition)).isEqualTo(model.containsKey(partition));
            assertThat(winners.epoch(partition).orElse(null)).isEqualTo(model.get(partition));
        }
    }

    @Test
    void whatWasBeforeIsNotChanged() {
        CommittedPartitions none = CommittedPartitions.none(3);
        CommittedPartitions one = none.with(List.of(ExampleBatch.commit(0, new Epoch(1, 1), 0)));
        CommittedPartitions two = one.with(List.of(ExampleBatch.commit(1, new Epoch(1, 2), 0)));

        assertThat(none.contains(0)).isFalse();
        assertThat(one.contains(1)).isFalse();
        assertThat(two.contains(0)).isTrue();
        assertThat(none.count()).isZero();
        assertThat(one.count()).isEqualTo(1);
    }

    @Property(tries = 100)
    void theTotalsOfAWinnerAreThoseOfItsCommit(
            @ForAll @Size(max = 60) @UniqueElements List<@IntRange(max = PARTITIONS - 1) Integer> committed) {
        CommittedPartitions winners = CommittedPartitions.none(PARTITIONS);
        for (int partition : committed) {
            winners = winners.with(List.of(odd(partition)));
        }
        for (int partition : committed) {
            assertThat(winners.totals(partition, 10)).isEqualTo(BatchState.Totals.ZERO.plus(odd(partition)));
        }
        List<Integer> half = committed.subList(0, committed.size() / 2);
        CommittedPartitions rest = winners.without(half);
        assertThat(rest.count()).isEqualTo(committed.size() - half.size());
        assertThat(committed).allMatch(partition -> rest.contains(partition) != half.contains(partition));
    }

    /// A commit whose numbers are its own.
    private static PartitionCommit odd(int partition) {
        int left = partition % 3;
        int bad = partition % 2;
        return new PartitionCommit(
                partition,
                new Epoch(1, partition + 1),
                "node:1",
                0,
                10,
                10 - left,
                new PartitionCommit.OutputFile(10 - left - bad, partition, ExampleBatch.DIGEST),
                bad == 0 ? null : new PartitionCommit.OutputFile(bad, 7, ExampleBatch.DIGEST),
                ExampleBatch.MODEL.sha256());
    }

    @Test
    void allPartitionsTogetherAreComplete() {
        CommittedPartitions two = CommittedPartitions.none(3)
                .with(List.of(ExampleBatch.commit(0, new Epoch(1, 1), 0), ExampleBatch.commit(2, new Epoch(1, 2), 0)));

        assertThat(two.isComplete()).isFalse();
        assertThat(two.with(List.of(ExampleBatch.commit(1, new Epoch(1, 3), 0))).isComplete())
                .isTrue();
    }

    @Test
    void aPartitionIsCommittedOnce() {
        CommittedPartitions one = CommittedPartitions.none(3).with(List.of(ExampleBatch.commit(1, new Epoch(1, 1), 0)));

        assertThatThrownBy(() -> one.with(List.of(ExampleBatch.commit(1, new Epoch(1, 2), 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("partition 1 is committed twice");
        assertThatThrownBy(() -> one.with(List.of(ExampleBatch.commit(3, new Epoch(1, 2), 0))))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
