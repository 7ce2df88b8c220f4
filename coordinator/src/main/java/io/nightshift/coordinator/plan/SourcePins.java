package io.nightshift.coordinator.plan;

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

/// Holds a batch to the input it was planned on.
public final class SourcePins {

    private SourcePins() {}

    /// @throws FailureException naming the first file that is not what it was, and what changed
    public static void check(BatchId batch, List<SourceFile> files) {
        change(files).ifPresent(change -> {
            throw FailureException.permanent(
                    "the input changed since %s was planned: %s. Put the file back as it was and run again, or start over with --new"
                            .formatted(batch, change));
        });
    }

    /// The first file that is not what it was, and what changed, in words.
    public static Optional<String> change(List<SourceFile> files) {
        for (SourceFile file : files) {
            List<String> differences = differences(file);
            if (!differences.isEmpty()) {
                return Optional.of(file.path() + ": " + String.join(", ", differences));
            }
        }
        return Optional.empty();
    }

    private static List<String> differences(SourceFile file) {
        try {
            BasicFileAttributes now = Files.readAttributes(Path.of(file.path()), BasicFileAttributes.class);
            return file.differences(now.size(), now.lastModifiedTime().toInstant());
        } catch (NoSuchFileException e) {
            return List.of("it is gone");
        } catch (IOException e) {
            return List.of("it can't be read (" + e.getMessage() + ")");
        }
    }
}
