package io.nightshift.source;

import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;

/// A DuckDB, set up as in production, and a folder to work in.
public class TestData implements AutoCloseable {

    /// Opened by the first test that needs it; it ends with the process. Opening one takes 30 ms of processor time.
    private static final class Shared {
        // DuckDB takes 32 MiB for each CSV file that a query reads.
        private static final DuckDb DUCK_DB = DuckDb.open(512L << 20, spill());

        private static Path spill() {
            try {
                ScratchFolder folder = ScratchFolder.create("nightshift-duckdb");
                Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(folder::delete));
                return folder.path();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public final DuckDb duckDb;
    public final Path folder;

    private final boolean isShared;
    private final List<ReadConnections> connections = new ArrayList<>();

    public TestData(Path folder) {
        this(folder, 256L << 20);
    }

    /// @param memory of DuckDB, in bytes
    public TestData(Path folder, long memory) {
        this(folder, DuckDb.open(memory, folder.resolve("spill")), false);
    }

    private TestData(Path folder, DuckDb duckDb, boolean isShared) {
        this.folder = folder;
        this.duckDb = duckDb;
        this.isShared = isShared;
    }

    /// Data in the DuckDB that the tests of a process share. A test must not leave tables or settings in it.
    public static TestData shared(Path folder) {
        return new TestData(folder, Shared.DUCK_DB, true);
    }

    /// Connections to databases that are closed with the data.
    public ReadConnections connections(int threads) {
        ReadConnections opened = new ReadConnections(threads);
        connections.add(opened);
        return opened;
    }

    /// Writes a query's rows to a Parquet file below the folder.
    public Path parquet(String name, String select) {
        return parquet(name, select, "");
    }

    /// @param options for COPY, each after a comma
    public Path parquet(String name, String select, String options) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        execute("COPY (%s) TO %s (FORMAT parquet%s)".formatted(select, Sql.text(file.toString()), options));
        return file;
    }

    public void execute(String sql) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /// The number of rows in each block in which DuckDB reads what stands after FROM.
    public List<Integer> blocks(String from) {
        List<Integer> blocks = new ArrayList<>();
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                DuckDBLogicalType any = DuckDBLogicalType.of(DuckDBColumnType.VARCHAR)) {
            DuckDBFunctions.scalarFunction()
                    .withName("test_block")
                    .withVarArgs(any)
                    .withReturnType(DuckDBColumnType.BOOLEAN)
                    .withVolatile()
                    .withVectorizedFunction((in, out) -> {
                        blocks.add((int) in.rowCount());
                        for (int row = 0; row < in.rowCount(); row++) {
                            out.setBoolean(row, true);
                        }
                    })
                    .register(connection);
            statement.execute("SELECT count(*) FILTER (WHERE test_block(t)) FROM " + from);
        } catch (SQLException e) {
            throw new IllegalStateException(from, e);
        }
        return blocks;
    }

    /// Each row's values, as text, with bars between.
    public List<String> rows(String sql) {
        List<String> found = new ArrayList<>();
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(String.valueOf(rows.getObject(i)));
                }
                found.add(String.join("|", values));
            }
            return found;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public SourceFile pin(Path file) {
        long rows = Long.parseLong(rows("SELECT count(*) FROM read_parquet(" + Sql.file(file.toString()) + ")")
                .getFirst());
        try {
            return SourcePins.pin(file, rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Slice whole(Path file) {
        SourceFile pinned = pin(file);
        return new Slice(pinned, 0, pinned.rows());
    }

    @Override
    public void close() {
        connections.forEach(ReadConnections::close);
        if (!isShared) {
            duckDb.close();
        }
    }
}
