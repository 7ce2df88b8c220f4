package io.nightshift.worker.partition;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.OutputColumn;
import io.nightshift.protocol.plan.OutputColumns;
import io.nightshift.worker.postgres.CopyColumn;
import io.nightshift.worker.source.BoundJob;
import io.nightshift.worker.source.ParquetInspector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The columns of a job's output as PostgreSQL has them.
public final class TableColumns implements OutputColumns {

    private static final int MAX_NAME = 63;

    private final ParquetInspector inspector;

    public TableColumns(ParquetInspector inspector) {
        this.inspector = inspector;
    }

    @Override
    public Tables of(Job job, ModelDescription model) {
        BoundJob bound = inspector.bind(job, model);
        List<OutputColumn> predictions = columns(predictions(bound, model));
        predictions.add(new OutputColumn("model_name", "text"));
        predictions.add(new OutputColumn("model_version", "integer"));
        predictions.add(new OutputColumn("batch_id", "text"));
        predictions.add(new OutputColumn("predicted_at", "timestamp with time zone"));
        predictions.add(new OutputColumn("batch_partition", "integer"));
        List<OutputColumn> quarantine = columns(quarantine(bound));
        quarantine.add(quarantine.size() - 1, new OutputColumn("batch_id", "text"));
        quarantine.add(quarantine.size() - 1, new OutputColumn("batch_partition", "integer"));
        check(predictions, job);
        return new Tables(predictions, quarantine);
    }

    static List<CopyColumn> predictions(BoundJob job, ModelDescription model) {
        List<CopyColumn> columns = new ArrayList<>();
        for (PredictionColumns.Column column : PredictionColumns.of(job, model)) {
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
        columns.add(CopyColumn.jsonb("values", "\"values\""));
        return columns;
    }

    private static List<OutputColumn> columns(List<CopyColumn> columns) {
        return new ArrayList<>(columns.stream().map(CopyColumn::column).toList());
    }

    private static void check(List<OutputColumn> columns, Job job) {
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
        for (Job.Index index : job.destination().table().indexes()) {
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
