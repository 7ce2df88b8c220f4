package io.nightshift.cli;

/// Commands for people to copy.
public final class Shell {

    private Shell() {}

    /// The program as it was called, for commands that go on from there.
    public static String program() {
        return word(System.getProperty("nightshift.command", "nightshift"));
    }

    /// A text as one word of a POSIX shell, in quotes only where it needs them.
    public static String word(String text) {
        return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /// A text in the quotes that need the least escaping.
    public static String quoted(String text) {
        return text.contains("'") && !text.matches("(?s).*[\"$`\\\\!].*") ? '"' + text + '"' : word(text);
    }
}
