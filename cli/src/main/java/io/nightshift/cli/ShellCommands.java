package io.nightshift.cli;

/// Commands for people to copy.
public final class ShellCommands {

    private ShellCommands() {}

    /// The program as it was called, for commands that go on from there.
    public static String program() {
        return word(System.getProperty("nightshift.command", "nightshift"));
    }

    /// A text as one word of a POSIX shell, in quotes only where it needs them.
    public static String word(String text) {
        return text.matches("[A-Za-z0-9_@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
