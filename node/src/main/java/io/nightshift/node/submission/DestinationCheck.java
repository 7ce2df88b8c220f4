package io.nightshift.node.submission;

import io.nightshift.coordinator.publish.Database;
import io.nightshift.protocol.datasource.DataSources;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Looks at a job's destination before anything is started, so that a wrong one costs no batch. Makes
/// nothing; whether it can really be written is seen when the batch begins.
public final class DestinationCheck {

    private DestinationCheck() {}

    /// @param dataSources that the configuration names
    /// @throws FailureException if the folder isn't there and can't be made, or can't be written; if
    ///     the database is not known, or refuses. One that is down now may be back when it is needed.
    public static void check(Job job, DataSources dataSources) {
        Job.Postgres postgres = job.destination().postgres();
        if (postgres == null) {
            checkFolder(job.destination().folder());
            return;
        }
        try (Database database =
                Database.open(dataSources.get(postgres.dataSource()), "the destination " + postgres, Duration.ZERO)) {
            if (!exists(database, postgres)) {
                throw FailureException.permanent("the destination %s can't be written: there is no schema %s"
                        .formatted(postgres, postgres.schema()));
            }
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
        }
    }

    private static boolean exists(Database database, Job.Postgres postgres) {
        return postgres.schema() == null
                || !database.rows(row -> true, "SELECT FROM pg_namespace WHERE nspname = ?", postgres.schema())
                        .isEmpty();
    }

    private static void checkFolder(String folder) {
        Path wanted = Path.of(folder).toAbsolutePath();
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
