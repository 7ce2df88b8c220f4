package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The page that explains how to embed the scorer shows a program that runs.
class EmbeddingExampleTest {

    @Test
    void thePageShowsTheProgram() throws Exception {
        String program = Files.readString(Path.of("src/test/java/io/nightshift/scoring/EmbeddingExample.java"));
        String method = program.substring(program.indexOf("        Model model"), program.lastIndexOf("\n    }\n}"))
                .stripIndent();

        assertThat(Files.readString(Path.of("../docs/how-to/embed.md"))).contains("```java\n" + method + "\n```");
    }

    @Test
    void theProgramPrintsFeaturesAndProbabilities() {
        PrintStream terminal = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            EmbeddingExample.main(new String[] {Flights.resource("xgb100x6.ubj").toString()});
        } finally {
            System.setOut(terminal);
        }

        String[] lines = printed.toString(StandardCharsets.UTF_8).split("\\R");
        assertThat(lines).hasSize(Flights.FEATURES + 2);
        assertThat(Double.parseDouble(lines[Flights.FEATURES])).isBetween(0.0, 1.0);
        assertThat(Double.parseDouble(lines[Flights.FEATURES + 1])).isBetween(0.0, 1.0);
    }
}
