package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The partition value of quarantined rows that are scored again.
class RedrivenValuesIT {

    private static final Cut SMALL = new Cut("f0 < 50", "..50");
    private static final Cut LARGE = new Cut("f0 >= 50 AND f0 < 90", "50..90");

    private TestNode node;
    private Path file;
    private Job job;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
        file = node.parquet("in.parquet", "SELECT i::DOUBLE AS f0 FROM range(100) t(i)");
        job = TestJobBuilder.over(file)
                .partitions(
                        new PartitionKey("f0", null, List.of("50", "90"), null, PartitionKey.UTC, false, "size", null))
                .build();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private PartitionAttempt.Result redrive(@Nullable String where, long... rows) {
        QuarantinedRows quarantined = new QuarantinedRows() {
            @Override
            public List<String> places() {
                return List.of();
            }

            @Override
            public void forEach(Predicate<QuarantinedRow> reader) {
                boolean wantsMore = true;
                for (int i = 0; i < rows.length && wantsMore; i++) {
                    wantsMore = reader.test(
                            new QuarantinedRow(file.toString(), rows[i], null, "it was bad", null, null, "{}"));
                }
            }
        };
        Lease lease = node.lease(job, List.of(node.whole(file)));
        return node.attempt(lease, SumModel.ofNumbers(1))
                .selecting(new QuarantineSelection(
                        () -> quarantined, where, Set.of(file.toString()), List.of(SMALL, LARGE)))
                .run();
    }

    @Test
    void isThatOfTheBatch() {
        PartitionAttempt.Result result = redrive(null, 60, 61, 89);

        assertThat(result.commit().value()).isEqualTo("50..90");
        assertThat(result.commit().predictions()).isEqualTo(3);
        assertThat(node.rows(
                        "SELECT DISTINCT size FROM read_parquet('%s')".formatted(node.staging.resolve("*.staged"))))
                .containsExactly("50..90");
    }

    @Test
    void isOneForEachRedrive() {
        assertThatThrownBy(() -> redrive(null, 1, 60))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(
                        "the selected rows have 2 partition values: ..50, 50..90. Select the rows of one");

        assertThat(redrive("record_row < 50", 1, 60).commit().value()).isEqualTo("..50");
    }

    @Test
    void mustBeOneOfTheBatch() {
        assertThatThrownBy(() -> redrive(null, 60, 95))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a partition value now that no partition of the batch has");
    }
}
