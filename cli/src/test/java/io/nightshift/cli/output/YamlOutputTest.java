package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `-o yaml`.
final class YamlOutputTest {

    @TempDir
    private Path folder;

    private static String yaml(String json) {
        StringWriter out = new StringWriter();
        YamlOutput.print(new PrintWriter(out), json);
        return out.toString();
    }

    @Test
    void eachValueIsADocument() {
        assertThat(yaml("{\"a\": [1, 2.5, null, true]}\n{\"b\": \"no\"}\n")).isEqualTo("""
                ---
                a:
                - 1
                - 2.5
                - null
                - true
                ---
                b: no
                """);
        assertThat(yaml("[\n]\n")).isEqualTo("--- []\n");
        assertThat(yaml("")).isEmpty();
    }

    @Test
    void aTextThatLooksLikeANumberIsQuoted() {
        assertThat(yaml("{\"a\": \"12\", \"b\": \"null\", \"c\": \"true\"}"))
                .isEqualTo("---\na: '12'\nb: 'null'\nc: 'true'\n");
    }

    @Test
    void aCommandPrintsYamlInPlaceOfJson() {
        CommandResult end = CommandResult.of(
                        Main.commandLine(), "token", "create", "--name", "a", "--role", "read", "-o", "yaml")
                .expect(0);

        assertThat(end.out()).startsWith("---\ntoken: nst_").contains("\nname: a\nrole: read\nsha256: ");
    }

    @Test
    void anEmptyListIsOne() {
        CommandResult end = CommandResult.of(
                        Main.commandLine(), "batch", "list", "-o", "yaml", "--home", folder.toString())
                .expect(0);

        assertThat(end.out()).isEqualTo("--- []\n");
    }

    @Test
    void theHelpIsNoYaml() {
        assertThat(CommandResult.of(Main.commandLine(), "batch", "list", "-o", "yaml", "--help")
                        .expect(0)
                        .out())
                .startsWith("Usage: nightshift batch list");
    }

    @Test
    void anUnknownFormatIsRefused() {
        CommandResult.of(Main.commandLine(), "batch", "list", "-o", "xml")
                .expect(2, "'xml' is not an output format; use table, json or yaml");
    }
}
