package io.nightshift.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.protocol.batch.BatchId;
import org.junit.jupiter.api.Test;

final class InterruptHandlerTest {

    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");
    private static final String AGAIN = "nightshift run job.yaml";

    @Test
    void beforeABatchIsOpenedNothingIsThereToResume() {
        assertThat(InterruptHandler.said(null, null, AGAIN))
                .containsExactly(
                        "Interrupted before a batch was opened; nothing was scored.",
                        "Start again with: nightshift run job.yaml");
    }

    @Test
    void beforeTheFirstCommitTheBatchIsNamedAndCanBeResumed() {
        assertThat(InterruptHandler.said(BATCH, null, AGAIN))
                .containsExactly(
                        "Interrupted. Batch %s is open. None of its partitions is committed yet.".formatted(BATCH),
                        "Resume with: nightshift run job.yaml");
        assertThat(InterruptHandler.said(BATCH, status(0, 2), AGAIN))
                .containsExactly(
                        "Interrupted. Batch %s is open. None of its partitions is committed yet. Partitions to score again: 2."
                                .formatted(BATCH),
                        "Resume with: nightshift run job.yaml");
    }

    @Test
    void committedPartitionsAreKept() {
        assertThat(InterruptHandler.said(BATCH, status(1_200, 2), AGAIN))
                .containsExactly(
                        "Interrupted. Batch %s keeps the 1,200 of its 2,000 partitions that are committed. Partitions to score again: 2."
                                .formatted(BATCH),
                        "Resume with: nightshift run job.yaml");
    }

    private static BatchDescription status(int committed, int inFlight) {
        return BatchDescriptionBuilder.builder()
                .batch(BATCH.value())
                .state("running")
                .incarnation(1)
                .rows(1_000)
                .partitions(2_000)
                .committed(committed)
                .progress(new BatchDescription.Progress(0, inFlight, 0, false))
                .build();
    }
}
