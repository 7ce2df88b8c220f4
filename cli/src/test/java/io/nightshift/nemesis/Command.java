package io.nightshift.nemesis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A command of the system that ends soon.
final class Command {

    private Command() {}

    /// Runs it and waits.
    ///
    /// @return what it wrote
    /// @throws IOException if there is no such command, or it failed
    static String run(String... words) throws IOException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("%s: %s".formatted(String.join(" ", List.of(words)), output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }
}
