package io.nightshift.node.alert;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a secret is. The secret itself is read for each use, so that a new one counts at once, and is kept
/// nowhere.
public sealed interface Secret {

    /// A file whose text is the secret.
    record InFile(Path file) implements Secret {}

    /// An environment variable of the node.
    record InEnvironment(String variable) implements Secret {}

    /// A value of the configuration that is no secret.
    record Plain(String value) implements Secret {}

    /// Reads the secret. Waits for the disk.
    ///
    /// @return the text, without white space around it
    /// @throws FailureException permanent, naming the place and not the secret
    default String read() {
        String text = switch (this) {
            case InFile(Path file) -> text(file);
            case InEnvironment(String variable) -> System.getenv(variable);
            case Plain(String value) -> value;
        };
        if (text == null || text.isBlank()) {
            throw FailureException.permanent(
                    switch (this) {
                        case InFile(Path file) -> "the file %s is empty".formatted(file);
                        case InEnvironment(String variable) ->
                            "the environment variable %s is not set for the node".formatted(variable);
                        case Plain plain -> "the value is empty";
                    });
        }
        return text.strip();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the file %s is missing, or can't be read as text in UTF-8".formatted(file));
        }
    }
}
