package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.task.StepRuns;
import io.nightshift.protocol.batch.BatchId;

/// What [StepRuns] promises, whatever the database.
final class StepRunsContract {

    private static final BatchId A = new BatchId("steps-a");
    private static final BatchId B = new BatchId("steps-b");

    private StepRunsContract() {}

    static void hold(StepRuns runs) {
        assertThat(runs.begin(A, "plan", "1", "node:2")).isEmpty();
        assertThat(runs.begin(A, "plan", "2", "node:1")).containsExactly("node:2");
        assertThat(runs.begin(A, "redrive", "3", "node:1")).isEmpty();
        assertThat(runs.begin(B, "plan", "1", "node:1")).isEmpty();
        assertThat(runs.begin(A, "plan", "4", "node:3")).containsExactly("node:1", "node:2");

        runs.end(A, "4");
        runs.end(A, "1");
        runs.end(A, "1");
        assertThat(runs.begin(A, "plan", "5", "node:3")).containsExactly("node:1");
        runs.forget(A, "plan");
        assertThat(runs.begin(A, "plan", "6", "node:3")).isEmpty();
        assertThat(runs.begin(A, "redrive", "7", "node:3")).containsExactly("node:1");
        assertThat(runs.begin(B, "plan", "8", "node:3")).containsExactly("node:1");
    }
}
