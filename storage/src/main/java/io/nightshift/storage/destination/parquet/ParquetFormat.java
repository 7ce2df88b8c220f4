package io.nightshift.storage.destination.parquet;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.destination.ScoredRows;
import io.nightshift.storage.destination.folder.FileFormat;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Parquet, compressed with Zstandard.
public final class ParquetFormat implements FileFormat {

    /// A column with more distinct values in a row group has no dictionary. DuckDB itself gives up at five
    /// times as many, after it has looked up each of them in vain: scores, and positions.
    private static final int DISTINCT = 10_000;

    @Override
    public String extension() {
        return ".parquet";
    }

    @Override
    public String copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows) {
        Instant now = Instant.now();
        List<String> columns = new ArrayList<>();
        for (PredictionColumns.Column column : PredictionColumns.of(rows.job(), rows.model())) {
            columns.add(sql(column, lease) + " AS " + Sql.name(column.name()));
        }
        columns.add(constant(lease.model().name()) + " AS model_name");
        columns.add(lease.model().version() + " AS model_version");
        columns.add(constant(lease.attempt().batch().value()) + " AS batch_id");
        columns.add(String.format(
                Locale.ROOT,
                "make_timestamptz(%d) AS predicted_at",
                now.getEpochSecond() * 1_000_000 + now.getNano() / 1000));
        long most = lease.slices().stream().mapToLong(Slice::rows).sum();
        return copy("SELECT %s FROM (%s)".formatted(String.join(", ", columns), rows.scored()), file, blockRows, most);
    }

    private static String sql(PredictionColumns.Column column, Lease lease) {
        return column.name().equals(PredictionColumns.FILE) && lease.slices().size() == 1
                ? constant(lease.slices().getFirst().file().path())
                : column.sql();
    }

    /// A text that is the same in all rows. In the file it is a text like any other; but since its type has
    /// one value, it is written as a dictionary without being looked up for each row.
    private static String constant(String text) {
        return "%1$s::ENUM(%1$s)".formatted(Sql.text(text));
    }

    @Override
    public String copyQuarantine(ScoredRows rows, Path file, int blockRows) {
        return copy(rows.quarantined(), file, blockRows, DISTINCT);
    }

    /// @param rows the most rows that there are. DuckDB allocates and clears the table of each dictionary in
    ///     advance, so a file of few rows asks for small ones; that changes no byte of the file
    private static String copy(String select, Path file, int blockRows, long rows) {
        return "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d)"
                .formatted(select, Sql.text(file.toString()), blockRows, Math.clamp(rows, 1, DISTINCT));
    }

    @Override
    public String read(List<Path> files) {
        return "read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                .formatted(Sql.files(files.stream().map(Path::toString).toList()));
    }
}
