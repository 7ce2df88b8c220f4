package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchThroughputTest {

    private static final Instant START = Instant.parse("2026-11-24T23:00:00Z");

    private final BatchThroughput pace = new BatchThroughput();

    private static BatchEvent.Committed committed(int second, long rows) {
        PartitionCommit.OutputFile part = new PartitionCommit.OutputFile(rows, 1, "0".repeat(64));
        return new BatchEvent.Committed(
                START.plusSeconds(second),
                List.of(PartitionCommitBuilder.builder()
                        .partition(0)
                        .epoch(new Epoch(1, 1))
                        .node("node")
                        .firstRow(0)
                        .rows(rows)
                        .read(rows)
                        .part(part)
                        .model("model")
                        .build()));
    }

    @Test
    void theRateCountsFromTheLastTakeover() {
        pace.add(new BatchEvent.TookOver(START, 1, "node"));
        pace.add(committed(10, 1_000));
        pace.add(new BatchEvent.TookOver(START.plusSeconds(3_600), 2, "node"));
        pace.add(committed(3_610, 500));
        pace.add(committed(3_620, 500));
        assertThat(pace.rowsPerSecond()).as("not published yet").isEmpty();

        pace.add(new BatchEvent.Published(START.plusSeconds(3_620), "there", "0".repeat(64)));
        assertThat(pace.rowsPerSecond()).hasValue(50);
    }

    @Test
    void aBatchWithoutRowsHasNone() {
        pace.add(new BatchEvent.TookOver(START, 1, "node"));
        pace.add(new BatchEvent.Published(START.plusSeconds(1), "there", "0".repeat(64)));
        assertThat(pace.rowsPerSecond()).isEmpty();
    }
}
