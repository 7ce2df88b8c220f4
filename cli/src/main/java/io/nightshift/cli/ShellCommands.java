package io.nightshift.cli;

/// Builds shell commands for people to copy.
public final class ShellCommands {

    private ShellCommands() {}

    /// The program, as the user called it.
    public static String program() {
        return word(System.getProperty("nightshift.command", "nightshift"));
    }

    /// Quotes a text as one word of a POSIX shell, if it needs quotes.
    public static String word(String text) {
        return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /// A text in the quotes that need the least escaping.
    public static String quoted(String text) {
        return text.contains("'") && !text.matches("(?s).*[\"$`\\\\!].*") ? '"' + text + '"' : word(text);
    }
}
