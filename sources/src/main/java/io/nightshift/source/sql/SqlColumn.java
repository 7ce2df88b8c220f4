package io.nightshift.source.sql;

import io.nightshift.storage.duckdb.Sql;
import java.util.Locale;
import org.duckdb.DuckDBColumnType;
import org.jspecify.annotations.Nullable;

/// A column of a database's table or query.
///
/// @param name as the database has it
/// @param engineType the database's name of its type, for messages
/// @param carrier how its values reach DuckDB; null if they can't
/// @param precision of a decimal, else 0
/// @param scale of a decimal, else 0
/// @param selected an expression in the database's SQL that gives the value in the carrier's form
/// @param conversion what DuckDB makes of a text that carries the value, with %s in the place of the text;
///     null if the carrier is the value itself
record SqlColumn(
        String name,
        String engineType,
        @Nullable Carrier carrier,
        int precision,
        int scale,
        String selected,
        @Nullable String conversion) {

    /// The form in which a value is handed to DuckDB.
    enum Carrier {
        BOOLEAN(DuckDBColumnType.BOOLEAN, 1),
        BYTE(DuckDBColumnType.TINYINT, 1),
        SHORT(DuckDBColumnType.SMALLINT, 2),
        INT(DuckDBColumnType.INTEGER, 4),
        LONG(DuckDBColumnType.BIGINT, 8),
        UNSIGNED_BYTE(DuckDBColumnType.UTINYINT, 1),
        UNSIGNED_SHORT(DuckDBColumnType.USMALLINT, 2),
        UNSIGNED_INT(DuckDBColumnType.UINTEGER, 4),
        UNSIGNED_LONG(DuckDBColumnType.UBIGINT, 8),
        FLOAT(DuckDBColumnType.FLOAT, 4),
        DOUBLE(DuckDBColumnType.DOUBLE, 8),
        DECIMAL(DuckDBColumnType.DECIMAL, 0),
        /// Days since 1970.
        DATE(DuckDBColumnType.DATE, 4),
        /// Microseconds since 1970, of no time zone.
        TIMESTAMP(DuckDBColumnType.TIMESTAMP, 8),
        /// Microseconds since 1970, UTC.
        TIMESTAMP_TZ(DuckDBColumnType.TIMESTAMP_WITH_TIME_ZONE, 8),
        TEXT(DuckDBColumnType.VARCHAR, 0);

        final DuckDBColumnType type;
        /// The length of a value in a vector, in bytes; 0 if it is not fixed.
        final int bytes;

        Carrier(DuckDBColumnType type, int bytes) {
            this.type = type;
            this.bytes = bytes;
        }
    }

    /// A column whose values are of the carrier's type.
    static SqlColumn of(String name, String engineType, Carrier carrier, String selected) {
        return new SqlColumn(name, engineType, carrier, 0, 0, selected, null);
    }

    static SqlColumn decimal(String name, String engineType, int precision, int scale, String selected) {
        return new SqlColumn(name, engineType, Carrier.DECIMAL, precision, scale, selected, null);
    }

    /// A column whose values go as texts, and are converted by DuckDB.
    static SqlColumn converted(String name, String engineType, String selected, String conversion) {
        return new SqlColumn(name, engineType, Carrier.TEXT, 0, 0, selected, conversion);
    }

    /// A column that can't be read.
    static SqlColumn refused(String name, String engineType) {
        return new SqlColumn(name, engineType, null, 0, 0, "", null);
    }

    /// Whether the column of the database may have numbers that the carrier can't represent.
    boolean isRounded() {
        return carrier == Carrier.DOUBLE
                && (engineType.equals("numeric")
                        || engineType.toUpperCase(Locale.ROOT).startsWith("DECIMAL"));
    }

    /// The column's expression over the function that reads the rows.
    String inDuckDb() {
        String quoted = Sql.name(name);
        return conversion == null ? quoted : conversion.formatted(quoted) + " AS " + quoted;
    }
}
