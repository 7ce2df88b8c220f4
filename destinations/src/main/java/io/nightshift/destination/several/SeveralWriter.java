package io.nightshift.destination.several;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.storage.duckdb.SqlStatement;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Writes one attempt's rows to several destinations. The rows are scored once, into a temporary table of DuckDB's
/// that is within its memory limit or is spilled. Each writer reads that table.
final class SeveralWriter implements PartitionWriter {

    private static final String ROWS = "nightshift_rows_kept";
    private static final String BAD_ROWS = "nightshift_bad_rows_kept";

    private final List<PartitionWriter> writers;

    SeveralWriter(List<PartitionWriter> writers) {
        this.writers = List.copyOf(writers);
    }

    @FunctionalInterface
    private interface Step {
        void on(PartitionWriter writer) throws SQLException;
    }

    /// An attempt that fails leaves the table behind, and its connection is closed.
    private void each(String table, String query, Execution execution, Step step) throws SQLException {
        execution.run("CREATE OR REPLACE TEMP TABLE %s AS %s".formatted(table, query));
        for (PartitionWriter writer : writers) {
            step.on(writer);
        }
        execution.run("DROP TABLE " + table);
    }

    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        List<PredictionColumns.Column> kept = new ArrayList<>();
        List<String> columns = new ArrayList<>();
        for (PredictionColumns.Column column : rows.columns()) {
            String name = "nightshift_column_" + kept.size();
            columns.add(column.sql() + " AS " + name);
            kept.add(new PredictionColumns.Column(column.name(), name, column.type()));
        }
        ScoredRows keptRows = new ScoredRows(
                rows.job(),
                rows.model(),
                new SqlStatement("SELECT * FROM " + ROWS),
                kept,
                () -> "SELECT * FROM " + BAD_ROWS);
        List<Long> written = new ArrayList<>();
        each(
                ROWS,
                "SELECT %s FROM (%s)"
                        .formatted(String.join(", ", columns), rows.scored().sql()),
                scoring,
                writer -> written.add(writer.predictions(keptRows, unprepared(scoring))));
        return same(written);
    }

    /// Executes no form that is parsed once: the table is another one each time.
    private static Execution unprepared(Execution execution) {
        return sql -> execution.run(sql);
    }

    private static long same(List<Long> written) {
        if (written.stream().distinct().count() != 1) {
            throw new IllegalStateException("the destinations got different numbers of rows: " + written);
        }
        return written.getFirst();
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        ScoredRows keptRows = new ScoredRows(
                rows.job(), rows.model(), rows.scored(), rows.columns(), () -> "SELECT * FROM " + BAD_ROWS);
        each(BAD_ROWS, rows.quarantined(), execution, writer -> writer.quarantine(keptRows, execution));
    }

    @Override
    public long sending() {
        return writers.stream().mapToLong(PartitionWriter::sending).sum();
    }

    @Override
    public long taking() {
        return writers.stream().mapToLong(PartitionWriter::taking).sum();
    }

    @FunctionalInterface
    private interface Sealing {
        OutputFile of(PartitionWriter writer) throws IOException;
    }

    private OutputFile output(Sealing sealing) throws IOException {
        List<OutputFile> files = new ArrayList<>();
        for (PartitionWriter writer : writers) {
            files.add(sealing.of(writer));
        }
        OutputFile first = files.getFirst();
        return new OutputFile(
                first.rows(), first.bytes(), first.sha256(), first.files(), files.subList(1, files.size()));
    }

    @Override
    public OutputFile part(long rows) throws IOException {
        return output(writer -> writer.part(rows));
    }

    @Override
    public OutputFile quarantined(long rows) throws IOException {
        return output(writer -> writer.quarantined(rows));
    }

    @Override
    public void keep() throws IOException {
        for (PartitionWriter writer : writers) {
            writer.keep();
        }
    }

    @Override
    public boolean hasTimeLimit() {
        return writers.stream().anyMatch(PartitionWriter::hasTimeLimit);
    }

    @Override
    public void cancel() {
        writers.forEach(PartitionWriter::cancel);
    }

    @Override
    public void close() {
        close(0);
    }

    private void close(int from) {
        if (from < writers.size()) {
            try {
                writers.get(from).close();
            } finally {
                close(from + 1);
            }
        }
    }
}
