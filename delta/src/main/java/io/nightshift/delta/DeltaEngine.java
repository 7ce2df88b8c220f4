package io.nightshift.delta;

import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.ExpressionHandler;
import io.delta.kernel.engine.FileSystemClient;
import io.delta.kernel.engine.JsonHandler;
import io.delta.kernel.engine.ParquetHandler;
import io.nightshift.storage.duckdb.DuckDb;
import java.util.function.Supplier;

/// Reads and writes the log of a table for the Delta kernel. It does not read or write rows: the data files are
/// those of a batch, and DuckDB writes them. Safe for several threads.
public final class DeltaEngine implements Engine {

    private final TableFiles files;
    private final LogJson json;
    private final Checkpoints checkpoints;
    private final LogFolder folder;

    /// @param files where the tables are
    /// @param duckDb opened when first needed
    public DeltaEngine(TableFiles files, Supplier<DuckDb> duckDb) {
        this.files = files;
        this.json = new LogJson(files);
        this.checkpoints = new Checkpoints(files, duckDb);
        this.folder = new LogFolder(files);
    }

    /// Where the tables are.
    public TableFiles files() {
        return files;
    }

    @Override
    public ExpressionHandler getExpressionHandler() {
        return Literals.INSTANCE;
    }

    @Override
    public JsonHandler getJsonHandler() {
        return json;
    }

    @Override
    public FileSystemClient getFileSystemClient() {
        return folder;
    }

    @Override
    public ParquetHandler getParquetHandler() {
        return checkpoints;
    }
}
