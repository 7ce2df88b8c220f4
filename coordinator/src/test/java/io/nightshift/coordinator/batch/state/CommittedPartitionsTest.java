package io.nightshift.coordinator.batch.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Use;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.UniqueElements;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommittedPartitionsTest {

    static final int PARTITIONS = 5_000;

    @Property(tries = 100)
    void itHoldsTheSameEpochsAsAMap(
            @ForAll @Size(max = 60) @UniqueElements List<@IntRange(max = PARTITIONS - 1) Integer> partitions) {
        CommittedPartitions committed = CommittedPartitions.empty(PARTITIONS);
        Map<Integer, Epoch> model = new TreeMap<>();
        for (int partition : partitions) {
            Epoch epoch = new Epoch(Integer.MAX_VALUE - partition, partition + 1);
            committed = committed.withCommits(List.of(ExampleBatch.commit(partition, epoch, 0)));
            model.put(partition, epoch);
        }

        assertThat(committed.count()).isEqualTo(model.size());
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(committed.contains(partition)).isEqualTo(model.containsKey(partition));
            assertThat(committed.epoch(partition).orElse(null)).isEqualTo(model.get(partition));
        }
    }

    @Test
    void earlierValuesAreNotChanged() {
        CommittedPartitions none = CommittedPartitions.empty(3);
        CommittedPartitions one = none.withCommits(List.of(ExampleBatch.commit(0, new Epoch(1, 1), 0)));
        CommittedPartitions two = one.withCommits(List.of(ExampleBatch.commit(1, new Epoch(1, 2), 0)));

        assertThat(none.contains(0)).isFalse();
        assertThat(one.contains(1)).isFalse();
        assertThat(two.contains(0)).isTrue();
        assertThat(none.count()).isZero();
        assertThat(one.count()).isEqualTo(1);
    }

    @Property(tries = 100)
    void theTotalsOfAPartitionAreThoseOfItsCommit(
            @ForAll @Size(max = 60) @UniqueElements List<@IntRange(max = PARTITIONS - 1) Integer> partitions) {
        CommittedPartitions committed = CommittedPartitions.empty(PARTITIONS);
        for (int partition : partitions) {
            committed = committed.withCommits(List.of(odd(partition)));
        }
        for (int partition : partitions) {
            assertThat(committed.totals(partition, 10)).isEqualTo(CommittedTotals.ZERO.plus(odd(partition)));
        }
        List<Integer> half = partitions.subList(0, partitions.size() / 2);
        CommittedPartitions rest = committed.withoutPartitions(half);
        assertThat(rest.count()).isEqualTo(partitions.size() - half.size());
        assertThat(partitions).allMatch(partition -> rest.contains(partition) != half.contains(partition));
    }

    /// A commit whose numbers are its own.
    private static PartitionCommit odd(int partition) {
        int left = partition % 3;
        int bad = partition % 2;
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(new Epoch(1, partition + 1))
                .node("node:1")
                .firstRow(0)
                .rows(10)
                .read(10 - left)
                .part(new PartitionCommit.OutputFile(10 - left - bad, partition, ExampleBatch.DIGEST))
                .quarantine(bad == 0 ? null : new PartitionCommit.OutputFile(bad, 7, ExampleBatch.DIGEST))
                .model(ExampleBatch.MODEL.sha256())
                .unseenCategories(partition % 5 == 0 ? Map.of("plan", 1L + partition) : Map.of())
                .use(
                        partition % 2 == 0
                                ? null
                                : new Use(1_001L * partition, 2_003L * partition, 3, 4, 1L << 40, partition))
                .cores(4)
                .threads(2)
                .value(partition % 4 == 0 ? "day " + partition : null)
                .build();
    }

    @Test
    void allPartitionsTogetherAreComplete() {
        CommittedPartitions two = CommittedPartitions.empty(3)
                .withCommits(List.of(
                        ExampleBatch.commit(0, new Epoch(1, 1), 0), ExampleBatch.commit(2, new Epoch(1, 2), 0)));

        assertThat(two.isComplete()).isFalse();
        assertThat(two.withCommits(List.of(ExampleBatch.commit(1, new Epoch(1, 3), 0)))
                        .isComplete())
                .isTrue();
    }

    @Property(tries = 200)
    void whatIsCommittedStaysWhenThePlanChangesItsEnd(
            @ForAll @Size(max = 40) @UniqueElements List<@IntRange(max = PARTITIONS - 1) Integer> partitions,
            @ForAll @IntRange(max = 2 * PARTITIONS) int size) {
        CommittedPartitions committed = CommittedPartitions.empty(PARTITIONS);
        for (int partition : partitions) {
            committed = committed.withCommits(List.of(odd(partition)));
        }
        int kept =
                partitions.stream().mapToInt(partition -> partition + 1).max().orElse(0);
        int all = Math.max(kept, size);

        CommittedPartitions resized = committed.resized(Math.min(kept, PARTITIONS), all);

        assertThat(resized.count()).isEqualTo(partitions.size());
        for (int partition = 0; partition < all; partition++) {
            assertThat(resized.contains(partition)).isEqualTo(partitions.contains(partition));
        }
        partitions.forEach(partition ->
                assertThat(resized.totals(partition, 10)).isEqualTo(CommittedTotals.ZERO.plus(odd(partition))));
        if (all > kept) {
            PartitionCommit next = odd(all - 1);
            assertThat(resized.withCommits(List.of(next)).totals(all - 1, 10))
                    .isEqualTo(CommittedTotals.ZERO.plus(next));
        }
        CommittedPartitions before = committed;
        if (kept > 0) {
            assertThatThrownBy(() -> before.resized(kept - 1, all)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aPartitionIsCommittedOnce() {
        CommittedPartitions one =
                CommittedPartitions.empty(3).withCommits(List.of(ExampleBatch.commit(1, new Epoch(1, 1), 0)));

        assertThatThrownBy(() -> one.withCommits(List.of(ExampleBatch.commit(1, new Epoch(1, 2), 0))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("partition 1 is committed twice");
        assertThatThrownBy(() -> one.withCommits(List.of(ExampleBatch.commit(3, new Epoch(1, 2), 0))))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 3073})
    void everyPartitionOfAPlanOfAnySizeHasAPlaceOfItsOwn(int partitions) {
        CommittedPartitions committed = CommittedPartitions.empty(partitions);
        for (int partition = 0; partition < partitions; partition += 511) {
            committed = committed.withCommits(List.of(odd(partition)));
        }
        for (int partition = 0; partition < partitions; partition++) {
            assertThat(committed.contains(partition)).as("%d", partition).isEqualTo(partition % 511 == 0);
        }
        CommittedPartitions last =
                committed.contains(partitions - 1) ? committed : committed.withCommits(List.of(odd(partitions - 1)));
        assertThat(last.contains(partitions - 1)).isTrue();
        assertThat(last.contains(partitions)).as("a partition beyond the plan").isFalse();
        assertThatThrownBy(() -> last.withCommits(List.of(odd(partitions))))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aPartitionThatIsCommittedAgainHasTheNumbersOfItsLastCommit() {
        int withAllNumbers = 5;
        PartitionCommit plain = ExampleBatch.commit(withAllNumbers, new Epoch(1, 9), 0);

        CommittedPartitions committed = CommittedPartitions.empty(10)
                .withCommits(List.of(odd(withAllNumbers)))
                .withoutPartitions(List.of(withAllNumbers))
                .withCommits(List.of(plain));

        assertThat(committed.totals(withAllNumbers, 10)).isEqualTo(CommittedTotals.ZERO.plus(plain));
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 1023, 1024, 1025, 2048})
    void aPlanOfAnySizeGrows(int partitions) {
        int withAllNumbers = 5;
        CommittedPartitions committed = CommittedPartitions.empty(partitions)
                .withCommits(List.of(odd(withAllNumbers)))
                .resized(partitions, partitions + 1024);

        CommittedPartitions grown = committed.withCommits(List.of(odd(partitions), odd(partitions + 1023)));

        assertThat(grown.totals(withAllNumbers, 10)).isEqualTo(CommittedTotals.ZERO.plus(odd(withAllNumbers)));
        assertThat(grown.totals(partitions, 10)).isEqualTo(CommittedTotals.ZERO.plus(odd(partitions)));
        assertThat(grown.contains(partitions + 1023)).isTrue();
        assertThat(grown.count()).isEqualTo(3);
    }
}
