package io.nightshift.cli;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The job file and the number of scoring threads, shared by the commands that run a job in their own
/// process.
public final class JobOptions {

    @Mixin
    private JobFileOptions jobFile = new JobFileOptions();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "The number of scoring threads; default: one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    public Path file() {
        return jobFile.file();
    }

    public int threads() {
        if (threads < 1 || threads > 1024) {
            throw FailureException.permanent("--threads must be 1 to 1024, not " + threads);
        }
        return threads;
    }

    /// @throws io.nightshift.protocol.job.JobFileException with every mistake in the file
    public Job read() {
        return jobFile.read();
    }

    /// The job file and the options that other commands have, too, for a command line.
    public String words() {
        return jobFile.words();
    }

    /// The command that runs the same job again, which resumes its open batch.
    public String again(HomeFolder home) {
        return jobFile.again(home);
    }
}
