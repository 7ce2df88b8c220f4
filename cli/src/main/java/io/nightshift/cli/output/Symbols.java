package io.nightshift.cli.output;

import java.nio.charset.Charset;

/// Signs for what the terminal can show.
///
/// @param plain whether it shows ASCII only
public record Symbols(boolean plain) {

    /// The signs for standard output as it is encoded.
    public static Symbols ofTerminal() {
        return of(System.out.charset());
    }

    public static Symbols of(Charset charset) {
        return new Symbols(!charset.newEncoder().canEncode("✓✗–×…"));
    }

    public String proved() {
        return plain ? "ok  " : "✓";
    }

    public String broken() {
        return plain ? "FAIL" : "✗";
    }

    public String warning() {
        return plain ? "WARN" : "!";
    }

    public String open() {
        return plain ? "open" : "–";
    }

    /// The text with signs that may not be shown replaced.
    public String text(String text) {
        return plain ? text.replace('×', 'x').replace("…", "...") : text;
    }
}
