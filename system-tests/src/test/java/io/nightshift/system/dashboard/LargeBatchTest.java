package io.nightshift.system.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The batch that `bench/dashboard.sh` looks at has a ledger that is not damaged.
class LargeBatchTest {

    @Test
    void nineOfTenPartitionsAreCommitted() throws SQLException {
        Instant at = Instant.parse("2026-11-28T22:00:00Z");
        Job job = JobFile.parse("""
                job: large
                model: delays@1
                source: {parquet: /data/all.parquet, id: id}
                destination: {parquet: /data/predictions}
                """.getBytes(StandardCharsets.UTF_8), Path.of("/data/large.yaml"), List.of());
        List<Long> numbers = new ArrayList<>();

        BatchState state = LargeBatch.write(
                BatchId.of("large", at, 0), job, 1_000, at, (entry, number, written) -> numbers.add(number));

        assertThat(state.pinned().index().partitions()).isEqualTo(1_000);
        assertThat(state.totals().rows()).isEqualTo(900_000);
        assertThat(numbers).startsWith(1L).doesNotHaveDuplicates();
    }
}
