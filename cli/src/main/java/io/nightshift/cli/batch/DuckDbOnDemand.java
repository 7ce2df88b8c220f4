package io.nightshift.cli.batch;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A command's own DuckDB, opened on first use, because some commands turn out not to need it. For one
/// thread.
final class DuckDbOnDemand implements Supplier<DuckDb>, AutoCloseable {

    private static final long MEMORY = 256L << 20;

    private final Path home;
    private final FileRoots roots;
    private final boolean isScoring;
    private @Nullable DuckDb duckDb;

    /// @param home the home folder, below which it spills
    /// @param roots that jobs may use
    DuckDbOnDemand(Path home, FileRoots roots) {
        this(home, roots, false);
    }

    /// @param isScoring whether the command scores, as a node does
    DuckDbOnDemand(Path home, FileRoots roots, boolean isScoring) {
        this.home = home;
        this.roots = roots;
        this.isScoring = isScoring;
    }

    @Override
    public DuckDb get() {
        DuckDb open = duckDb;
        if (open == null) {
            open = DuckDb.open(
                    isScoring ? MemoryBudget.duckDb() : MEMORY,
                    home.resolve("spill-" + ProcessHandle.current().pid()),
                    roots);
            register(open, isScoring);
            duckDb = open;
        }
        return open;
    }

    private static void register(DuckDb duckDb, boolean isScoring) {
        try (Connection connection = duckDb.connect()) {
            if (isScoring) {
                ScoreFunctions.register(connection);
            }
            Destinations.register(connection);
        } catch (SQLException e) {
            throw new IllegalStateException("a new instance takes functions", e);
        }
    }

    @Override
    public void close() {
        if (duckDb != null) {
            duckDb.close();
        }
    }
}
