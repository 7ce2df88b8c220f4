package io.nightshift.storage.destination;

/// Texts that a destination can't hold.
///
/// @param condition an SQL condition that holds for such a text, with `%s` in place of the text
/// @param reason why a row with one is bad, after what the text is: `holds a NUL character`
public record TextLimit(String condition, String reason) {

    /// The condition for an expression.
    public String on(String sql) {
        return condition.formatted(sql);
    }
}
