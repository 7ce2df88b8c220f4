package io.nightshift.cli.job;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// The parameter `JOB`, shared by the commands that need an applied job.
final class JobParameter {

    @Parameters(paramLabel = "JOB", description = "The name of an applied job.")
    private @Nullable String name;

    String name() {
        return Objects.requireNonNull(name);
    }
}
