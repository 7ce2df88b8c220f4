package io.nightshift.coordinator.retention;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.ledger.RemovedBatchesTable;
import io.nightshift.protocol.batch.BatchId;
import java.util.List;

/// The promises of the index of removed batches. They hold on H2 and on PostgreSQL.
public final class RemovedBatchesContract {

    private RemovedBatchesContract() {}

    /// @param index empty
    public static void hold(RemovedBatchesTable index) {
        BatchId removed = new BatchId("a-1");
        BatchId redriven = new BatchId("a-2");

        index.begin(removed);
        index.begin(removed);
        index.beginRedrive(redriven, 3);
        assertThat(index.pending()).containsExactly(removed, redriven);
        index.endRedrive(redriven, 3);
        assertThat(index.pending()).containsExactly(removed);

        index.beginRedrive(redriven, 3);
        index.beginRedrive(redriven, 4);
        index.beginRedrive(redriven, 3);
        index.endRedrive(redriven, 3);
        assertThat(index.pending())
                .as("a coordinator that was frozen ends an earlier redrive")
                .containsExactly(removed, redriven);
        index.begin(redriven);
        index.endRedrive(redriven, 4);
        index.endRedrive(removed, 4);
        assertThat(index.pending()).as("or one before a removal").containsExactly(removed, redriven);

        index.forget(redriven);
        assertThat(index.pending())
                .as("a removal whose coordinator was killed before it began")
                .containsExactly(removed);

        index.end(removed);
        index.forget(removed);
        assertThat(index.pending()).isEmpty();
        assertThat(index.without(List.of(removed, redriven))).containsExactly(redriven);
    }
}
