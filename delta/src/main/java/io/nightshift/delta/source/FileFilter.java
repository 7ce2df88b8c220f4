package io.nightshift.delta.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.delta.kernel.types.ByteType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.ShortType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.TimestampNTZType;
import io.delta.kernel.types.TimestampType;
import io.nightshift.source.lake.RowFilter;
import io.nightshift.source.lake.RowFilter.Constant;
import io.nightshift.source.lake.RowFilter.Kind;
import io.nightshift.source.lake.RowFilter.Operator;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Rules out data files by their partition values and by the statistics of the log. It compares only values that
/// DuckDB compares in the same way: whole numbers, texts, dates and timestamps. It takes what it can't compare to
/// hold.
final class FileFilter {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    /// A number that any column of whole numbers can be compared with.
    private static final Pattern WHOLE = Pattern.compile("\\d{1,18}");

    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}:\\d{2}([.]\\d{1,6})?");

    private static final long MICROS = 1_000_000;

    /// Statistics have times without their microseconds.
    private static final long ROUNDING = 999;

    private final SchemaColumns columns;
    private final @Nullable RowFilter filter;

    /// @param filter null for all files
    FileFilter(SchemaColumns columns, @Nullable RowFilter filter) {
        this.columns = columns;
        this.filter = filter;
    }

    /// Whether a file may have rows for which the filter holds.
    ///
    /// @param values of the partition, by the physical names of the columns
    /// @param statistics of the file as JSON; null if the log has none
    boolean mayHold(Map<String, @Nullable String> values, @Nullable String statistics) {
        return filter == null || mayHold(filter, new Facts(values, parsed(statistics)));
    }

    private static JsonNode parsed(@Nullable String statistics) {
        try {
            return statistics == null ? MissingNode.getInstance() : JSON.readTree(statistics);
        } catch (JsonProcessingException _) {
            return MissingNode.getInstance();
        }
    }

    private boolean mayHold(RowFilter part, Facts facts) {
        return switch (part) {
            case RowFilter.And and -> and.parts().stream().allMatch(each -> mayHold(each, facts));
            case RowFilter.Or or -> or.parts().stream().anyMatch(each -> mayHold(each, facts));
            case RowFilter.Comparison comparison ->
                mayHold(comparison.column(), comparison.operator(), comparison.constant(), facts);
            case RowFilter.In in ->
                in.constants().stream().anyMatch(constant -> mayHold(in.column(), Operator.EQUAL, constant, facts));
            case RowFilter.Null nulls -> {
                SchemaColumns.Column column = columns.find(nulls.column());
                Range range = column == null ? Range.UNKNOWN : facts.range(column);
                yield nulls.isNull() ? !range.hasNoNull() : !range.hasOnlyNulls();
            }
        };
    }

    private boolean mayHold(String name, Operator operator, Constant constant, Facts facts) {
        SchemaColumns.Column column = columns.find(name);
        Object value = column == null ? null : value(column.type(), constant);
        if (column == null || value == null) {
            return true;
        }
        Range range = facts.range(column);
        if (range.hasOnlyNulls()) {
            return false;
        }
        int least = range.least() == null ? -1 : compare(range.least(), value);
        int most = range.most() == null ? 1 : compare(range.most(), value);
        return switch (operator) {
            case EQUAL -> least <= 0 && most >= 0;
            case LESS -> least < 0;
            case LESS_OR_EQUAL -> least <= 0;
            case GREATER -> most > 0;
            case GREATER_OR_EQUAL -> most >= 0;
        };
    }

    /// Compares values of one column. DuckDB compares texts by their bytes in UTF-8, whose order is that of the
    /// characters' numbers.
    private static int compare(Object one, Object other) {
        if (one instanceof Long number) {
            return number.compareTo((Long) other);
        }
        int[] first = ((String) one).codePoints().toArray();
        int[] second = ((String) other).codePoints().toArray();
        return Arrays.compare(first, second);
    }

    /// All that is known about the values of a column in a file.
    ///
    /// @param least not greater than any value; null if nothing is known
    /// @param most likewise
    private record Range(
            boolean hasOnlyNulls,
            boolean hasNoNull,
            @Nullable Object least,
            @Nullable Object most) {

        static final Range UNKNOWN = new Range(false, false, null, null);
    }

    private record Facts(Map<String, @Nullable String> values, JsonNode statistics) {

        Range range(SchemaColumns.Column column) {
            if (column.isPartition()) {
                String text = values.get(column.physical());
                if (text == null || text.isEmpty()) {
                    return new Range(true, false, null, null);
                }
                Object value = parsed(column.type(), text);
                return new Range(false, true, value, value);
            }
            JsonNode nulls = statistics.path("nullCount").path(column.physical());
            JsonNode rows = statistics.path("numRecords");
            Object most = bound("maxValues", column);
            return new Range(
                    nulls.isIntegralNumber() && rows.isIntegralNumber() && nulls.longValue() == rows.longValue(),
                    nulls.isIntegralNumber() && nulls.longValue() == 0,
                    bound("minValues", column),
                    isTime(column.type()) && most instanceof Long micros ? Long.valueOf(micros + ROUNDING) : most);
        }

        private @Nullable Object bound(String which, SchemaColumns.Column column) {
            JsonNode bound = statistics.path(which).path(column.physical());
            return bound.isValueNode() && !bound.isNull() ? parsed(column.type(), bound.asText()) : null;
        }
    }

    private static boolean isTime(DataType type) {
        return type instanceof TimestampType || type instanceof TimestampNTZType;
    }

    private static boolean isWhole(DataType type) {
        return type instanceof ByteType
                || type instanceof ShortType
                || type instanceof IntegerType
                || type instanceof LongType;
    }

    /// A value of the log: a number, the days or the microseconds since 1970, or a text. Null if it can't be
    /// compared.
    private static @Nullable Object parsed(DataType type, String text) {
        try {
            if (isWhole(type)) {
                return Long.valueOf(text);
            }
            return switch (type) {
                case StringType _ -> text;
                case DateType _ -> LocalDate.parse(text).toEpochDay();
                case TimestampType _ ->
                    micros(OffsetDateTime.parse(text)
                            .withOffsetSameInstant(ZoneOffset.UTC)
                            .toLocalDateTime());
                case TimestampNTZType _ -> micros(LocalDateTime.parse(text.replace(' ', 'T')));
                default -> null;
            };
        } catch (DateTimeException | NumberFormatException _) {
            return null;
        }
    }

    private static long micros(LocalDateTime time) {
        return time.toEpochSecond(ZoneOffset.UTC) * MICROS + time.getNano() / 1_000;
    }

    /// A constant of a condition, as [#parsed]; null if DuckDB may compare it with the column in another way.
    private static @Nullable Object value(DataType type, Constant constant) {
        String text = constant.text();
        if (isWhole(type)) {
            return constant.kind() == Kind.INTEGER && WHOLE.matcher(text).matches() ? Long.valueOf(text) : null;
        }
        boolean isDate = DATE.matcher(text).matches();
        return switch (type) {
            case StringType _ -> constant.kind() == Kind.TEXT ? text : null;
            case DateType _ ->
                isDate && (constant.kind() == Kind.TEXT || constant.kind() == Kind.DATE) ? parsed(type, text) : null;
            case TimestampType _, TimestampNTZType _ -> {
                if (constant.kind() == Kind.INTEGER
                        || (constant.kind() == Kind.DATE && !isDate)
                        || (!isDate && !TIME.matcher(text).matches())) {
                    yield null;
                }
                // DuckDB's sessions are in UTC.
                yield parsed(TimestampNTZType.TIMESTAMP_NTZ, isDate ? text + "T00:00:00" : text);
            }
            default -> null;
        };
    }
}
