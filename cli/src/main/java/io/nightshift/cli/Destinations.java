package io.nightshift.cli;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Looks at a job's destination before anything is started, so that a wrong one costs no batch. Makes nothing;
/// whether it can really be written is seen when the batch begins.
public final class Destinations {

    private Destinations() {}

    /// @throws FailureException if the folder isn't there and can't be made, or can't be written
    public static void check(Job job) {
        Path wanted = Path.of(job.destination().parquet()).toAbsolutePath();
        Path nearest = existing(wanted);
        if (nearest == null || !Files.isDirectory(nearest)) {
            throw FailureException.permanent(
                    "the destination %s can't be made: %s is a file".formatted(wanted, nearest));
        }
        if (!Files.isWritable(nearest)) {
            throw FailureException.permanent(
                    "the destination %s can't be written: no right to write in %s".formatted(wanted, nearest));
        }
    }

    private static @Nullable Path existing(@Nullable Path path) {
        return path == null || Files.exists(path) ? path : existing(path.getParent());
    }
}
