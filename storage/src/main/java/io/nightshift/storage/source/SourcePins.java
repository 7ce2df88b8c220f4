package io.nightshift.storage.source;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;

/// Compares the input that a batch was planned on with what is there now. This is the one place that knows
/// how a pinned identity is compared: a local file's by its length and modification time.
public final class SourcePins {

    private SourcePins() {}

    /// @throws FailureException naming the first file that has changed, and what changed
    public static void check(BatchId batch, List<SourceFile> files) {
        change(files).ifPresent(change -> {
            throw FailureException.permanent(
                    "the input changed since %s was planned: %s. Put the file back as it was and run again, or start over with --new"
                            .formatted(batch, change));
        });
    }

    /// The first file that has changed, and what changed, in words.
    public static Optional<String> change(List<SourceFile> files) {
        for (SourceFile file : files) {
            List<String> differences;
            try {
                differences = differences(file);
            } catch (IOException e) {
                differences = List.of("it can't be read (" + e.getMessage() + ")");
            }
            if (!differences.isEmpty()) {
                return Optional.of(file.path() + ": " + String.join(", ", differences));
            }
        }
        return Optional.empty();
    }

    /// What differs between a file's pinned identity and the file now, in words; empty if nothing does.
    ///
    /// @throws IOException if the file can't be looked at
    public static List<String> differences(SourceFile file) throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(Path.of(file.path()), BasicFileAttributes.class);
            return file.differences(now.size(), now.lastModifiedTime().toInstant());
        } catch (NoSuchFileException e) {
            return List.of("it is gone");
        }
    }
}
