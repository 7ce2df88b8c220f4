package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// The conditions for colours and moving bars.
final class TerminalTest {

    private static final Map<String, String> XTERM = Map.of("TERM", "xterm-256color");

    @Test
    void aTerminalHasColours() {
        assertThat(new Terminal(true, XTERM).hasColours()).isTrue();
        assertThat(new Terminal(true, XTERM).canMove()).isTrue();
    }

    @Test
    void aFileHasNeitherColoursNorABar() {
        assertThat(new Terminal(false, XTERM).hasColours()).isFalse();
        assertThat(new Terminal(false, XTERM).canMove()).isFalse();
    }

    @Test
    void noColorTurnsColoursOffUnlessItIsEmpty() {
        assertThat(new Terminal(true, Map.of("NO_COLOR", "1")).hasColours()).isFalse();
        assertThat(new Terminal(true, Map.of("NO_COLOR", "1")).canMove()).isTrue();
        assertThat(new Terminal(true, Map.of("NO_COLOR", "")).hasColours()).isTrue();
    }

    @Test
    void aDumbTerminalShowsLinesWithoutColours() {
        Terminal dumb = new Terminal(true, Map.of("TERM", "dumb"));

        assertThat(dumb.hasColours()).isFalse();
        assertThat(dumb.canMove()).isFalse();
    }

    @Test
    void aColourEndsBehindTheText() {
        assertThat(new Colours(true).red("x")).isEqualTo("\033[31mx\033[0m");
        assertThat(new Colours(false).red("x")).isEqualTo("x");
    }
}
