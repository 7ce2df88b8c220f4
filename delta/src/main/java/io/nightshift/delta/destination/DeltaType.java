package io.nightshift.delta.destination;

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
import io.delta.kernel.types.ShortType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.TimestampNTZType;
import io.delta.kernel.types.TimestampType;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The types of columns: Delta's for those of DuckDB, and what DuckDB writes for those of Delta.
final class DeltaType {

    private static final Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+),\\s*(\\d+)\\)");

    /// Each holds the values of those before it.
    private static final List<DataType> WHOLE_NUMBERS =
            List.of(ByteType.BYTE, ShortType.SHORT, IntegerType.INTEGER, LongType.LONG);

    private DeltaType() {}

    /// The type of a new column for values of DuckDB's.
    ///
    /// @param column its name, for the message
    /// @param type DuckDB's name
    /// @throws FailureException permanent, if Delta has no such type
    static DataType of(String column, String type) {
        Matcher decimal = DECIMAL.matcher(type);
        if (decimal.matches()) {
            return new DecimalType(Integer.parseInt(decimal.group(1)), Integer.parseInt(decimal.group(2)));
        }
        return switch (type) {
            case "BOOLEAN" -> BooleanType.BOOLEAN;
            case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT" -> IntegerType.INTEGER;
            case "BIGINT", "UINTEGER" -> LongType.LONG;
            case "FLOAT" -> FloatType.FLOAT;
            case "DOUBLE" -> DoubleType.DOUBLE;
            case "VARCHAR", "JSON", "UUID" -> StringType.STRING;
            case "BLOB" -> BinaryType.BINARY;
            case "DATE" -> DateType.DATE;
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS" -> TimestampNTZType.TIMESTAMP_NTZ;
            case "TIMESTAMP WITH TIME ZONE" -> TimestampType.TIMESTAMP;
            default ->
                throw FailureException.permanent(
                        "the column %s is a %s, for which Delta tables have no type; cast it, for example to VARCHAR"
                                .formatted(column, type));
        };
    }

    /// Whether a column takes values of another type without loss.
    static boolean takes(DataType column, DataType values) {
        if (column.equals(values) || (column instanceof DoubleType && values instanceof FloatType)) {
            return true;
        }
        if (column instanceof DecimalType wide && values instanceof DecimalType narrow) {
            return wide.getScale() == narrow.getScale() && wide.getPrecision() >= narrow.getPrecision();
        }
        int from = WHOLE_NUMBERS.indexOf(values);
        return from >= 0 && WHOLE_NUMBERS.indexOf(column) >= from;
    }

    /// An expression whose values DuckDB writes as the column has them.
    ///
    /// @param sql of DuckDB's type
    /// @param type DuckDB's name of the expression's type
    /// @param column that the values are for
    static String cast(String sql, String type, DataType column) {
        String written = written(column);
        return written.equals(type.replace(" ", "")) || type.startsWith("ENUM")
                ? sql
                : "CAST(%s AS %s)".formatted(sql, written);
    }

    private static String written(DataType column) {
        return switch (column) {
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
            case TimestampType _ -> "TIMESTAMPTZ";
            case TimestampNTZType _ -> "TIMESTAMP";
            case DecimalType decimal -> "DECIMAL(%d,%d)".formatted(decimal.getPrecision(), decimal.getScale());
            default -> throw new IllegalStateException(column + " takes no values of jobs");
        };
    }
}
