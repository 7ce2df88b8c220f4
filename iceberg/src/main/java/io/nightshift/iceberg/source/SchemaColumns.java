package io.nightshift.iceberg.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.parquet.TableColumn;
import io.nightshift.source.parquet.TableColumns;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.mapping.MappedField;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// The columns of a table's schema.
final class SchemaColumns {

    private static final String LOST =
            "The snapshot was expired meanwhile (expire_snapshots), or somebody has deleted the file";

    private SchemaColumns() {}

    /// @param title the table, for messages
    static TableColumns of(String title, Table table, Schema schema) {
        List<TableColumn> columns = new ArrayList<>();
        schema.columns().forEach(field -> columns.add(column(field)));
        return new TableColumns(title, LOST, columns, mapping(table), false);
    }

    private static @Nullable Map<String, Integer> mapping(Table table) {
        String json = table.properties().get(TableProperties.DEFAULT_NAME_MAPPING);
        if (json == null) {
            return null;
        }
        Map<String, Integer> ids = new HashMap<>();
        for (MappedField field :
                NameMappingParser.fromJson(json).asMappedFields().fields()) {
            if (field.id() != null) {
                field.names().forEach(name -> ids.put(name, field.id()));
            }
        }
        return ids;
    }

    static TableColumn column(Types.NestedField field) {
        Type type = field.type();
        String known;
        try {
            known = SqlValue.type(type);
        } catch (UnsupportedOperationException e) {
            String refusal = "has the type %s, which can't be read. Add a column of another type to the table"
                    .formatted(e.getMessage());
            return new TableColumn(field.fieldId(), field.name(), "VARCHAR", "", null, refusal);
        }
        StringBuilder shape = new StringBuilder();
        addFields(shape, type);
        Object initial = field.initialDefault();
        return new TableColumn(
                field.fieldId(),
                field.name(),
                known,
                shape.toString(),
                initial == null || type.isNestedType() ? null : SqlValue.of(type, initial),
                null);
    }

    /// In the order in which a Parquet file lists the fields.
    private static void addFields(StringBuilder shape, Type type) {
        if (type.isNestedType()) {
            for (Types.NestedField field : type.asNestedType().fields()) {
                TableColumn.addField(shape, field.fieldId(), field.name());
                addFields(shape, field.type());
            }
        }
    }

    /// A column of the table that is or was, by its ID, with the newest type that it had.
    ///
    /// @param schema that is looked at first
    static TableColumn byId(Table table, Schema schema, int id) {
        Types.NestedField found = schema.findField(id);
        if (found == null) {
            found = table.schemas().values().stream()
                    .sorted(Comparator.comparingInt(Schema::schemaId).reversed())
                    .flatMap(other -> Stream.ofNullable(other.findField(id)))
                    .findFirst()
                    .orElseThrow(() -> FailureException.permanent(
                            "source: rows of %s are deleted by a column with the ID %d, which no schema of the table has any more. Have the table's engine rewrite its data files"
                                    .formatted(table.name(), id)));
        }
        boolean isTop = found.equals(schema.asStruct().field(id))
                || table.schemas().values().stream()
                        .anyMatch(other -> other.asStruct().field(id) != null);
        TableColumn column = column(found);
        if (!isTop || found.type().isNestedType() || column.refusal() != null) {
            throw FailureException.permanent(
                    "source: rows of %s are deleted by values of \"%s\", which is nested or of the type %s and can't be compared. Have the table's engine rewrite its data files"
                            .formatted(table.name(), found.name(), found.type()));
        }
        return column;
    }
}
