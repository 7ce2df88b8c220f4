package io.nightshift.mariadb;

import io.nightshift.destination.table.Carrier;
import java.util.Map;
import java.util.Optional;

/// The conversion of a DuckDB value to a value of MariaDB: the function that reads it, how LOAD DATA takes it, and
/// how it is read back. A value's text is the same in both directions, except for fractions.
enum LoadType {
    WHOLE(Carrier.LONG, "CAST(%s AS BIGINT)", "CAST(%s AS CHAR)"),
    /// Whole numbers above those of Java, and decimal fractions.
    DIGITS(Carrier.TEXT, "CAST(%s AS VARCHAR)", "CAST(%s AS CHAR)"),
    /// NaN and infinity become NULL.
    FRACTION(Carrier.DOUBLE, "CAST(%s AS DOUBLE)", "CAST(%s AS DOUBLE)"),
    TEXT(Carrier.TEXT, "CAST(%s AS VARCHAR)", "%s"),
    BYTES(Carrier.TEXT, "hex(%s)", "HEX(%s)"),
    /// Days since 1970.
    DATE(Carrier.LONG, "date_diff('day', DATE '1970-01-01', %s)", "CAST(%s AS CHAR)"),
    /// Microseconds since 1970, in whichever zone.
    TIMESTAMP(Carrier.LONG, "epoch_us(%s)", "CAST(%s AS CHAR)"),
    /// Microseconds since midnight.
    TIME(Carrier.LONG, "epoch_us(%s)", "CAST(%s AS CHAR)");

    /// A type of MariaDB, and how values are sent to it.
    ///
    /// @param name as the catalog gives it, without the display width of whole numbers
    record Target(LoadType type, String name) {}

    private static final Map<String, Target> TARGETS = Map.ofEntries(
            Map.entry("BOOLEAN", new Target(WHOLE, "tinyint")),
            Map.entry("TINYINT", new Target(WHOLE, "tinyint")),
            Map.entry("UTINYINT", new Target(WHOLE, "tinyint unsigned")),
            Map.entry("SMALLINT", new Target(WHOLE, "smallint")),
            Map.entry("USMALLINT", new Target(WHOLE, "smallint unsigned")),
            Map.entry("INTEGER", new Target(WHOLE, "int")),
            Map.entry("UINTEGER", new Target(WHOLE, "int unsigned")),
            Map.entry("BIGINT", new Target(WHOLE, "bigint")),
            Map.entry("UBIGINT", new Target(DIGITS, "bigint unsigned")),
            Map.entry("HUGEINT", new Target(DIGITS, "decimal(39,0)")),
            Map.entry("UHUGEINT", new Target(DIGITS, "decimal(39,0)")),
            Map.entry("FLOAT", new Target(FRACTION, "float")),
            Map.entry("DOUBLE", new Target(FRACTION, "double")),
            Map.entry("VARCHAR", new Target(TEXT, "mediumtext")),
            Map.entry("JSON", new Target(TEXT, "mediumtext")),
            Map.entry("UUID", new Target(TEXT, "char(36)")),
            Map.entry("BLOB", new Target(BYTES, "mediumblob")),
            Map.entry("DATE", new Target(DATE, "date")),
            Map.entry("TIME", new Target(TIME, "time(6)")),
            Map.entry("TIMESTAMP", new Target(TIMESTAMP, "datetime(6)")),
            Map.entry("TIMESTAMP_S", new Target(TIMESTAMP, "datetime(6)")),
            Map.entry("TIMESTAMP_MS", new Target(TIMESTAMP, "datetime(6)")),
            Map.entry("TIMESTAMP_NS", new Target(TIMESTAMP, "datetime(6)")),
            Map.entry("TIMESTAMP WITH TIME ZONE", new Target(TIMESTAMP, "datetime(6)")));

    final Carrier carrier;
    private final String cast;
    private final String readBack;

    LoadType(Carrier carrier, String cast, String readBack) {
        this.carrier = carrier;
        this.cast = cast;
        this.readBack = readBack;
    }

    /// Makes an expression one that the carrier takes.
    String cast(String sql) {
        return cast.formatted(sql);
    }

    /// The expression by which a column is read back.
    String readBack(String column) {
        return readBack.formatted(column);
    }

    /// The type for a DuckDB type, if there is one.
    static Optional<Target> of(String duckDbType) {
        if (duckDbType.startsWith("DECIMAL")) {
            return Optional.of(new Target(
                    DIGITS, "decimal" + duckDbType.substring("DECIMAL".length()).replace(" ", "")));
        }
        return Optional.ofNullable(TARGETS.get(duckDbType.startsWith("ENUM") ? "VARCHAR" : duckDbType));
    }

    /// How a column of the database is read back.
    ///
    /// @param name its type, as [Target#name]
    static LoadType ofColumn(String name) {
        return switch (name.replaceAll("[( ].*", "")) {
            case "float", "double" -> FRACTION;
            case "tinyblob", "blob", "mediumblob", "longblob" -> BYTES;
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext" -> TEXT;
            default -> WHOLE;
        };
    }
}
