package io.nightshift.redis.destination;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nightshift.destination.table.Carrier;
import io.nightshift.protocol.failure.FailureException;
import java.util.Set;

/// How a value of DuckDB becomes a text: in the field of a hash, or in JSON.
enum RecordType {
    WHOLE(Carrier.LONG, "CAST(%s AS BIGINT)", false),
    /// Whole numbers above those of Java, and decimal fractions.
    DIGITS(Carrier.TEXT, "CAST(%s AS VARCHAR)", false),
    TRUTH(Carrier.TEXT, "CAST(%s AS VARCHAR)", false),
    SINGLE(Carrier.DOUBLE, "CAST(%s AS DOUBLE)", false),
    FRACTION(Carrier.DOUBLE, "CAST(%s AS DOUBLE)", false),
    TEXT(Carrier.TEXT, "CAST(%s AS VARCHAR)", true),
    /// `2026-11-25T22:30:05`
    TIME(Carrier.TEXT, "replace(CAST(%s AS VARCHAR), ' ', 'T')", true),
    /// `2026-11-25T22:30:05Z`
    INSTANT(Carrier.TEXT, "replace(CAST(make_timestamp(epoch_us(%s)) AS VARCHAR), ' ', 'T') || 'Z'", true),
    /// In base64.
    BYTES(Carrier.TEXT, "to_base64(%s)", true);

    private static final Set<String> WHOLES =
            Set.of("TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT");
    private static final byte[] NULL = "null".getBytes(UTF_8);
    private static final byte[] HEX = "0123456789abcdef".getBytes(UTF_8);
    private static final int FIRST_PRINTABLE = 0x20;

    final Carrier carrier;
    private final String cast;
    private final boolean isQuoted;

    RecordType(Carrier carrier, String cast, boolean isQuoted) {
        this.carrier = carrier;
        this.cast = cast;
        this.isQuoted = isQuoted;
    }

    /// The type for a DuckDB type.
    ///
    /// @param column that has it
    /// @throws FailureException permanent, where there is none
    static RecordType of(String column, String duckDbType) {
        if (WHOLES.contains(duckDbType)) {
            return WHOLE;
        }
        String base = duckDbType.endsWith("]") ? "" : duckDbType.replaceAll("\\(.*", "");
        return switch (base) {
            case "UBIGINT", "HUGEINT", "UHUGEINT", "DECIMAL" -> DIGITS;
            case "BOOLEAN" -> TRUTH;
            case "FLOAT" -> SINGLE;
            case "DOUBLE" -> FRACTION;
            case "VARCHAR", "JSON", "UUID", "ENUM", "DATE", "TIME" -> TEXT;
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" -> TIME;
            case "TIMESTAMP WITH TIME ZONE" -> INSTANT;
            case "BLOB" -> BYTES;
            default ->
                throw FailureException.permanent(
                        "the column %s is a %s, which can't be written to Redis; cast it, for example to VARCHAR"
                                .formatted(column, duckDbType));
        };
    }

    /// Makes an expression one that the carrier takes.
    String cast(String sql) {
        return cast.formatted(sql);
    }

    /// The text of a fraction: `NaN` and `Infinity` as Java and Python take them.
    byte[] text(double value) {
        return (this == SINGLE ? Float.toString((float) value) : Double.toString(value)).getBytes(UTF_8);
    }

    static byte[] text(long value) {
        return Long.toString(value).getBytes(UTF_8);
    }

    /// Puts a value as JSON has it.
    ///
    /// @param text of the value
    void putJson(RecordBuffer json, byte[] text) {
        if (isQuoted) {
            putQuoted(json, text);
        } else {
            // JSON has no NaN and no infinity.
            boolean isFinite = carrier != Carrier.DOUBLE || text[text.length - 1] <= '9';
            json.put(isFinite ? text : NULL);
        }
    }

    static void putNull(RecordBuffer json) {
        json.put(NULL);
    }

    static void putQuoted(RecordBuffer json, byte[] text) {
        json.put('"');
        for (byte each : text) {
            if (each == '"' || each == '\\') {
                json.put('\\');
                json.put(each);
            } else if (each >= 0 && each < FIRST_PRINTABLE) {
                json.put('\\');
                json.put('u');
                json.put('0');
                json.put('0');
                json.put(HEX[each >> 4]);
                json.put(HEX[each & 15]);
            } else {
                json.put(each);
            }
        }
        json.put('"');
    }
}
