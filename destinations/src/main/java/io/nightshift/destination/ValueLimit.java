package io.nightshift.destination;

/// Values of a type that a destination can't hold.
///
/// @param condition an SQL condition that holds for such a value, with `%s` in place of the value
/// @param reason why a row with one is bad, after what the value is: `holds a NUL character`
public record ValueLimit(String condition, String reason) {

    /// The condition for an expression.
    public String on(String sql) {
        return condition.formatted(sql);
    }
}
