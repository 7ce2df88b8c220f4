package io.nightshift.iceberg.source;

import io.nightshift.source.lake.RowFilter;
import io.nightshift.source.lake.RowFilter.Constant;
import io.nightshift.source.lake.RowFilter.Kind;
import io.nightshift.source.lake.RowFilter.Operator;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Expression;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// Translates a job's condition as far as Iceberg compares values exactly as DuckDB does. What it does not
/// translate is taken to hold for every row. Floating-point numbers are left out, because the two order NaN
/// differently, and so are comparisons for which DuckDB converts the column.
final class FilterExpressions {

    /// A number that any column of whole numbers can be compared with.
    private static final Pattern WHOLE = Pattern.compile("\\d{1,18}");

    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}:\\d{2}([.]\\d{1,6})?");

    private final Schema schema;
    private final Schema scanned;

    /// @param schema whose names the condition has
    /// @param scanned the schema of the snapshot, by whose names a scan filters
    FilterExpressions(Schema schema, Schema scanned) {
        this.schema = schema;
        this.scanned = scanned;
    }

    /// An expression that holds for every row for which a filter holds.
    Expression of(@Nullable RowFilter filter) {
        return switch (filter) {
            case null -> Expressions.alwaysTrue();
            case RowFilter.And(List<RowFilter> parts) ->
                parts.stream().map(this::of).reduce(Expressions.alwaysTrue(), Expressions::and);
            case RowFilter.Or(List<RowFilter> parts) ->
                parts.stream().map(this::of).reduce(Expressions.alwaysFalse(), Expressions::or);
            case RowFilter.Comparison comparison -> comparison(comparison);
            case RowFilter.In in -> in(in);
            case RowFilter.Null(String column, boolean isNull) -> {
                Types.NestedField field = field(column);
                yield field == null
                        ? Expressions.alwaysTrue()
                        : isNull ? Expressions.isNull(field.name()) : Expressions.notNull(field.name());
            }
        };
    }

    /// A column at the top of the schema, as the scan knows it; SQL does not tell upper from lower case.
    private Types.@Nullable NestedField field(String column) {
        return schema.columns().stream()
                .filter(field -> field.name().equalsIgnoreCase(column))
                .flatMap(field -> Stream.ofNullable(scanned.asStruct().field(field.fieldId()))
                        .filter(known -> known.type().equals(field.type())
                                && !known.name().contains(".")))
                .findFirst()
                .orElse(null);
    }

    private Expression comparison(RowFilter.Comparison comparison) {
        Types.NestedField field = field(comparison.column());
        Object value = field == null ? null : value(field, comparison.constant());
        return field == null || value == null
                ? Expressions.alwaysTrue()
                : Expressions.predicate(operation(comparison.operator()), field.name(), value);
    }

    private static Expression.Operation operation(Operator operator) {
        return switch (operator) {
            case EQUAL -> Expression.Operation.EQ;
            case LESS -> Expression.Operation.LT;
            case LESS_OR_EQUAL -> Expression.Operation.LT_EQ;
            case GREATER -> Expression.Operation.GT;
            case GREATER_OR_EQUAL -> Expression.Operation.GT_EQ;
        };
    }

    private Expression in(RowFilter.In in) {
        Types.NestedField field = field(in.column());
        if (field == null) {
            return Expressions.alwaysTrue();
        }
        List<Object> values = new ArrayList<>();
        for (Constant constant : in.constants()) {
            Object value = value(field, constant);
            if (value == null) {
                return Expressions.alwaysTrue();
            }
            values.add(value);
        }
        return Expressions.in(field.name(), values);
    }

    /// A constant as Iceberg takes it for a column; null if the two may be compared differently.
    private static @Nullable Object value(Types.NestedField field, Constant constant) {
        String text = constant.text();
        return switch (field.type().typeId()) {
            case INTEGER, LONG ->
                constant.kind() == Kind.INTEGER && WHOLE.matcher(text).matches() ? Long.valueOf(text) : null;
            case STRING -> constant.kind() == Kind.TEXT ? text : null;
            case DATE -> {
                boolean fits = constant.kind() == Kind.TEXT || constant.kind() == Kind.DATE;
                yield fits && isDate(text) ? text : null;
            }
            case TIMESTAMP -> {
                boolean isDate = isDate(text);
                if (constant.kind() == Kind.INTEGER
                        || (constant.kind() == Kind.DATE && !isDate)
                        || (!isDate && !isTime(text))) {
                    yield null;
                }
                String time = isDate ? text + "T00:00:00" : text.replace(' ', 'T');
                // DuckDB's sessions are in UTC.
                yield ((Types.TimestampType) field.type()).shouldAdjustToUTC() ? time + "+00:00" : time;
            }
            default -> null;
        };
    }

    private static boolean isDate(String text) {
        return DATE.matcher(text).matches() && parses(() -> LocalDate.parse(text));
    }

    private static boolean isTime(String text) {
        return TIME.matcher(text).matches() && parses(() -> LocalDateTime.parse(text.replace(' ', 'T')));
    }

    private static boolean parses(Supplier<?> parsing) {
        try {
            return parsing.get() != null;
        } catch (DateTimeException _) {
            return false;
        }
    }
}
