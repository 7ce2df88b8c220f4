package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.state.Transitions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Holds the user guide's table of transitions to the code's. `-Dnightshift.regenerate=true` writes
/// it anew.
class TransitionsPageTest {

    private static final Path PAGE = Path.of("../docs/concepts/exactly-once.md");
    private static final String BEGIN = "<!-- transitions: the table of Transitions.markdown() -->\n";
    private static final String END = "<!-- end of transitions -->\n";

    @Test
    void thePageShowsTheTransitionsThatTheCodeHas() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        String expected = page.substring(0, begin) + "\n" + Transitions.markdown() + "\n" + page.substring(end);
        if (Boolean.getBoolean("nightshift.regenerate")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(page).isEqualTo(expected);
    }
}
