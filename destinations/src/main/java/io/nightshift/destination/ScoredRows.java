package io.nightshift.destination;

import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.duckdb.SqlStatement;
import java.util.List;
import java.util.function.Supplier;

/// The rows of an attempt as DuckDB queries, for a [PartitionWriter] to select from.
///
/// @param job the job, bound to the rows' columns
/// @param model that scores them
/// @param scored the good rows: what [PredictionColumns] select from. Running the query scores them, so each
///     row is read once
/// @param columns of the predictions, as expressions over `scored`
/// @param quarantine makes the query for the quarantined rows, which few partitions have. Its columns are
///     `record_file`, `record_row`, `record_id` if the job names an id, `reason`, `value`, the wrong value as
///     text or NULL, `message`, the words of the database for an expression that failed or NULL, and
///     `values`, the source's own values as JSON
public record ScoredRows(
        BoundJob job,
        ModelDescription model,
        SqlStatement scored,
        List<PredictionColumns.Column> columns,
        Supplier<String> quarantine) {

    public ScoredRows {
        columns = List.copyOf(columns);
    }

    /// Rows that are scored when they are read.
    public ScoredRows(BoundJob job, ModelDescription model, SqlStatement scored, Supplier<String> quarantine) {
        this(job, model, scored, PredictionColumns.of(job, model), quarantine);
    }

    /// The quarantined rows.
    public String quarantined() {
        return quarantine.get();
    }
}
