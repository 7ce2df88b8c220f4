package io.nightshift.delta.source;

import io.delta.kernel.internal.util.ColumnMapping;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.BinaryType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.ByteType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DecimalType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.FloatType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.ShortType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampNTZType;
import io.delta.kernel.types.TimestampType;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.Sql;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Types and partition values of a table as DuckDB has them.
final class SqlValue {

    /// A time of the protocol's second form, which ends with UTC's sign.
    private static final Pattern UTC = Pattern.compile("\\d{4,}-\\d{2}-\\d{2}T.+Z");

    private SqlValue() {}

    /// DuckDB's type for one of Delta's.
    ///
    /// @throws UnsupportedOperationException if there is none
    static String type(DataType type) {
        return type(type, StructField::getName);
    }

    /// @param names of the fields of nested types
    private static String type(DataType type, Function<StructField, String> names) {
        return switch (type) {
            case BooleanType _ -> "BOOLEAN";
            case ByteType _ -> "TINYINT";
            case ShortType _ -> "SMALLINT";
            case IntegerType _ -> "INTEGER";
            case LongType _ -> "BIGINT";
            case FloatType _ -> "FLOAT";
            case DoubleType _ -> "DOUBLE";
            case StringType _ -> "VARCHAR";
            case BinaryType _ -> "BLOB";
            case DateType _ -> "DATE";
            case TimestampType _ -> "TIMESTAMP WITH TIME ZONE";
            case TimestampNTZType _ -> "TIMESTAMP";
            case DecimalType decimal -> "DECIMAL(%d,%d)".formatted(decimal.getPrecision(), decimal.getScale());
            case ArrayType array -> type(array.getElementType(), names) + "[]";
            case MapType map -> "MAP(%s, %s)".formatted(type(map.getKeyType(), names), type(map.getValueType(), names));
            case StructType struct -> {
                StringBuilder fields = new StringBuilder();
                for (StructField field : struct.fields()) {
                    fields.append(fields.isEmpty() ? "STRUCT(" : ", ")
                            .append(Sql.name(names.apply(field)))
                            .append(' ')
                            .append(type(field.getDataType(), names));
                }
                yield fields.append(')').toString();
            }
            default -> throw new UnsupportedOperationException(type.toString());
        };
    }

    /// A nested value whose fields have their physical names, as one with their names in the table.
    ///
    /// @param own the value, as SQL. It may lack fields, which are NULL then
    static String renamed(DataType type, String own) {
        return renamed(type, "CAST(%s AS %s)".formatted(own, type(type, ColumnMapping::getPhysicalName)), 0);
    }

    /// @param depth in lists, by which their elements are called
    private static String renamed(DataType type, String own, int depth) {
        String element = "element" + depth;
        return switch (type) {
            case StructType struct -> {
                String fields = struct.fields().stream()
                        .map(field -> Sql.name(field.getName()) + " := "
                                + renamed(
                                        field.getDataType(),
                                        "(%s).%s".formatted(own, Sql.name(ColumnMapping.getPhysicalName(field))),
                                        depth))
                        .collect(Collectors.joining(", "));
                yield "CASE WHEN %s IS NULL THEN NULL ELSE struct_pack(%s) END".formatted(own, fields);
            }
            case ArrayType array ->
                "list_transform(%s, lambda %s: %s)"
                        .formatted(own, element, renamed(array.getElementType(), element, depth + 1));
            case MapType map ->
                "map_from_entries(list_transform(map_entries(%s), lambda %s: struct_pack(key := %s, value := %s)))"
                        .formatted(
                                own,
                                element,
                                renamed(map.getKeyType(), element + ".key", depth + 1),
                                renamed(map.getValueType(), element + ".value", depth + 1));
            default -> own;
        };
    }

    /// A partition value, as an SQL expression.
    ///
    /// @param table for messages
    /// @param value as the log has it; not empty
    /// @throws FailureException permanent, if nobody knows which value it is
    static String ofPartition(String table, String column, DataType type, String value) {
        if (type instanceof TimestampType && !UTC.matcher(value).matches()) {
            throw FailureException.permanent(
                    "source: the %s is partitioned by \"%s\", and its log has the time %s without a time zone, so nobody knows which time it is. Let a newer writer rewrite the table, with times in UTC, or partition it by a date"
                            .formatted(table, column, value));
        }
        // A text of the log has one character for each byte.
        return type instanceof BinaryType
                ? "unhex('%s')".formatted(HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8)))
                : "CAST(%s AS %s)".formatted(Sql.text(value), type(type));
    }
}
