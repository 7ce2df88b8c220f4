package io.nightshift.cli.batch;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// The parameter `BATCH`, shared by the commands that need a batch.
final class BatchParameter {

    @Parameters(paramLabel = "BATCH", description = "The ID of a batch, the beginning of an ID, or latest.")
    private @Nullable String name;

    String name() {
        return Objects.requireNonNull(name);
    }
}
