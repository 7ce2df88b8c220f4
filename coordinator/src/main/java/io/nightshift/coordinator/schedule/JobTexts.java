package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.JobHeader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the job files of applied jobs.
public final class JobTexts {

    private JobTexts() {}

    /// Reads the part of the job file that does not depend on the values of its parameters.
    ///
    /// @param folder that relative paths start from; null if all paths are absolute
    /// @throws JobFileException with every mistake, if there is one
    public static JobHeader header(String text, @Nullable String folder) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return folder == null ? JobFile.header(bytes) : JobFile.header(bytes, file(folder), List.of());
    }

    /// The job of a run.
    ///
    /// @param folder that relative paths start from; null if all paths are absolute
    /// @param parameters that are set; all others have their defaults
    /// @throws JobFileException with every mistake, if there is one
    public static Job job(String text, @Nullable String folder, Map<String, String> parameters) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return folder == null
                ? JobFile.parse(bytes, parameters)
                : JobFile.parse(bytes, file(folder), List.of(), parameters);
    }

    /// The name that mistakes show.
    private static Path file(String folder) {
        return Path.of(folder, "job");
    }
}
