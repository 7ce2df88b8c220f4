package io.nightshift.iceberg.source;

import io.nightshift.storage.duckdb.Sql;
import java.nio.ByteBuffer;
import java.time.LocalTime;
import java.util.HexFormat;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

/// The values of Iceberg's metadata as SQL expressions of DuckDB.
final class SqlValue {

    private SqlValue() {}

    /// DuckDB's type for one of Iceberg's.
    ///
    /// @throws UnsupportedOperationException if there is none
    static String type(Type type) {
        return switch (type.typeId()) {
            case BOOLEAN -> "BOOLEAN";
            case INTEGER -> "INTEGER";
            case LONG -> "BIGINT";
            case FLOAT -> "FLOAT";
            case DOUBLE -> "DOUBLE";
            case STRING -> "VARCHAR";
            case BINARY, FIXED -> "BLOB";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case UUID -> "UUID";
            // Such a column is NULL in every file, and may become any type later.
            case UNKNOWN -> "VARCHAR";
            case TIMESTAMP ->
                ((Types.TimestampType) type).shouldAdjustToUTC() ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
            case TIMESTAMP_NANO -> {
                if (((Types.TimestampNanoType) type).shouldAdjustToUTC()) {
                    throw new UnsupportedOperationException(type.toString());
                }
                yield "TIMESTAMP_NS";
            }
            case DECIMAL -> {
                Types.DecimalType decimal = (Types.DecimalType) type;
                yield "DECIMAL(%d,%d)".formatted(decimal.precision(), decimal.scale());
            }
            case LIST -> type(((Types.ListType) type).elementType()) + "[]";
            case MAP -> {
                Types.MapType map = (Types.MapType) type;
                yield "MAP(%s, %s)".formatted(type(map.keyType()), type(map.valueType()));
            }
            case STRUCT -> {
                StringBuilder fields = new StringBuilder();
                for (Types.NestedField field : ((Types.StructType) type).fields()) {
                    fields.append(fields.isEmpty() ? "STRUCT(" : ", ")
                            .append(Sql.name(field.name()))
                            .append(' ')
                            .append(type(field.type()));
                }
                yield fields.append(')').toString();
            }
            case GEOMETRY, GEOGRAPHY, VARIANT -> throw new UnsupportedOperationException(type.toString());
        };
    }

    /// A value, as an expression of DuckDB's [#type].
    ///
    /// @param value as Iceberg holds it in memory; not null
    static String of(Type type, Object value) {
        return switch (type.typeId()) {
            case BOOLEAN, INTEGER, LONG -> value.toString();
            case DATE -> "(DATE '1970-01-01' + %s)".formatted(value);
            case TIME -> "TIME '%s'".formatted(LocalTime.ofNanoOfDay((Long) value * 1_000));
            case TIMESTAMP -> "CAST(make_timestamp(%s) AS %s)".formatted(value, type(type));
            case TIMESTAMP_NANO -> "make_timestamp_ns(%s)".formatted(value);
            case BINARY, FIXED -> {
                ByteBuffer bytes = ((ByteBuffer) value).duplicate();
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                yield "unhex('%s')".formatted(HexFormat.of().formatHex(copy));
            }
            // A partition keeps its value when the column is widened.
            case DOUBLE ->
                "CAST(%s AS %s)".formatted(Sql.text(value.toString()), value instanceof Float ? "FLOAT" : "DOUBLE");
            default -> "CAST(%s AS %s)".formatted(Sql.text(value.toString()), type(type));
        };
    }
}
