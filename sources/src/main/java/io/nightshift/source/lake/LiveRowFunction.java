package io.nightshift.source.lake;

import io.nightshift.storage.duckdb.DuckDb;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;

/// The SQL function `nightshift_is_live(number, position)`, by which a query leaves out the deleted rows of a
/// data file. The number stands for the file's [LiveRows] as long as a thread holds them. Safe for several
/// threads.
final class LiveRowFunction {

    private static final Map<DuckDb, Boolean> REGISTERED = new WeakHashMap<>();
    private static final Map<Long, LiveRows> ROWS = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();

    private LiveRowFunction() {}

    /// Registers the function with an instance, once.
    static void register(DuckDb duckDb) throws SQLException {
        synchronized (REGISTERED) {
            if (REGISTERED.containsKey(duckDb)) {
                return;
            }
            try (Connection connection = duckDb.connect()) {
                DuckDBFunctions.scalarFunction()
                        .withName("nightshift_is_live")
                        .withParameter(DuckDBColumnType.BIGINT)
                        .withParameter(DuckDBColumnType.BIGINT)
                        .withReturnType(DuckDBColumnType.BOOLEAN)
                        .withVectorizedFunction(LiveRowFunction::areLive)
                        .register(connection);
            }
            REGISTERED.put(duckDb, true);
        }
    }

    private static void areLive(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        int count = (int) in.rowCount();
        if (count == 0) {
            return;
        }
        DuckDBReadableVector numbers = in.vector(0);
        DuckDBReadableVector positions = in.vector(1);
        long number = numbers.getLong(0);
        LiveRows rows = rows(number);
        for (int row = 0; row < count; row++) {
            if (numbers.getLong(row) != number) {
                number = numbers.getLong(row);
                rows = rows(number);
            }
            out.setBoolean(row, rows.isLive(positions.getLong(row)));
        }
    }

    private static LiveRows rows(long number) {
        return Objects.requireNonNull(ROWS.get(number), "the rows are not held");
    }

    /// @return the number that stands for the rows until it is removed
    static long put(LiveRows rows) {
        long number = LAST.incrementAndGet();
        ROWS.put(number, rows);
        return number;
    }

    static void remove(long number) {
        ROWS.remove(number);
    }

    /// A condition that holds for a live row.
    ///
    /// @param number as SQL
    /// @param position likewise
    static String condition(String number, String position) {
        return "nightshift_is_live(%s, %s)".formatted(number, position);
    }
}
