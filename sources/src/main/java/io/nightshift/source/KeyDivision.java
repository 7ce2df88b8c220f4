package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.source.BoundJob.Bound;
import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A partition key's values, divided into cuts. Every row belongs to exactly one cut: a row is counted by [#code()]
/// and read by [Cut#condition()], which agree for every value. A row whose key is NULL, or can't be computed,
/// belongs to a cut of its own. Immutable.
public sealed interface KeyDivision permits HashDivision, RangeDivision, TimeDivision {

    /// An expression over the source's columns: a BIGINT that determines the cut, or NULL.
    String code();

    /// The position of a cut among the others.
    ///
    /// @param code a value of [#code()]
    long ordinal(long code);

    /// A cut.
    ///
    /// @param ordinal its position
    Cut cut(long ordinal);

    /// The name of the column that is the key, if equal ordinals of two values mean that all values between
    /// them have the same; null otherwise.
    @Nullable
    String orderedColumn();

    /// The type of the key in DuckDB.
    String type();

    /// The cut of the rows for which [#code()] is NULL.
    Cut withoutKey();

    /// The division that a job asks for.
    ///
    /// @param bound the key, bound to the source's columns
    /// @throws FailureException if values of its type can't be divided so
    static KeyDivision of(PartitionKey key, Bound bound) {
        String sql = COLUMN.matcher(bound.sql()).matches() ? bound.sql() : "TRY((" + bound.sql() + "\n))";
        if (key.count() != null) {
            return new HashDivision(sql, bound.type(), key.count());
        }
        return key.every() == null
                ? new RangeDivision(sql, bound.type(), key.ranges())
                : TimeDivision.of(sql, bound.type(), key.every(), key.timeZone());
    }

    /// Checks what only the database can say: whether each bound of a range is a value of the key's type.
    ///
    /// @throws FailureException naming the bound
    static void check(PartitionKey key, Bound bound, SourceColumns columns) throws SQLException {
        if (of(key, bound) instanceof RangeDivision ranges) {
            ranges.check(columns);
        }
    }

    /// A column, or a field of one. It can't fail for a row, and DuckDB compares it with the statistics of
    /// row groups.
    Pattern COLUMN = Pattern.compile("\"(?:[^\"]|\"\")*\"(?:\\.\"(?:[^\"]|\"\")*\")*");

    /// The name of a column; null if it is another expression.
    static @Nullable String name(String sql) {
        return sql.matches("\"(?:[^\"]|\"\")*\"")
                ? sql.substring(1, sql.length() - 1).replace("\"\"", "\"")
                : null;
    }

    /// The refusal of a key.
    ///
    /// @param advice what to do
    static FailureException refused(String way, @Nullable String type, String advice) {
        return FailureException.permanent(
                "partitions.by: values of type %s can't be divided by %s; %s".formatted(type, way, advice));
    }
}
