package io.nightshift.cli.job;

import io.nightshift.api.Backfill;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.protocol.failure.FailureException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/// The parameters `JOB` and `BACKFILL`, shared by the commands about one backfill.
final class BackfillParameters {

    @Parameters(index = "0", paramLabel = "JOB", description = "The name of an applied job.")
    private @Nullable String job;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "BACKFILL",
            description = "The ID of a backfill; default: the newest one of the job.")
    private @Nullable String id;

    String job() {
        return Objects.requireNonNull(job);
    }

    /// The ID of the wanted backfill.
    ///
    /// @throws FailureException for a person to read, if the job has none
    String id(ClusterAccess cluster) {
        return id != null
                ? id
                : JobCommand.ask(cluster, job(), client -> client.backfills(job())).backfills().stream()
                        .findFirst()
                        .map(Backfill::id)
                        .orElseThrow(() -> FailureException.permanent("job %s has no backfill".formatted(job())));
    }
}
