package io.nightshift.delta;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.data.GenericColumnVector;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Actions of a log in memory, by columns.
///
/// @param columns one for each field of the schema
record ActionBatch(StructType schema, List<ColumnVector> columns, int rows) implements ColumnarBatch {

    ActionBatch {
        columns = List.copyOf(columns);
    }

    /// @param rows of the schema; null for a row without values
    static ActionBatch of(StructType schema, List<? extends @Nullable Row> rows) {
        List<ColumnVector> columns = new ArrayList<>();
        for (int i = 0; i < schema.length(); i++) {
            DataType type = schema.at(i).getDataType();
            List<@Nullable Object> values = new ArrayList<>();
            for (Row row : rows) {
                values.add(row == null ? null : ActionJson.value(row, i, type));
            }
            columns.add(new Column(values, type));
        }
        return new ActionBatch(schema, columns, rows.size());
    }

    /// The kernel's vector has no children if one of its rows is null. The kernel asks for the same child
    /// once for each row.
    private static final class Column extends GenericColumnVector {
        private final List<@Nullable Object> values;
        private final DataType type;
        private final Map<Integer, ColumnVector> children = new HashMap<>();

        Column(List<@Nullable Object> values, DataType type) {
            super(values, type);
            this.values = values;
            this.type = type;
        }

        @Override
        public ColumnVector getChild(int ordinal) {
            return children.computeIfAbsent(ordinal, this::child);
        }

        private ColumnVector child(int ordinal) {
            DataType childType = ((StructType) type).at(ordinal).getDataType();
            List<@Nullable Object> childValues = new ArrayList<>();
            for (Object row : values) {
                childValues.add(row == null ? null : ActionJson.value((Row) row, ordinal, childType));
            }
            return new Column(childValues, childType);
        }
    }

    @Override
    public StructType getSchema() {
        return schema;
    }

    @Override
    public ColumnVector getColumnVector(int ordinal) {
        return columns.get(ordinal);
    }

    @Override
    public int getSize() {
        return rows;
    }

    @Override
    public ColumnarBatch withNewColumn(int ordinal, StructField field, ColumnVector vector) {
        List<StructField> fields = new ArrayList<>(schema.fields());
        fields.add(ordinal, field);
        List<ColumnVector> more = new ArrayList<>(columns);
        more.add(ordinal, vector);
        return new ActionBatch(new StructType(fields), more, rows);
    }

    @Override
    public ColumnarBatch withDeletedColumnAt(int ordinal) {
        List<StructField> fields = new ArrayList<>(schema.fields());
        fields.remove(ordinal);
        List<ColumnVector> fewer = new ArrayList<>(columns);
        fewer.remove(ordinal);
        return new ActionBatch(new StructType(fields), fewer, rows);
    }

    @Override
    public ColumnarBatch withNewSchema(StructType other) {
        return new ActionBatch(other, columns, rows);
    }
}
