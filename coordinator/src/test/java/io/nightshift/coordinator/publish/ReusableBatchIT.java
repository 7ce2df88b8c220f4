package io.nightshift.coordinator.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.JournalTableWriter;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.database.DataSources;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A published batch with the distributions of very many columns.
final class ReusableBatchIT {

    private static final int PARTITIONS = 30;
    private static final String OTHER_MODEL = "c3".repeat(32);

    @TempDir
    private Path home = Path.of("");

    private static List<Distribution> distributions() {
        Random random = new Random(1);
        List<Distribution> distributions = new ArrayList<>();
        for (int column = 0; column < Distribution.MOST_COLUMNS; column++) {
            DistributionCounter counter = DistributionCounter.ofColumn("c" + column, Distribution.MOST_COLUMNS);
            counter.count(random.doubles(1_000, -1e9, 1e9).toArray(), 1_000);
            distributions.add(counter.distribution());
        }
        return distributions;
    }

    private static BatchEvent committed(int partition, String model, int lease, PartitionStatistics statistics) {
        return new BatchEvent.Committed(
                ExampleBatch.AT,
                List.of(PartitionCommitBuilder.builder(ExampleBatch.commit(partition, new Epoch(1, lease), 0))
                        .model(model)
                        .statistics(statistics)
                        .build()));
    }

    /// Writes the ledger. The partition 5 was scored by another model first, and the partition 7 at last.
    private static void write(Ledger ledger) {
        PartitionStatistics statistics = new PartitionStatistics(List.of(), distributions());
        List<BatchEvent> events = new ArrayList<>(List.of(
                new BatchEvent.Submitted(
                        ExampleBatch.AT, ExampleBatch.BATCH, ExampleBatch.job(), ExampleBatch.MODEL, "1".repeat(64)),
                new BatchEvent.TookOver(ExampleBatch.AT, 1, "node:1"),
                new BatchEvent.Planned(
                        ExampleBatch.AT,
                        List.of(new SourceFile("/data/a.parquet", 300, ExampleBatch.AT, 10L * PARTITIONS, "")),
                        new PartitionPlan(List.of(new PartitionPlan.Run(10, PARTITIONS))))));
        events.add(committed(5, OTHER_MODEL, 1, statistics));
        events.add(new BatchEvent.Rescored(ExampleBatch.AT, List.of(5)));
        for (int partition = 0; partition < PARTITIONS; partition++) {
            events.add(committed(
                    partition, partition == 7 ? OTHER_MODEL : ExampleBatch.MODEL.sha256(), partition + 2, statistics));
        }
        events.add(new BatchEvent.Published(ExampleBatch.AT, "/out/batch=flights-1", ExampleBatch.DIGEST));
        JournalTableWriter.write(ledger, ExampleBatch.BATCH, events.toArray(BatchEvent[]::new));
    }

    @Test
    void aStepTakesFewPartsIfTheyHaveManyDistributions() throws Exception {
        try (EmbeddedLedger embedded = EmbeddedLedger.open(home)) {
            Ledger ledger = embedded.ledger();
            write(ledger);
            ReusableBatch batch = ReusableBatch.of(
                    ledger,
                    new Destinations(
                            () -> {
                                throw new AssertionError("nothing is read");
                            },
                            new DataSources(Map.of())),
                    ExampleBatch.BATCH);

            ReusableBatch.Step first = batch.step(0, PARTITIONS);
            ReusableBatch.Step second = batch.step(first.to(), PARTITIONS);

            assertThat(first.to()).isBetween(15, PARTITIONS - 1);
            assertThat(second.to()).isEqualTo(PARTITIONS);
            List<PartitionCommit> all = new ArrayList<>(first.commits());
            all.addAll(second.commits());
            assertThat(all)
                    .extracting(PartitionCommit::partition)
                    .hasSize(PARTITIONS)
                    .isSorted();
            assertThat(all.get(5).model()).isEqualTo(ExampleBatch.MODEL.sha256());
            assertThat(batch.wasScoredBy(OTHER_MODEL)).isTrue();
            assertThat(batch.wasScoredBy("d4".repeat(32))).isFalse();
            BatchState state = batch.state();
            assertThat(CommittedBatches.read(ledger, state).commits())
                    .hasSize(PARTITIONS)
                    .allSatisfy(commit -> assertThat(commit.statistics()).isNull());
        }
    }
}
