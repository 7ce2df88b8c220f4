package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A file with very many columns and one large row group, as those of many programs.
final class WideFileIT {

    private static final int COLUMNS = 300;
    private static final int ROWS = 60_000;

    @TempDir
    private Path folder = Path.of("");

    private static String columns(String column, String separator) {
        return IntStream.range(0, COLUMNS).mapToObj(column::formatted).collect(Collectors.joining(separator));
    }

    /// The row group has 144 MB, and its pages have the same size again.
    @Test
    void partOfARowGroupIsReadWithoutTheMemoryForTheWholeRowGroup() throws Exception {
        Path file = folder.resolve("wide.parquet");
        try (DuckDb duckDb = DuckDb.open(1L << 30, folder.resolve("spill"));
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT %s FROM range(%d) t(i)) TO %s (FORMAT parquet, COMPRESSION uncompressed)"
                    .formatted(columns("hash(i * 1000 + %1$d) AS c%1$d", ", "), ROWS, Sql.text(file.toString())));
        }

        try (DuckDb duckDb = DuckDb.open(220L << 20, folder.resolve("spill"));
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        """
                        SELECT count(*), bit_xor(%s) FROM read_parquet(%s, file_row_number = true)
                        WHERE file_row_number BETWEEN 20000 AND 29999
                        """.formatted(columns("c%d", "), bit_xor("), Sql.text(file.toString())))) {
            row.next();
            assertThat(row.getLong(1)).isEqualTo(10_000);
        }
    }
}
