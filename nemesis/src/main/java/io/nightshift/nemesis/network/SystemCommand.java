package io.nightshift.nemesis.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Runs short commands of the operating system.
public final class SystemCommand {

    private SystemCommand() {}

    /// Runs a command and waits for its end.
    ///
    /// @return its output
    /// @throws IOException if the command is missing or fails
    public static String run(String... words) throws IOException {
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
