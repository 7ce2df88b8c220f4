package io.nightshift.source.sql;

import io.nightshift.protocol.job.DatabaseInput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Cuts a table or a query into pieces of about as many rows as a partition shall have, and counts each, within one
/// transaction.
///
/// The bounds are quantiles of a sample of the key, several for each piece. One pass over the rows counts
/// those between two bounds, and adjacent ranges are joined as long as they fit a partition. So pieces are
/// nearly equal however the values are distributed; only many rows of one value make a larger piece, which
/// the planner cuts by position. Bounds are ordered and compared by the database alone.
final class SqlPlan {

    /// The ranges that are counted for each piece.
    private static final int FINENESS = 4;

    private static final int MOST_RANGES = 20_000;

    private final SqlDialect dialect;
    private final SqlSession session;
    private final DatabaseInput input;

    SqlPlan(SqlDialect dialect, SqlSession session, DatabaseInput input) {
        this.dialect = dialect;
        this.session = session;
        this.input = input;
    }

    /// The rows of a range.
    ///
    /// @param checksums the sum of the checksums of all rows, as a decimal number
    private record Counted(long rows, String checksums) {

        private static final Counted NONE = new Counted(0, "0");

        Counted plus(Counted other) {
            return new Counted(
                    rows + other.rows,
                    new java.math.BigInteger(checksums)
                            .add(new java.math.BigInteger(other.checksums))
                            .toString());
        }
    }

    /// @param target rows of a piece
    /// @return at least one
    List<SqlPiece> pieces(SqlTable table, int target) {
        long rows = table.rows() >= 0 ? table.rows() : count(table);
        if (table.isWhole() && rows > target && (rows = count(table)) > target) {
            throw session.refused("it has %,d rows, and no key to divide them by; name a column under %s.key"
                    .formatted(rows, dialect.key()));
        }
        List<SqlPiece> pieces = pieces(table, target, rows);
        long counted = pieces.stream().mapToLong(SqlPiece::rows).sum();
        if (counted > rows + rows / 2 && pieces.stream().anyMatch(piece -> piece.rows() > target)) {
            // The database's own number of rows was old.
            pieces = pieces(table, target, counted);
        }
        if (pieces.size() > 2 && !table.hasIndex()) {
            throw session.refused(
                    "no index begins with the key %s, so every partition would read the whole table; create one, or name another column under %s.key"
                            .formatted(table.key(), dialect.key()));
        }
        return pieces;
    }

    private List<SqlPiece> pieces(SqlTable table, int target, long rows) {
        long parts = Math.min(MOST_RANGES, (rows * FINENESS + target - 1) / target);
        List<String> bounds = parts < FINENESS + 1 || table.isWhole()
                ? List.of()
                : dialect.bounds(session, table, input.where(), (int) parts, rows);
        return join(table, bounds, count(table, bounds), target);
    }

    private long count(SqlTable table) {
        return session.rowsOf(row -> row.getLong(1), "SELECT count(*) FROM " + table.from() + where("WHERE"))
                .getFirst();
    }

    private String where(String word) {
        return input.where() == null ? "" : " " + word + " (" + input.where() + "\n)";
    }

    private Map<Integer, Counted> count(SqlTable table, List<String> bounds) {
        Map<Integer, Counted> counted = new HashMap<>();
        String sql = "SELECT %s AS bucket, %s FROM %s%s GROUP BY 1"
                .formatted(
                        dialect.bucket(table, bounds), dialect.summary(table.checksum()), table.from(), where("WHERE"));
        session.rowsOf(row -> counted.put(row.getInt(1), new Counted(row.getLong(2), row.getString(3))), sql);
        return counted;
    }

    private List<SqlPiece> join(SqlTable table, List<String> bounds, Map<Integer, Counted> counted, int target) {
        List<SqlPiece> pieces = new ArrayList<>();
        String from = null;
        Counted open = Counted.NONE;
        for (int i = 0; i <= bounds.size(); i++) {
            Counted next = counted.getOrDefault(i, Counted.NONE);
            if (open.rows() > 0 && open.rows() + next.rows() > target) {
                String bound = bounds.get(i - 1);
                pieces.add(piece(table, from, bound, open));
                from = bound;
                open = Counted.NONE;
            }
            open = open.plus(next);
        }
        if (open.rows() > 0 || pieces.isEmpty()) {
            pieces.add(piece(table, from, null, open));
        } else {
            // The last range has no upper limit, so that together the pieces are all there may be.
            SqlPiece last = pieces.removeLast();
            pieces.add(piece(table, last.from(), null, new Counted(last.rows(), last.checksum())));
        }
        Counted nulls = counted.get(-1);
        if (nulls != null) {
            pieces.add(new SqlPiece(
                    table.table(),
                    SqlTable.digest(table.columns()),
                    table.key(),
                    table.keyType(),
                    null,
                    null,
                    true,
                    false,
                    table.order(),
                    nulls.rows(),
                    nulls.checksums(),
                    table.storage(),
                    null));
        }
        return pieces;
    }

    private static SqlPiece piece(SqlTable table, @Nullable String from, @Nullable String to, Counted counted) {
        return new SqlPiece(
                table.table(),
                SqlTable.digest(table.columns()),
                table.key(),
                table.keyType(),
                from,
                to,
                false,
                table.pages(),
                table.order(),
                counted.rows(),
                counted.checksums(),
                table.storage(),
                null);
    }
}
