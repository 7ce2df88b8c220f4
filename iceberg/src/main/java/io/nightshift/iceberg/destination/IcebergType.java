package io.nightshift.iceberg.destination;

import io.nightshift.protocol.failure.FailureException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/// The types of columns: Iceberg's for those of DuckDB, and what DuckDB writes for those of Iceberg.
final class IcebergType {

    private static final Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+),\\s*(\\d+)\\)");

    private IcebergType() {}

    /// The type of a new column for values of DuckDB's.
    ///
    /// @param column its name, for the message
    /// @param type DuckDB's name
    /// @throws FailureException permanent, if Iceberg has no such type
    static Type of(String column, String type) {
        Matcher decimal = DECIMAL.matcher(type);
        if (decimal.matches()) {
            return Types.DecimalType.of(Integer.parseInt(decimal.group(1)), Integer.parseInt(decimal.group(2)));
        }
        return switch (type) {
            case "BOOLEAN" -> Types.BooleanType.get();
            case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT" -> Types.IntegerType.get();
            case "BIGINT", "UINTEGER" -> Types.LongType.get();
            case "FLOAT" -> Types.FloatType.get();
            case "DOUBLE" -> Types.DoubleType.get();
            case "VARCHAR", "JSON" -> Types.StringType.get();
            case "BLOB" -> Types.BinaryType.get();
            case "DATE" -> Types.DateType.get();
            case "TIME" -> Types.TimeType.get();
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS" -> Types.TimestampType.withoutZone();
            case "TIMESTAMP WITH TIME ZONE" -> Types.TimestampType.withZone();
            case "UUID" -> Types.UUIDType.get();
            default ->
                throw FailureException.permanent(
                        "the column %s is a %s, for which Iceberg tables have no type; cast it, for example to VARCHAR"
                                .formatted(column, type));
        };
    }

    /// Whether a column takes values of another type without loss.
    static boolean takes(Type column, Type values) {
        return column.equals(values) || isPromotable(values, column);
    }

    /// Whether a column may become one of another type, with the values that it has.
    static boolean isPromotable(Type from, Type to) {
        return to.isPrimitiveType() && TypeUtil.isPromotionAllowed(from, to.asPrimitiveType());
    }

    /// An expression whose values DuckDB writes as Iceberg wants them.
    ///
    /// @param sql of DuckDB's type
    /// @param type DuckDB's name of the expression's type
    /// @param column that the values are for
    static String cast(String sql, String type, Type column) {
        String written = written(column);
        return written.equals(type.replace(" ", "")) || type.startsWith("ENUM")
                ? sql
                : "CAST(%s AS %s)".formatted(sql, written);
    }

    private static String written(Type column) {
        return switch (column.typeId()) {
            case BOOLEAN -> "BOOLEAN";
            case INTEGER -> "INTEGER";
            case LONG -> "BIGINT";
            case FLOAT -> "FLOAT";
            case DOUBLE -> "DOUBLE";
            case STRING -> "VARCHAR";
            case BINARY -> "BLOB";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case UUID -> "UUID";
            case TIMESTAMP -> ((Types.TimestampType) column).shouldAdjustToUTC() ? "TIMESTAMPTZ" : "TIMESTAMP";
            case DECIMAL -> {
                Types.DecimalType decimal = (Types.DecimalType) column;
                yield "DECIMAL(%d,%d)".formatted(decimal.precision(), decimal.scale());
            }
            default -> throw new IllegalStateException(column + " takes no values of jobs");
        };
    }
}
