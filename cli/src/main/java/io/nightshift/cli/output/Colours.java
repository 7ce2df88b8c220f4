package io.nightshift.cli.output;

/// Colours of the terminal.
///
/// @param enabled whether there are any
public record Colours(boolean enabled) {

    public static Colours ofProcess() {
        return new Colours(Terminal.ofProcess().hasColours());
    }

    /// For what is fine.
    public String green(String text) {
        return coloured(text, 32);
    }

    /// For what should be changed.
    public String yellow(String text) {
        return coloured(text, 33);
    }

    /// For what is wrong.
    public String red(String text) {
        return coloured(text, 31);
    }

    private String coloured(String text, int colour) {
        return enabled ? "\033[%dm%s\033[0m".formatted(colour, text) : text;
    }
}
