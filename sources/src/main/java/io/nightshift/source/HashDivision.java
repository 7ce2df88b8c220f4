package io.nightshift.source;

import io.nightshift.protocol.plan.Cut;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Buckets of a hash that stays the same in all versions of Nightshift and DuckDB. Whole numbers are multiplied
/// modulo a prime, twice, with a shift in between: that costs 20 ns for each row. Of other values the text is
/// hashed with MD5, which costs 0.6 µs.
record HashDivision(String sql, String type, int count) implements KeyDivision {

    private static final Set<String> BY_TEXT = Set.of("BOOLEAN", "UUID", "DATE", "TIMESTAMP");
    private static final long PRIME = 2_147_483_647;
    /// The prime divided by the golden ratio: multiples of it are spread evenly.
    private static final long FIRST = 1_327_217_885;
    /// The multiplier of Park and Miller, «Random number generators: good ones are hard to find», revised in 1993.
    private static final long SECOND = 48_271;

    HashDivision {
        if (!BoundJob.isInteger(type)
                && !BoundJob.isText(type)
                && !type.startsWith("DECIMAL")
                && !BY_TEXT.contains(type)) {
            throw KeyDivision.refused(
                    "count", type, "convert them to text or to whole numbers, for example with CAST(… AS BIGINT)");
        }
    }

    @Override
    public String code() {
        String mixed = "(abs(CAST(%s %% %d AS BIGINT)) * %d %% %d)".formatted(sql, PRIME, FIRST, PRIME);
        return BoundJob.isInteger(type)
                ? "(xor(%1$s, %1$s >> 15) * %2$d %% %3$d * %4$d // %3$d)".formatted(mixed, SECOND, PRIME, count)
                : "CAST(md5_number_lower(CAST(%s AS VARCHAR)) %% %d AS BIGINT)".formatted(sql, count);
    }

    @Override
    public long ordinal(long code) {
        return code;
    }

    @Override
    public Cut cut(long ordinal) {
        return new Cut(code() + " = " + ordinal, String.valueOf(ordinal));
    }

    @Override
    public @Nullable String orderedColumn() {
        return null;
    }

    @Override
    public Cut withoutKey() {
        return new Cut(sql + " IS NULL", null);
    }
}
