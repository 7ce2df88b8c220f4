package io.nightshift.k8s;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/// The Dockerfile of the image.
///
/// @param instructions one instruction each, with continued lines joined
public record Dockerfile(List<String> instructions) {

    /// The folder of the distribution in the image.
    public static final String ROOT = "/opt/nightshift";

    /// Reads it from the checkout.
    public static Dockerfile read() throws IOException {
        String text = Files.readString(Checkout.path("k8s/Dockerfile")).replaceAll("(?m)^#.*\\R", "");
        return new Dockerfile(text.replaceAll("\\\\\\R\\s*", "")
                .lines()
                .filter(line -> !line.isBlank())
                .toList());
    }

    /// The arguments of each instruction of a name.
    public Stream<String> each(String name) {
        return instructions.stream()
                .filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1).strip());
    }

    /// The arguments of the last instruction of a name.
    public String last(String name) {
        return each(name).reduce((first, second) -> second).orElseThrow();
    }

    /// The command that starts a container, with this build's distribution in place of the image's.
    public List<String> entrypoint() throws IOException {
        return Stream.of(new ObjectMapper().readValue(last("ENTRYPOINT"), String[].class))
                .map(word -> word.replace(ROOT, Checkout.distribution().toString()))
                .toList();
    }
}
