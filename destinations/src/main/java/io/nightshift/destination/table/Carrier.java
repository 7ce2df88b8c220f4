package io.nightshift.destination.table;

/// The functions of DuckDB that hand a column's values over to [SentRows].
public enum Carrier {
    LONG("nightshift_long"),
    DOUBLE("nightshift_double"),
    TEXT("nightshift_text");

    final String function;

    Carrier(String function) {
        this.function = function;
    }

    /// The call that hands over a value.
    ///
    /// @param position among the columns, from 0
    /// @param sql the value
    String call(int position, String sql) {
        return "%s(%d, %s)".formatted(function, position, sql);
    }
}
