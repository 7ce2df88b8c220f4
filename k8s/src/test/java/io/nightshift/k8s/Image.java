package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What the Dockerfile says, with the distribution that the image is made of.
///
/// @param instructions one a line, continued lines put together
record Image(List<String> instructions) {

    /// Where the distribution is in the image.
    static final String ROOT = "/opt/nightshift";

    static Image read() throws IOException {
        String text = Files.readString(Path.of("Dockerfile")).replaceAll("(?m)^#.*\\R", "");
        return new Image(text.replaceAll("\\\\\\R\\s*", "")
                .lines()
                .filter(line -> !line.isBlank())
                .toList());
    }

    static Path distribution() {
        Path distribution =
                Path.of("..", "cli", "target", "nightshift").toAbsolutePath().normalize();
        assertThat(distribution)
                .as("the distribution, which `mvn package` assembles")
                .isDirectory();
        return distribution;
    }

    /// What follows an instruction's name, wherever it stands.
    Stream<String> each(String name) {
        return instructions.stream()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1).strip());
    }

    String last(String name) {
        return each(name).reduce((first, second) -> second).orElseThrow();
    }

    /// The words that start a container, with the distribution where the image has it.
    List<String> entrypoint() throws IOException {
        return Stream.of(new ObjectMapper().readValue(last("ENTRYPOINT"), String[].class))
                .map(word -> word.replace(ROOT, distribution().toString()))
                .toList();
    }
}
