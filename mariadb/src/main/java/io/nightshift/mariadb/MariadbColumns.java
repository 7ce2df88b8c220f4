package io.nightshift.mariadb;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The columns of a job's output as MariaDB has them.
///
/// @param predictions in the order in which they are written
/// @param quarantine likewise
record MariadbColumns(List<OutputColumn> predictions, List<OutputColumn> quarantine) {

    private static final int MAX_NAME = 64;

    /// The name of the quarantined rows' own values.
    static final String VALUES = "values";

    MariadbColumns {
        predictions = List.copyOf(predictions);
        quarantine = List.copyOf(quarantine);
    }

    /// @throws FailureException naming a column that a table can't hold, or one of the destination's indexes
    ///     that isn't there
    static MariadbColumns of(BoundJob bound, ModelDescription model, MariadbDestination destination) {
        List<OutputColumn> predictions = columns(predictions(PredictionColumns.of(bound, model)));
        predictions.add(new OutputColumn("model_name", "varchar(63)"));
        predictions.add(new OutputColumn("model_version", "int"));
        predictions.add(new OutputColumn("predicted_at", "datetime(6)"));
        predictions.add(new OutputColumn(MariadbTables.PARTITION, "int"));
        List<OutputColumn> quarantine = columns(quarantine(bound));
        quarantine.add(quarantine.size() - 1, new OutputColumn(MariadbTables.PARTITION, "int"));
        check(predictions, destination);
        return new MariadbColumns(predictions, quarantine);
    }

    static List<LoadColumn> predictions(List<PredictionColumns.Column> written) {
        List<LoadColumn> columns = new ArrayList<>();
        for (PredictionColumns.Column column : written) {
            boolean isId = column.name().equals("record_id");
            columns.add(
                    isId
                            ? LoadColumn.id(column.name(), column.sql(), column.type())
                            : LoadColumn.of(column.name(), column.sql(), column.type()));
        }
        return columns;
    }

    /// The row's own values last.
    static List<LoadColumn> quarantine(BoundJob job) {
        List<LoadColumn> columns = new ArrayList<>();
        columns.add(LoadColumn.of("record_file", "record_file", "VARCHAR"));
        columns.add(LoadColumn.of("record_row", "record_row", "BIGINT"));
        if (job.id() != null) {
            columns.add(LoadColumn.id("record_id", "record_id", job.id().type()));
        }
        columns.add(LoadColumn.of("reason", "reason", "VARCHAR"));
        columns.add(LoadColumn.of("value", "\"value\"", "VARCHAR"));
        columns.add(LoadColumn.of("message", "message", "VARCHAR"));
        columns.add(LoadColumn.json(VALUES, "\"values\""));
        return columns;
    }

    private static List<OutputColumn> columns(List<LoadColumn> columns) {
        return new ArrayList<>(columns.stream().map(LoadColumn::column).toList());
    }

    /// MariaDB's names of columns don't differ by the case of their letters.
    private static void check(List<OutputColumn> columns, MariadbDestination destination) {
        Set<String> names = new HashSet<>();
        Set<String> folded =
                new HashSet<>(Set.of("batch_id", MariadbTables.BATCH, MariadbTables.ATTEMPT, MariadbTables.ROW));
        for (OutputColumn column : columns) {
            if (column.name().length() > MAX_NAME || column.name().endsWith(" ")) {
                throw FailureException.permanent(
                        "output.columns: a name of more than %d characters, or with a space at its end, can't be a column of MariaDB: %s"
                                .formatted(MAX_NAME, column.name()));
            }
            names.add(column.name());
            if (!folded.add(column.name().toLowerCase(Locale.ROOT))) {
                throw FailureException.permanent(
                        "output.columns: %s is a column of the output already (MariaDB doesn't distinguish upper and lower case); rename it under source.select"
                                .formatted(column.name()));
            }
        }
        for (MariadbDestination.Index index : destination.indexes()) {
            for (String column : index.columns()) {
                if (!names.contains(column)) {
                    String near = NameSuggestion.closest(column, names);
                    throw FailureException.permanent("destination.mariadb.indexes: the output has no column %s%s"
                            .formatted(column, near == null ? "" : "; did you mean " + near + "?"));
                }
            }
        }
    }
}
