package io.nightshift.destination.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.DestinationData;
import io.nightshift.source.TestData;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentRowsTest {

    /// Keeps what it is to send.
    private static final class Kept extends SentRows {
        private final List<String> rows = new ArrayList<>();
        private long mostOnHeap;

        Kept(String one, String other) {
            super(List.of(Carrier.TEXT, Carrier.TEXT), List.of(one, other));
        }

        @Override
        protected void write(int count) {
            mostOnHeap = Math.max(mostOnHeap, heapBytes());
            for (int row = 0; row < count; row++) {
                rows.add(text(0, row) + "|" + text(1, row));
            }
        }

        private String text(int column, int row) {
            String text = nulls(column)[row] ? "NULL" : new String(textOf(column, row), StandardCharsets.UTF_8);
            return text.length() + ":" + text.substring(Math.max(0, text.length() - 8));
        }

        @Override
        protected void end() {}

        @Override
        public long bytes() {
            return 0;
        }
    }

    @Test
    void theHeapHoldsFewLongTextsHoweverManyAVectorHas(@TempDir Path folder) throws SQLException {
        String from =
                "SELECT i, repeat('x', 9000) || i AS one, CASE WHEN i % 3 = 0 THEN repeat('ä', i // 2) END AS other FROM range(3000) t(i)";
        try (TestData data = DestinationData.open(folder);
                Connection connection = data.duckDb.connect();
                Statement statement = connection.createStatement()) {
            Kept kept = new Kept("one", "other");
            for (int pass = 0; pass < 2; pass++) {
                kept.rows.clear();
                kept.collect(() -> {
                    try (ResultSet row = statement.executeQuery(kept.query(from))) {
                        return row.next();
                    }
                });
                assertThat(kept.rows)
                        .isEqualTo(data.rows(
                                "SELECT length(a) || ':' || right(a, 8) || '|' || length(b) || ':' || right(b, 8) FROM (SELECT i, one AS a, coalesce(other, 'NULL') AS b FROM (%s)) ORDER BY i"
                                        .formatted(from)));
            }
            assertThat(kept.mostOnHeap).isBetween((long) SentRows.MOST_BYTES - 10_000, (long) SentRows.MOST_BYTES);
        }
    }
}
