package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SymbolsTest {

    @Test
    void aTerminalOfUnicodeGetsMarks() {
        Symbols symbols = Symbols.of(StandardCharsets.UTF_8);

        assertThat(symbols.proved() + symbols.broken() + symbols.open()).isEqualTo("✓✗–");
        assertThat(symbols.text("17 × 2, …")).isEqualTo("17 × 2, …");
    }

    @Test
    void aTerminalOfAsciiGetsWords() {
        Symbols symbols = Symbols.of(StandardCharsets.US_ASCII);

        String all = symbols.proved() + symbols.broken() + symbols.open() + symbols.text("17 × 2, …");
        assertThat(all).isEqualTo("ok  FAILopen17 x 2, ...");
        assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(all)).isTrue();
    }
}
