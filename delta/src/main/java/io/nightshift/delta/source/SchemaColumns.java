package io.nightshift.delta.source;

import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.TableConfig;
import io.delta.kernel.internal.util.ColumnMapping;
import io.delta.kernel.internal.util.ColumnMapping.ColumnMappingMode;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.nightshift.source.parquet.TableColumn;
import io.nightshift.source.parquet.TableColumns;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The columns of a version: how they are called in data files, in partition values and in statistics.
///
/// A column is found in a file by its name, or by its field ID where the table's column mapping says so. The
/// values of partition columns are in the log. Files may have them, too, and are not asked.
final class SchemaColumns {

    private static final String LOST =
            "Another commit has removed it from the table, and VACUUM has deleted it, or somebody else has";

    private final boolean hasIds;
    private final boolean isMapped;
    private final List<Column> columns = new ArrayList<>();

    /// A column.
    ///
    /// @param id which files know it by, if the table has such IDs; less than 0 for a partition column
    /// @param physical its name in data files, in partition values and in statistics
    record Column(StructField field, int id, String physical) {

        boolean isPartition() {
            return id < 0;
        }

        String name() {
            return field.getName();
        }

        DataType type() {
            return field.getDataType();
        }
    }

    SchemaColumns(SnapshotImpl version) {
        ColumnMappingMode mode = TableConfig.COLUMN_MAPPING_MODE.fromMetadata(version.getMetadata());
        hasIds = mode == ColumnMappingMode.ID;
        isMapped = ColumnMapping.isColumnMappingModeEnabled(mode);
        Set<String> partitions = new TreeSet<>();
        version.getPartitionColumnNames().forEach(name -> partitions.add(name.toLowerCase(Locale.ROOT)));
        for (StructField field : version.getSchema().fields()) {
            int number = columns.size() + 1;
            boolean isPartition = partitions.contains(field.getName().toLowerCase(Locale.ROOT));
            int id = isPartition ? -number : hasIds ? ColumnMapping.getColumnId(field) : number;
            columns.add(new Column(field, id, isMapped ? ColumnMapping.getPhysicalName(field) : field.getName()));
        }
    }

    /// @param title the table, for messages
    static TableColumns of(String title, SnapshotImpl version) {
        return new SchemaColumns(version).table(title);
    }

    private TableColumns table(String title) {
        Map<String, Integer> names = new HashMap<>();
        columns.stream()
                .filter(column -> !column.isPartition())
                .forEach(column -> names.put(column.physical(), column.id()));
        return new TableColumns(
                title, LOST, columns.stream().map(this::column).toList(), hasIds ? null : names, !hasIds);
    }

    private TableColumn column(Column column) {
        DataType type = column.type();
        try {
            StringBuilder shape = new StringBuilder();
            if (hasIds) {
                addFields(shape, type);
            }
            return new TableColumn(
                    column.id(),
                    column.name(),
                    SqlValue.type(type),
                    shape.toString(),
                    isMapped && hasFields(type) ? SqlValue.renamed(type, TableColumn.OWN) : null,
                    null,
                    null);
        } catch (UnsupportedOperationException e) {
            String refusal = "has the type %s, which can't be read. Add a column of another type to the table"
                    .formatted(e.getMessage());
            return new TableColumn(column.id(), column.name(), "VARCHAR", "", null, refusal);
        }
    }

    private static boolean hasFields(DataType type) {
        return switch (type) {
            case StructType _ -> true;
            case ArrayType array -> hasFields(array.getElementType());
            case MapType map -> hasFields(map.getKeyType()) || hasFields(map.getValueType());
            default -> false;
        };
    }

    /// In the order in which a Parquet file lists the fields.
    private static void addFields(StringBuilder shape, DataType type) {
        switch (type) {
            case StructType struct ->
                struct.fields().forEach(field -> {
                    TableColumn.addField(shape, ColumnMapping.getColumnId(field), ColumnMapping.getPhysicalName(field));
                    addFields(shape, field.getDataType());
                });
            case ArrayType array -> addFields(shape, array.getElementType());
            case MapType map -> {
                addFields(shape, map.getKeyType());
                addFields(shape, map.getValueType());
            }
            default -> {}
        }
    }

    /// A column; SQL does not tell upper from lower case.
    @Nullable
    Column find(String name) {
        return columns.stream()
                .filter(column -> column.name().equalsIgnoreCase(name))
                .findFirst()
                .orElse(null);
    }

    /// The values of the partition columns in a file, as SQL expressions by the IDs of the columns.
    ///
    /// @param table for messages
    /// @param values by the physical names of the columns
    Map<Integer, String> values(String table, Map<String, @Nullable String> values) {
        Map<Integer, String> found = new HashMap<>();
        for (Column column : columns) {
            if (column.isPartition()) {
                String value = values.get(column.physical());
                found.put(
                        column.id(),
                        value == null || value.isEmpty()
                                ? "NULL"
                                : SqlValue.ofPartition(table, column.name(), column.type(), value));
            }
        }
        return found;
    }
}
