package io.nightshift.protocol.job;

import java.util.Locale;

/// A column of the output that has the same value in all rows.
///
/// @param name the column's name
/// @param type the type of the value
/// @param value the value as a text: of a parameter's type in its canonical form, see [ParameterType]; a number as
///     `Double.toString` writes it; `true` or `false`
public record OutputConstant(String name, Type type, String value) {

    /// The types of constants.
    public enum Type {
        /// A text.
        TEXT("VARCHAR"),
        /// A whole number of 64 bits.
        INTEGER("BIGINT"),
        /// A finite floating-point number.
        NUMBER("DOUBLE"),
        /// True or false.
        BOOLEAN("BOOLEAN"),
        /// A day.
        DATE("DATE"),
        /// A date and a time of day without a time zone.
        TIMESTAMP("TIMESTAMP");

        private final String sql;

        Type(String sql) {
            this.sql = sql;
        }

        /// DuckDB's name of the type.
        public String sql() {
            return sql;
        }

        /// The name in a job file, such as `date`.
        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
