package io.nightshift.coordinator.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.Use;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactCommitsTest {

    private static PartitionCommit commit(int partition) {
        PartitionCommit plain = ExampleBatch.commit(partition, new Epoch(1, partition + 1), 1);
        return PartitionCommitBuilder.builder(plain)
                .node(new String(plain.node()))
                .model(new String(plain.model()))
                .value(new String("north"))
                .build();
    }

    @Test
    void equalTextsOfManyCommitsAreKeptOnce() {
        CompactCommits compact = new CompactCommits();
        PartitionCommit first = compact.of(commit(0));
        PartitionCommit second = compact.of(commit(1));

        assertThat(first).isEqualTo(commit(0));
        assertThat(second).isEqualTo(commit(1));
        assertThat(second.node()).isSameAs(first.node());
        assertThat(second.model()).isSameAs(first.model());
        assertThat(second.value()).isSameAs(first.value());
        assertThat(second.unseenCategories()).isSameAs(first.unseenCategories());
    }

    @Test
    void whatAnAttemptHasCountedAndUsedIsLeftOut() {
        PartitionCommit full = commit(0)
                .withStatistics(new PartitionStatistics(List.of()))
                .withUse(new Use(1, 2, 3, 4, 5, 6), 4, 2)
                .withComparison(ExampleBatch.comparison(8, 7));

        assertThat(new CompactCommits().of(full)).isEqualTo(commit(0));
    }
}
