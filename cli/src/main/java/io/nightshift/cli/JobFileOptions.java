package io.nightshift.cli;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The job file, and the keys that the command line overrides.
public final class JobFileOptions {

    @Parameters(paramLabel = "JOB.yaml", description = "The job file.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the job file, such as partitions.rows=1000. Can be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(
            names = "--param",
            paramLabel = "NAME=VALUE",
            description = "The value of a parameter of the job, such as day=2026-11-25. Can be repeated.")
    private Map<String, String> parameters = new LinkedHashMap<>();

    public Path file() {
        return file;
    }

    /// @throws io.nightshift.protocol.job.JobFileException with every mistake in the file
    public Job read() {
        return read(file, overrides, parameters);
    }

    /// Reads a job file whose parameters have their defaults.
    ///
    /// @throws io.nightshift.protocol.job.JobFileException with every mistake in the file
    public static Job read(Path file) {
        return read(file, List.of(), Map.of());
    }

    /// Reads a job file.
    ///
    /// @param overrides of keys, as `--set` gives them
    /// @param parameters values of parameters by name
    /// @throws io.nightshift.protocol.job.JobFileException with every mistake in the file
    public static Job read(Path file, List<String> overrides, Map<String, String> parameters) {
        try {
            return JobFile.parse(Files.readAllBytes(file), file, overrides, parameters);
        } catch (NoSuchFileException e) {
            throw FailureException.permanent("there is no job file %s. `nightshift init` writes one".formatted(file));
        } catch (IOException e) {
            throw FailureException.permanent("the job file %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    /// The command that runs the same job again, which resumes its open batch.
    public String again(HomeFolder home) {
        return ShellCommands.program() + " run " + words() + home.option();
    }

    /// The job file and the options, for a command line.
    public String words() {
        StringBuilder command = new StringBuilder(ShellCommands.word(file.toString()));
        overrides.forEach(override -> command.append(" --set ").append(ShellCommands.word(override)));
        parameters.forEach((name, value) -> command.append(" --param ").append(ShellCommands.word(name + "=" + value)));
        return command.toString();
    }
}
