package io.nightshift.delta.destination;

import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampNTZType;
import io.nightshift.protocol.job.OutputSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The columns that a job writes, and those of its table.
///
/// Readers find the columns of such a table by name. So the table can get more columns, and no column can
/// change: the old files stay as they are.
///
/// @param types the types of the job's columns by their names, in order
record DeltaColumns(Map<String, DataType> types) {

    /// The column that a table is partitioned by.
    static final String BATCH = "batch_id";

    private static final String SPECIAL = " ,;{}()\n\t=";

    /// @throws io.nightshift.protocol.failure.FailureException permanent, if Delta lacks the type of one
    static DeltaColumns of(List<OutputSchema.Column> columns) {
        Map<String, DataType> types = new LinkedHashMap<>();
        columns.forEach(column -> types.put(column.name(), DeltaType.of(column.name(), column.type())));
        return new DeltaColumns(types);
    }

    /// The schema of a new table.
    StructType schema() {
        return added(new StructType());
    }

    /// Why a table can't have the columns, whatever it has; empty if it can.
    List<String> obstacles() {
        return types.keySet().stream()
                .filter(name -> name.chars().anyMatch(character -> SPECIAL.indexOf(character) >= 0))
                .map(name ->
                        "the column %s: the columns of Delta tables have none of the characters space , ; { } ( ) = in their names; rename it with output.rename"
                                .formatted(name))
                .toList();
    }

    /// Why the columns can't be written to a table; empty if they can, perhaps after [#added].
    ///
    /// @param table its name
    /// @param takesLocalTimes whether it may have columns with timestamps without a time zone
    List<String> obstacles(String table, StructType schema, boolean takesLocalTimes) {
        List<String> obstacles = new ArrayList<>(obstacles());
        Map<String, String> others = new LinkedHashMap<>();
        for (StructField field : schema.fields()) {
            others.put(field.getName().toLowerCase(Locale.ROOT), field.getName());
            DataType wanted = types.get(field.getName());
            if (wanted == null && !field.isNullable()) {
                obstacles.add("the table %s requires the column %s, which the job does not write"
                        .formatted(table, field.getName()));
            } else if (wanted != null) {
                String obstacle = obstacle(table, field, wanted);
                if (obstacle != null) {
                    obstacles.add(obstacle);
                }
            }
        }
        types.forEach((name, type) -> {
            String other = others.get(name.toLowerCase(Locale.ROOT));
            if (other != null && !other.equals(name)) {
                obstacles.add("the table %s has the column %s, and the job writes %s; rename it with output.rename"
                        .formatted(table, other, name));
            } else if (other == null && type instanceof TimestampNTZType && !takesLocalTimes) {
                obstacles.add(
                        "the column %s is a timestamp without a time zone, for which the table %s needs the table feature timestampNtz; cast it to TIMESTAMPTZ under source.select, or add the feature to the table"
                                .formatted(name, table));
            }
        });
        return obstacles;
    }

    private static @Nullable String obstacle(String table, StructField field, DataType wanted) {
        if (!DeltaType.takes(field.getDataType(), wanted)) {
            return "the column %s of %s is %s, but the job's is %s, and a Delta table can't change it; rename or cast it under source.select, or name another table"
                    .formatted(field.getName(), table, field.getDataType(), wanted);
        }
        if (!field.isNullable() && !field.getName().equals(BATCH)) {
            return "the column %s of %s is NOT NULL, which Nightshift does not check; drop this constraint, or name another table"
                    .formatted(field.getName(), table);
        }
        return field.getMetadata().getEntries().keySet().stream()
                .filter(key -> key.startsWith("delta.") || key.equals("__CHAR_VARCHAR_TYPE_STRING"))
                .findFirst()
                .map(key ->
                        "the column %s of %s has the property %s, which Nightshift does not check; name another table"
                                .formatted(field.getName(), table, key))
                .orElse(null);
    }

    /// Whether a table lacks a column.
    boolean isMissing(StructType schema) {
        return !schema.fieldNames().containsAll(types.keySet());
    }

    /// A schema with the columns that it lacks.
    StructType added(StructType schema) {
        StructType more = schema;
        for (Map.Entry<String, DataType> column : types.entrySet()) {
            if (schema.indexOf(column.getKey()) < 0) {
                more = more.add(column.getKey(), column.getValue());
            }
        }
        return more;
    }
}
