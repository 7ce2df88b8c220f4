package io.nightshift.storage.destination.parquet;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.destination.ScoredRows;
import io.nightshift.storage.destination.folder.FileFormat;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

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
    public SqlStatement copyPredictions(ScoredRows rows, Lease lease, Path file, int blockRows) {
        Instant now = Instant.now();
        List<String> columns = new ArrayList<>();
        for (PredictionColumns.Column column : PredictionColumns.of(rows.job(), rows.model())) {
            columns.add(sql(column, lease) + " AS " + Sql.name(column.name()));
        }
        columns.add(constant(lease.model().name()) + " AS model_name");
        columns.add(lease.model().version() + " AS model_version");
        columns.add(constant(lease.attempt().batch().value()) + " AS batch_id");
        SqlStatement.Value predictedAt =
                new SqlStatement.Value("predicted_at", now.getEpochSecond() * 1_000_000 + now.getNano() / 1000);
        columns.add("make_timestamptz(%s) AS predicted_at".formatted(predictedAt.literal()));
        SqlStatement.Value to = new SqlStatement.Value("file", file.toString());
        long most = lease.slices().stream().mapToLong(Slice::selected).sum();
        String select = "SELECT %s FROM (%s)"
                .formatted(String.join(", ", columns), rows.scored().sql());
        List<SqlStatement.Value> values = new ArrayList<>(List.of(predictedAt, to));
        values.addAll(rows.scored().values());
        return new SqlStatement(copy(select, to.literal(), blockRows, dictionary(most)), values);
    }

    private static String sql(PredictionColumns.Column column, Lease lease) {
        boolean isOneFile = lease.slices().stream()
                        .filter(slice -> !slice.file().isLookup())
                        .count()
                == 1;
        return column.name().equals(PredictionColumns.FILE) && isOneFile
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
        return copy(rows.quarantined(), Sql.text(file.toString()), blockRows, DISTINCT);
    }

    /// The most distinct values of a dictionary for a file of some rows. DuckDB allocates and clears the
    /// table
    /// of each dictionary in advance, so a file of few rows asks for small ones; that changes no byte of the
    /// file. It is a power of two, so that partitions of nearly equal rows have the same.
    ///
    /// @param rows the most rows that there are
    private static long dictionary(long rows) {
        return rows >= DISTINCT ? DISTINCT : Math.min(DISTINCT, 2 * Long.highestOneBit(Math.max(1, rows)));
    }

    private static String copy(String select, String to, int blockRows, long dictionary) {
        return "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d)"
                .formatted(select, to, blockRows, dictionary);
    }

    @Override
    public WarehouseFormat warehouse() {
        return new WarehouseFormat("FORMAT AS PARQUET", "TYPE = PARQUET");
    }

    @Override
    public String read(List<Path> files) {
        return "read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                .formatted(Sql.files(files.stream().map(Path::toString).toList()));
    }
}
