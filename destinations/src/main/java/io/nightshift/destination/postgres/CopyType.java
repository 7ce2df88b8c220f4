package io.nightshift.destination.postgres;

import io.nightshift.destination.table.Carrier;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The conversion of a DuckDB value to a PostgreSQL value: the function that reads it, and its form in the
/// binary format of COPY.
enum CopyType {
    BOOLEAN(Carrier.LONG, "CAST(%s AS BIGINT)"),
    INT2(Carrier.LONG, "CAST(%s AS BIGINT)"),
    INT4(Carrier.LONG, "CAST(%s AS BIGINT)"),
    INT8(Carrier.LONG, "CAST(%s AS BIGINT)"),
    FLOAT4(Carrier.DOUBLE, "CAST(%s AS DOUBLE)"),
    FLOAT8(Carrier.DOUBLE, "CAST(%s AS DOUBLE)"),
    NUMERIC(Carrier.TEXT, "CAST(%s AS VARCHAR)"),
    TEXT(Carrier.TEXT, "CAST(%s AS VARCHAR)"),
    /// A version byte, then text. The server reorders its keys.
    JSONB(Carrier.TEXT, "replace(CAST(%s AS VARCHAR), '\\u0000', '\\ufffd')"),
    UUID(Carrier.TEXT, "CAST(%s AS VARCHAR)"),
    BYTES(Carrier.TEXT, "hex(%s)"),
    /// Days since 1970, or the least or greatest number for an infinity.
    DATE(Carrier.LONG, infinite("date_diff('day', DATE '1970-01-01', %1$s)", "DATE '1970-01-01'")),
    /// Microseconds since 1970, in whichever zone.
    TIMESTAMP(Carrier.LONG, infinite("epoch_us(%1$s)", "'1970-01-01'")),
    /// Microseconds since midnight.
    TIME(Carrier.LONG, "epoch_us(%s)");

    /// A PostgreSQL type, and how values are sent to it.
    ///
    /// @param name as `format_type` gives it
    record Target(CopyType type, String name) {}

    private static final Set<String> TIMESTAMPS = Set.of("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS");

    private static final Map<String, Target> TARGETS = Map.ofEntries(
            Map.entry("BOOLEAN", new Target(BOOLEAN, "boolean")),
            Map.entry("TINYINT", new Target(INT2, "smallint")),
            Map.entry("UTINYINT", new Target(INT2, "smallint")),
            Map.entry("SMALLINT", new Target(INT2, "smallint")),
            Map.entry("USMALLINT", new Target(INT4, "integer")),
            Map.entry("INTEGER", new Target(INT4, "integer")),
            Map.entry("UINTEGER", new Target(INT8, "bigint")),
            Map.entry("BIGINT", new Target(INT8, "bigint")),
            Map.entry("UBIGINT", new Target(NUMERIC, "numeric(20,0)")),
            Map.entry("HUGEINT", new Target(NUMERIC, "numeric(39,0)")),
            Map.entry("UHUGEINT", new Target(NUMERIC, "numeric(39,0)")),
            Map.entry("FLOAT", new Target(FLOAT4, "real")),
            Map.entry("DOUBLE", new Target(FLOAT8, "double precision")),
            Map.entry("VARCHAR", new Target(TEXT, "text")),
            Map.entry("JSON", new Target(TEXT, "json")),
            Map.entry("UUID", new Target(UUID, "uuid")),
            Map.entry("BLOB", new Target(BYTES, "bytea")),
            Map.entry("DATE", new Target(DATE, "date")),
            Map.entry("TIME", new Target(TIME, "time without time zone")),
            Map.entry("TIMESTAMP WITH TIME ZONE", new Target(TIMESTAMP, "timestamp with time zone")));

    final Carrier carrier;
    private final String cast;

    CopyType(Carrier carrier, String cast) {
        this.carrier = carrier;
        this.cast = cast;
    }

    /// Makes an expression one that the carrier takes.
    String cast(String sql) {
        return cast.formatted(sql);
    }

    /// The PostgreSQL type for a DuckDB type, if there is one.
    static Optional<Target> of(String duckDbType) {
        if (duckDbType.startsWith("DECIMAL")) {
            return Optional.of(new Target(
                    NUMERIC,
                    "numeric" + duckDbType.substring("DECIMAL".length()).replace(" ", "")));
        }
        if (duckDbType.startsWith("ENUM")) {
            return of("VARCHAR");
        }
        if (TIMESTAMPS.contains(duckDbType)) {
            return Optional.of(new Target(TIMESTAMP, "timestamp without time zone"));
        }
        return Optional.ofNullable(TARGETS.get(duckDbType));
    }

    private static String infinite(String finite, String middle) {
        return "CASE WHEN isinf(%1$s) THEN CASE WHEN %1$s > " + middle
                + " THEN 9223372036854775807 ELSE -9223372036854775807 END ELSE " + finite + " END";
    }
}
