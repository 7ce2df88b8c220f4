package io.nightshift.cli;

/// Commands for people to copy.
final class Shell {

    private Shell() {}

    /// A text as one word of a POSIX shell, in quotes only where it needs them.
    static String word(String text) {
        return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
