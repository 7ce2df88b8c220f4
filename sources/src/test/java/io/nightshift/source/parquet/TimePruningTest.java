package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.NewTimes.TimeType;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.job.TimeRanges;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.TestJobBuilder;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimePruningTest extends ParquetReaderFixture {

    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");

    private static Instant hour(int hour) {
        return START.plusSeconds(3_600L * hour);
    }

    /// A file with a row for each time.
    private void file(String name, String type, String... times) throws SQLException {
        node.parquet(
                "in/%s.parquet".formatted(name),
                "SELECT 1 AS f0, CAST(t AS %s) AS at FROM (VALUES %s) v(t)"
                        .formatted(
                                type,
                                String.join(
                                        ", ",
                                        Arrays.stream(times)
                                                .map("(%s)"::formatted)
                                                .toList())));
    }

    private List<String> read(TimeType type, TimeRange... ranges) {
        Job job = TestJobBuilder.over(folder)
                .build()
                .with(new NewTimes("at", Duration.ZERO, "UTC", false).with(type))
                .reading(TimeRanges.of(List.of(ranges)));
        return inspect(job).stream()
                .map(InspectedFile::file)
                .map(file -> Path.of(file.path()).getFileName().toString().replace(".parquet", "") + " " + file.rows())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"TIMESTAMPTZ, INSTANT, '+00'", "TIMESTAMP, LOCAL, ''", "TIMESTAMP_NS, LOCAL, ''"})
    void filesWithoutANewTimeAreNotRead(String sql, TimeType type, String zone) throws SQLException {
        file("a", sql, "'2026-11-25 00:30:00%s'".formatted(zone), "'2026-11-25 01:00:00%s'".formatted(zone));
        file("b", sql, "'2026-11-25 01:30:00%s'".formatted(zone));
        file("c", sql, "'2026-11-25 00:10:00%s'".formatted(zone), "'2026-11-25 05:00:00%s'".formatted(zone));
        file("d", sql, "'2026-11-25 02:00:00.000001%s'".formatted(zone));
        file("e", sql, "'2026-11-25 00:30:00%s'".formatted(zone), "NULL");

        assertThat(read(type, new TimeRange(hour(1), hour(2))))
                .as("a ends at the bound, which its footer may have rounded")
                .containsExactly("a 2", "b 1", "c 2", "e 2");
        assertThat(read(type, new TimeRange(hour(3), hour(4)))).containsExactly("c 2", "e 2");
        assertThat(read(type, new TimeRange(null, hour(1)), new TimeRange(hour(6), hour(7))))
                .containsExactly("a 2", "c 2", "e 2");
    }

    @Test
    void aDayIsReadWhenItIsOver() throws SQLException {
        file("a", "DATE", "'2026-11-24'");
        file("b", "DATE", "'2026-11-25'");

        assertThat(read(TimeType.DATE, new TimeRange(hour(0), hour(24)))).containsExactly("a 1", "b 1");
        assertThat(read(TimeType.DATE, new TimeRange(hour(24), hour(48)))).containsExactly("b 1");
    }

    @Test
    void ifNothingIsNewTheFirstFileStandsForAllWithoutRows() throws SQLException {
        file("a", "TIMESTAMP", "'2026-11-25 00:30:00'");
        file("b", "TIMESTAMP", "'2026-11-25 00:30:00'");

        assertThat(read(TimeType.LOCAL, new TimeRange(hour(3), hour(4)))).containsExactly("a 0");
        assertThat(read(TimeType.LOCAL)).containsExactly("a 0");
    }
}
