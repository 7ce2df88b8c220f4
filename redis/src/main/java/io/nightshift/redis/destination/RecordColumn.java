package io.nightshift.redis.destination;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.BoundJob;
import java.util.ArrayList;
import java.util.List;

/// A column of records. What is the same in all rows of a batch, such as the model, is no column.
///
/// @param sql the value, as DuckDB's carrier function takes it
record RecordColumn(String name, String sql, RecordType type) {

    /// The column of the record IDs.
    static final String ID = "record_id";

    /// The most columns: a script passes a record to the server as arguments, of which there are at most 8,000.
    private static final int MOST = 3000;

    static RecordColumn of(String name, String sql, String duckDbType) {
        RecordType type = RecordType.of(name, duckDbType);
        return new RecordColumn(name, type.cast(sql), type);
    }

    /// The columns of predictions, the ID first.
    ///
    /// @throws FailureException permanent, naming a column that can't be written
    static List<RecordColumn> predictions(List<PredictionColumns.Column> written) {
        List<RecordColumn> columns = new ArrayList<>();
        for (PredictionColumns.Column column : written) {
            columns.add(of(column.name(), column.sql(), column.type()));
        }
        if (!columns.getFirst().name().equals(ID)) {
            throw FailureException.permanent(
                    "source.id: missing; a key of Redis holds one record, so name the column that identifies a row");
        }
        if (columns.size() > MOST) {
            throw FailureException.permanent(
                    "output.columns: %d columns are too many for Redis; at most %d can be written"
                            .formatted(columns.size(), MOST));
        }
        return columns;
    }

    /// The columns of quarantined rows. The row's own values, which are JSON, are a text in it.
    static List<RecordColumn> quarantine(BoundJob job) {
        return List.of(
                of("record_file", "record_file", "VARCHAR"),
                of("record_row", "record_row", "BIGINT"),
                job.id() == null
                        ? of(ID, "NULL", "VARCHAR")
                        : of(ID, ID, job.id().type()),
                of("reason", "reason", "VARCHAR"),
                of("value", "\"value\"", "VARCHAR"),
                of("message", "message", "VARCHAR"),
                of("values", "CAST(\"values\" AS VARCHAR)", "VARCHAR"));
    }
}
