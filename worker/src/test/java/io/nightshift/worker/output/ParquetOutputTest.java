package io.nightshift.worker.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.worker.duckdb.DuckDb;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetOutputTest {

    private static final long MEMORY = 32L << 20;

    @TempDir
    Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private DuckDb duckDb;

    @SuppressWarnings("NullAway.Init")
    private ParquetOutput output;

    @BeforeEach
    void open() {
        duckDb = DuckDb.open(MEMORY, folder.resolve("spill"));
        output = new ParquetOutput(() -> duckDb);
    }

    @AfterEach
    void close() {
        duckDb.close();
    }

    private Path write(String name, String query) throws SQLException {
        Path file = folder.resolve(name);
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(query, file));
        }
        return file;
    }

    @Test
    void repeatedIdsAreFoundOverPartsAndQuarantineMostOftenFirst() throws Exception {
        Path part = write("part", "SELECT unnest([1, 2, 3, 4, 4]) AS record_id, 0 AS prediction");
        Path quarantine = write("quarantine", "SELECT unnest([5, 2, 4]) AS record_id, 'bad' AS reason");

        assertThat(output.repeatedIds(List.of(part, quarantine), 5)).containsExactly("4 × 3", "2 × 2");
        assertThat(output.repeatedIds(List.of(part, quarantine), 1)).containsExactly("4 × 3");
        assertThat(output.repeatedIds(List.of(quarantine), 5)).isEmpty();
    }

    @Test
    void rowsWithoutAnIdRepeatNothing() throws Exception {
        Path quarantine = write("quarantine", "SELECT unnest([NULL, 1, NULL]) AS record_id, 'bad' AS reason");

        assertThat(output.repeatedIds(List.of(quarantine), 5)).isEmpty();
    }

    @Test
    void manyIdsAreLookedThroughInLittleMemory() throws Exception {
        Path part = write(
                "part", "SELECT 'a record with a long name ' || (i % 9999999) AS record_id FROM range(10000000) t(i)");

        ParquetOutput inPasses = new ParquetOutput(() -> duckDb, 1_000_000);

        assertThat(inPasses.repeatedIds(List.of(part), 5)).containsExactly("a record with a long name 0 × 2");
    }

    @Test
    void anIdThatCannotBeComputedForSomeRowsIsComparedAllTheSame() throws Exception {
        Path file = write("source", "SELECT unnest(['1', 'two', '3']) AS number");
        Job.Source source = new Job.Source(
                List.of(file.toString()), "id", false, Map.of("id", "number::INTEGER"), "number::INTEGER > 0");
        Path part = write("part", "SELECT unnest([1, 3]) AS record_id");
        Path quarantine = write("quarantine", "SELECT NULL::INTEGER AS record_id, 'bad' AS reason");
        Slice rows = new Slice(new SourceFile(file.toString(), 0, Instant.EPOCH, 3), 0, 3);

        assertThat(output.sourceIds(source, "id", List.of(rows)))
                .isEqualTo(output.outputIds(List.of(part, quarantine)));
    }
}
