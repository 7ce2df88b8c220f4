package io.nightshift.destination.postgres;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The columns of a job's output as PostgreSQL has them.
///
/// @param predictions in the order in which they are written
/// @param quarantine likewise
record PostgresColumns(List<OutputColumn> predictions, List<OutputColumn> quarantine) {

    private static final int MAX_NAME = 63;

    PostgresColumns {
        predictions = List.copyOf(predictions);
        quarantine = List.copyOf(quarantine);
    }

    /// @throws FailureException naming a column that a table can't hold, or one of the destination's indexes
    ///     that isn't there
    static PostgresColumns of(BoundJob bound, ModelDescription model, PostgresDestination destination) {
        List<OutputColumn> predictions = columns(predictions(PredictionColumns.of(bound, model)));
        predictions.add(new OutputColumn("model_name", "text"));
        predictions.add(new OutputColumn("model_version", "integer"));
        predictions.add(new OutputColumn(BatchTables.BATCH, "text"));
        predictions.add(new OutputColumn("predicted_at", "timestamp with time zone"));
        predictions.add(new OutputColumn("batch_partition", "integer"));
        List<OutputColumn> quarantine = columns(quarantine(bound));
        quarantine.add(quarantine.size() - 1, new OutputColumn(BatchTables.BATCH, "text"));
        quarantine.add(quarantine.size() - 1, new OutputColumn("batch_partition", "integer"));
        check(predictions, destination);
        return new PostgresColumns(predictions, quarantine);
    }

    static List<CopyColumn> predictions(List<PredictionColumns.Column> written) {
        List<CopyColumn> columns = new ArrayList<>();
        for (PredictionColumns.Column column : written) {
            columns.add(CopyColumn.of(column.name(), column.sql(), column.type()));
        }
        return columns;
    }

    /// The row's own values last.
    static List<CopyColumn> quarantine(BoundJob job) {
        List<CopyColumn> columns = new ArrayList<>();
        columns.add(CopyColumn.of("record_file", "record_file", "VARCHAR"));
        columns.add(CopyColumn.of("record_row", "record_row", "BIGINT"));
        if (job.id() != null) {
            columns.add(CopyColumn.id("record_id", job.id().type()));
        }
        columns.add(CopyColumn.of("reason", CopyColumn.withoutNul("reason"), "VARCHAR"));
        columns.add(CopyColumn.of("value", CopyColumn.withoutNul("\"value\""), "VARCHAR"));
        columns.add(CopyColumn.of("message", CopyColumn.withoutNul("message"), "VARCHAR"));
        columns.add(CopyColumn.jsonb("values", "\"values\""));
        return columns;
    }

    private static List<OutputColumn> columns(List<CopyColumn> columns) {
        return new ArrayList<>(columns.stream().map(CopyColumn::column).toList());
    }

    private static void check(List<OutputColumn> columns, PostgresDestination destination) {
        Set<String> names = new HashSet<>();
        for (OutputColumn column : columns) {
            if (column.name().getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
                throw FailureException.permanent(
                        "output.columns: a name of more than %d bytes is too long for PostgreSQL: %s"
                                .formatted(MAX_NAME, column.name()));
            }
            if (!names.add(column.name())) {
                throw FailureException.permanent(
                        "output.columns: %s is a column of the output itself; rename it under source.select"
                                .formatted(column.name()));
            }
        }
        for (PostgresDestination.Index index : destination.indexes()) {
            for (String column : index.columns()) {
                if (!names.contains(column)) {
                    String near = NameSuggestion.closest(column, names);
                    throw FailureException.permanent("destination.postgres.indexes: the output has no column %s%s"
                            .formatted(column, near == null ? "" : "; did you mean " + near + "?"));
                }
            }
        }
    }
}
