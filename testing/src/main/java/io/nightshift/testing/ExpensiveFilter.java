package io.nightshift.testing;

import java.util.ArrayList;
import java.util.List;

/// A filter of flights that lets every row through and takes its time.
public final class ExpensiveFilter {

    /// More would be refused, because the text of a row would be too large.
    private static final long MOST_REPEATS = 1_000;

    private ExpensiveFilter() {}

    /// The filter, for `source.where`.
    ///
    /// @param repeats how often it repeats the code of an airport for each row, at least 1
    public static String of(long repeats) {
        List<String> conditions = new ArrayList<>();
        for (long left = repeats; left > 0; ) {
            // Each condition differs, or DuckDB would compute one for all.
            long some = Math.min(left, MOST_REPEATS - conditions.size());
            conditions.add("length(sha256(repeat(origin, %d))) = 64".formatted(some));
            left -= some;
        }
        return String.join(" AND ", conditions);
    }
}
