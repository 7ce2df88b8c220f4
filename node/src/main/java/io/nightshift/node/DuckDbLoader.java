package io.nightshift.node;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// The node's DuckDB, loaded in the background, since that takes as long as much else at a start.
public final class DuckDbLoader implements Supplier<DuckDb>, AutoCloseable {

    private final CompletableFuture<DuckDb> opening;

    private DuckDbLoader(CompletableFuture<DuckDb> opening) {
        this.opening = opening;
    }

    /// @param roots that jobs may use
    public static DuckDbLoader open(long memoryLimit, Path spill, FileRoots roots, Executor executor) {
        return new DuckDbLoader(CompletableFuture.supplyAsync(() -> ready(memoryLimit, spill, roots), executor));
    }

    private static DuckDb ready(long memoryLimit, Path spill, FileRoots roots) {
        DuckDb duckDb = DuckDb.open(memoryLimit, spill, roots);
        try (Connection connection = duckDb.connect()) {
            ScoreFunctions.register(connection);
            Destinations.register(connection);
            return duckDb;
        } catch (SQLException e) {
            throw FailureException.permanent("the scoring functions can't be registered: " + e.getMessage());
        }
    }

    /// Waits for it, if it isn't open yet.
    @Override
    public DuckDb get() {
        try {
            return opening.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof FailureException known) {
                throw known;
            }
            throw e;
        }
    }

    /// Waits until it is open, and closes it.
    @Override
    public void close() {
        opening.thenAccept(DuckDb::close).handle((_, _) -> true).join();
    }
}
