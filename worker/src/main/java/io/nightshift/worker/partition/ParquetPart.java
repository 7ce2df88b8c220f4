package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.output.StagedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Staged Parquet files of the attempt's own name, written by DuckDB.
final class ParquetPart implements PartitionOutput {

    /// A column of more distinct values in a row group has no dictionary. DuckDB itself gives up at five times as many,
    /// having
    /// looked each of them up in vain: scores, and positions.
    private static final int DISTINCT = 10_000;

    private final Lease lease;
    private final int rowGroupRows;
    private final StagedFile part;
    private final StagedFile quarantine;
    private boolean kept;

    /// @param rowGroupRows of the written files
    ParquetPart(Lease lease, int rowGroupRows) {
        this.lease = lease;
        this.rowGroupRows = rowGroupRows;
        Path staging = Path.of(lease.staging());
        part = new StagedFile(staging.resolve(lease.attempt().stagedPart()));
        quarantine = new StagedFile(staging.resolve(lease.attempt().stagedQuarantine()));
    }

    @Override
    public long predictions(PartitionQuery query, Execution scoring) throws SQLException {
        Instant now = Instant.now();
        List<String> columns = new ArrayList<>();
        for (PredictionColumns.Column column : PredictionColumns.of(query.job(), query.model())) {
            columns.add(sql(column) + " AS " + Sql.name(column.name()));
        }
        columns.add(constant(lease.model().name()) + " AS model_name");
        columns.add(lease.model().version() + " AS model_version");
        columns.add(constant(lease.attempt().batch().value()) + " AS batch_id");
        columns.add(String.format(
                Locale.ROOT,
                "make_timestamptz(%d) AS predicted_at",
                now.getEpochSecond() * 1_000_000 + now.getNano() / 1000));
        return scoring.run(copy("SELECT %s FROM (%s)".formatted(String.join(", ", columns), query.scored()), part));
    }

    private String sql(PredictionColumns.Column column) {
        return column.name().equals(PredictionColumns.FILE) && lease.slices().size() == 1
                ? constant(lease.slices().getFirst().file().path())
                : column.sql();
    }

    /// A text that is the same in all rows. In the file it is a text like any other; but being of a type with one
    /// value, it is
    /// written as a dictionary without being looked up for each row.
    private static String constant(String text) {
        return "%1$s::ENUM(%1$s)".formatted(Sql.text(text));
    }

    @Override
    public void quarantine(PartitionQuery query, Execution execution) throws SQLException {
        execution.run(copy(query.quarantined(), quarantine));
    }

    private String copy(String select, StagedFile file) {
        return "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE %d, DICTIONARY_SIZE_LIMIT %d)"
                .formatted(select, Sql.text(file.path()), rowGroupRows, DISTINCT);
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return part.seal(rows);
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return quarantine.seal(rows);
    }

    /// They are durable since they were sealed.
    @Override
    public void keep() {
        kept = true;
    }

    /// The statement is DuckDB's.
    @Override
    public void cancel() {}

    @Override
    public void close() {
        if (!kept) {
            part.delete();
            quarantine.delete();
        }
    }
}
