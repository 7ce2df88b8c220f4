package io.nightshift.node.configuration;

/// The documentation of a configuration key, for its row in `docs/reference/configuration.md`.
///
/// @param unit the kind of value, such as `host` or `path`; empty if the type or the range of a number says it
/// @param text sentences in Markdown, with links relative to the page
/// @param shownDefault replaces the default, in Markdown, if that is the value of other keys; otherwise empty
record KeyMeaning(String unit, String text, String shownDefault) {

    static final KeyMeaning NONE = of("");

    static KeyMeaning of(String text) {
        return new KeyMeaning("", text, "");
    }

    static KeyMeaning of(String unit, String text) {
        return new KeyMeaning(unit, text, "");
    }

    /// The same meaning, with the value of other keys as the default.
    ///
    /// @param keys in Markdown, such as `` `nightshift.node.port` ``
    KeyMeaning withDefault(String keys) {
        return new KeyMeaning(unit, text, keys);
    }
}
