package io.nightshift.cli.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Holds the reference page of the commands to the commands. `-Dnightshift.regenerate=true` writes it anew.
final class ReferencePageTest {

    private static final Path PAGE = Path.of("../docs/reference/cli.md");

    @Test
    void thePageShowsEveryCommandAsItIs() throws IOException {
        String updated = ReferencePage.updated(Files.readString(PAGE), Main.commandLine());
        if (Boolean.getBoolean("nightshift.regenerate")) {
            Files.writeString(PAGE, updated);
        }

        assertThat(Files.readString(PAGE))
                .as("%s differs from the commands; run this test with -Dnightshift.regenerate=true", PAGE)
                .isEqualTo(updated);
    }

    @Test
    void aPageWithoutAPlaceForACommandIsRefused() throws IOException {
        String page = Files.readString(PAGE).replace("<!-- command: batch head -->", "");

        assertThatThrownBy(() -> ReferencePage.updated(page, Main.commandLine()))
                .hasMessageContaining("no place for [batch head]");
    }

    @Test
    void aPageThatShowsAnUnknownCommandIsRefused() throws IOException {
        String page = Files.readString(PAGE) + "<!-- command: batch tail -->\n<!-- end of command -->\n";

        assertThatThrownBy(() -> ReferencePage.updated(page, Main.commandLine()))
                .hasMessageContaining("does not exist, or twice: batch tail");
    }

    @Test
    void everyCommandArgumentAndOptionIsDescribedInSentences() {
        List<CommandPage> pages = CommandPage.of(Main.commandLine()).all().toList();

        assertThat(pages).hasSizeGreaterThan(20).allSatisfy(page -> {
            assertThat(page.description()).as(page.name()).matches("[A-Z].*\\.");
            assertThat(page.arguments())
                    .allSatisfy(entry -> assertThat(entry.meaning())
                            .as("%s %s", page.name(), entry.term())
                            .endsWith("."));
            assertThat(page.options())
                    .allSatisfy(entry -> assertThat(entry.meaning())
                            .as("%s %s", page.name(), entry.term())
                            .endsWith("."));
        });
    }
}
