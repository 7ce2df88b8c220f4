package io.nightshift.iceberg.destination;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.UpdateSchema;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types.NestedField;
import org.jspecify.annotations.Nullable;

/// The columns that a job writes, and those of its table.
///
/// @param types the types of the job's columns by their names, in order
/// @param replaces whether a column of the table whose type does not fit is replaced by a new one
record IcebergColumns(Map<String, Type> types, boolean replaces) {

    /// The column that a table is partitioned by.
    static final String BATCH = "batch_id";

    /// @param columns of the job and of the batch
    /// @throws FailureException permanent, if Iceberg lacks the type of one
    static IcebergColumns of(List<OutputSchema.Column> columns, boolean replaces) {
        Map<String, Type> types = new LinkedHashMap<>();
        columns.forEach(column -> types.put(column.name(), IcebergType.of(column.name(), column.type())));
        return new IcebergColumns(types, replaces);
    }

    /// The schema of a new table.
    Schema schema() {
        List<NestedField> fields = new ArrayList<>();
        types.forEach((name, type) -> fields.add(NestedField.optional(fields.size() + 1, name, type)));
        return new Schema(fields);
    }

    /// The partitions of a new table.
    static PartitionSpec spec(Schema schema) {
        return PartitionSpec.builderFor(schema).identity(BATCH).build();
    }

    /// Why the columns can't be written to a table; empty if they can, perhaps after [#adapt].
    ///
    /// @param table its name
    List<String> obstacles(String table, Schema schema, PartitionSpec spec) {
        List<String> obstacles = new ArrayList<>();
        if (!isByBatch(schema, spec)) {
            obstacles.add(
                    "the table %s is partitioned by %s; Nightshift writes tables that are partitioned by the column %s alone. Name another table"
                            .formatted(table, partitions(schema, spec), BATCH));
        }
        for (NestedField field : schema.columns()) {
            Type wanted = types.get(field.name());
            if (wanted == null && field.isRequired()) {
                obstacles.add("the table %s requires the column %s, which the job does not write"
                        .formatted(table, field.name()));
            } else if (wanted != null && !fits(field, wanted) && !isReplaceable(field.name())) {
                obstacles.add(difference(table, field, wanted));
            }
        }
        return obstacles;
    }

    /// A spec as a person reads it, such as `batch_id, day(scored_at)`.
    private static String partitions(Schema schema, PartitionSpec spec) {
        if (spec.isUnpartitioned()) {
            return "nothing";
        }
        return spec.fields().stream()
                .map(field -> {
                    String column = schema.findColumnName(field.sourceId());
                    return field.transform().isIdentity() ? column : field.transform() + "(" + column + ")";
                })
                .collect(Collectors.joining(", "));
    }

    /// Readers find a batch by this column.
    private boolean isReplaceable(String name) {
        return replaces && !name.equals(BATCH);
    }

    private static String difference(String table, NestedField field, Type wanted) {
        return "the column %s of %s is %s, but the job's is %s; rename or cast it under source.select, replace the column with destination.schema: new, or name another table"
                .formatted(field.name(), table, field.type(), wanted);
    }

    static boolean isByBatch(Schema schema, PartitionSpec spec) {
        NestedField batch = schema.findField(BATCH);
        return batch != null
                && spec.fields().size() == 1
                && spec.fields().getFirst().sourceId() == batch.fieldId()
                && spec.fields().getFirst().transform().isIdentity();
    }

    private static boolean fits(NestedField field, Type wanted) {
        return IcebergType.takes(field.type(), wanted) || IcebergType.isPromotable(field.type(), wanted);
    }

    /// Whether a table lacks a column, or has a narrower one.
    boolean needsChange(Schema schema) {
        return types.entrySet().stream().anyMatch(column -> {
            NestedField field = schema.findField(column.getKey());
            return field == null || !IcebergType.takes(field.type(), column.getValue());
        });
    }

    /// Adds columns, widens them, and replaces them.
    void adapt(Schema schema, UpdateSchema update) {
        types.forEach((name, wanted) -> {
            NestedField field = schema.findField(name);
            if (field == null) {
                update.addColumn(null, name, wanted);
            } else if (IcebergType.takes(field.type(), wanted)) {
                return;
            } else if (IcebergType.isPromotable(field.type(), wanted)) {
                update.updateColumn(name, wanted.asPrimitiveType());
            } else {
                update.deleteColumn(name);
                update.addColumn(null, name, wanted);
            }
        });
    }

    /// The IDs of a table's columns that files with a job's columns have.
    ///
    /// @throws FailureException permanent, if the table lacks a column that it had
    static Map<String, NestedField> fields(String table, Schema schema, List<String> names) {
        Map<String, NestedField> fields = new LinkedHashMap<>();
        for (String name : names) {
            @Nullable NestedField field = schema.findField(name);
            if (field == null) {
                throw FailureException.permanent(
                        "the column %s of %s was dropped while the batch was written".formatted(name, table));
            }
            fields.put(name, field);
        }
        return fields;
    }
}
