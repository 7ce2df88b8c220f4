package io.nightshift.storage.duckdb;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.duckdb.DuckDBConnection;

/// The node's DuckDB instance: in memory, shared by all that read or write on this node.
///
/// DuckDB's own pool is set to one thread, so a query runs on the thread that asks for it and on no other. So
/// the node's scoring threads are the only threads that work, and a scoring function finds its attempt by the
/// thread on which it is called.
///
/// Nothing is downloaded: extensions are neither installed nor loaded on demand. DuckDB opens no file outside the
/// folders that jobs may use, and its settings are locked. This is a second defence: no SQL of a job should
/// get that far.
///
/// The optimizer's search for common subexpressions is off: it moves an expression that two TRYs share out of
/// both, and then an error in it ends the query.
public final class DuckDb implements AutoCloseable {

    private final DuckDBConnection root;
    private final Path spill;

    /// As many as were used at the same time.
    private final ConcurrentLinkedDeque<KeptConnection> kept = new ConcurrentLinkedDeque<>();

    private DuckDb(DuckDBConnection root, Path spill) {
        this.root = root;
        this.spill = spill;
    }

    /// Loads the native library, if it isn't loaded: most of the time that a first [#open] takes.
    public static void load() {
        try {
            Class.forName("org.duckdb.DuckDBNative");
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("the DuckDB driver has no class DuckDBNative", e);
        }
    }

    /// @param memoryLimit for buffers and sorts, in bytes; beyond it DuckDB spills or refuses
    /// @param spill the folder to spill to; made when needed
    /// @param roots that jobs may use
    public static DuckDb open(long memoryLimit, Path spill, FileRoots roots) {
        try {
            Connection connection = DriverManager.getConnection("jdbc:duckdb:");
            DuckDb duckDb = new DuckDb(connection.unwrap(DuckDBConnection.class), spill);
            duckDb.configure(memoryLimit, roots);
            return duckDb;
        } catch (SQLException e) {
            throw FailureException.permanent("DuckDB can't be started: " + e.getMessage());
        }
    }

    /// An instance that may open every file.
    public static DuckDb open(long memoryLimit, Path spill) {
        return open(memoryLimit, spill, FileRoots.UNRESTRICTED);
    }

    private void configure(long memoryLimit, FileRoots roots) throws SQLException {
        List<String> settings = new ArrayList<>(List.of(
                "SET threads = 1",
                "SET memory_limit = '%d KiB'".formatted(memoryLimit / 1024),
                "SET temp_directory = " + Sql.text(spill.toAbsolutePath().toString()),
                "SET autoinstall_known_extensions = false",
                "SET autoload_known_extensions = false",
                "SET allow_community_extensions = false",
                "SET TimeZone = 'UTC'",
                "SET disabled_optimizers = 'common_subexpressions'",
                "SET enable_external_file_cache = false",
                // Otherwise DuckDB holds a whole row group, with the rows of other partitions.
                "SET disable_parquet_prefetching = true",
                "SET preserve_insertion_order = true"));
        roots.all().ifPresent(paths -> {
            String allowed = Sql.texts(paths.stream().map(Path::toString).toList());
            settings.add("SET allowed_directories = " + allowed);
            // Some of them may be files.
            settings.add("SET allowed_paths = " + allowed);
            settings.add("SET enable_external_access = false");
        });
        // For `run --profile`.
        settings.add("SET allowed_configs = ['enable_profiling']");
        settings.add("SET lock_configuration = true");
        try (Statement statement = root.createStatement()) {
            for (String setting : settings) {
                statement.execute(setting);
            }
        }
    }

    /// The folder to spill to, which may not exist.
    public Path spill() {
        return spill;
    }

    /// A connection that was given back, or a new one.
    public KeptConnection take() throws SQLException {
        KeptConnection free = kept.poll();
        return free == null ? new KeptConnection(connect()) : free;
    }

    /// Keeps a connection for others. It must be as it was taken: without temporary tables, settings of its own,
    /// or a statement that somebody may still cancel.
    public void giveBack(KeptConnection connection) {
        kept.push(connection);
    }

    /// A new connection to the instance, for one thread.
    public Connection connect() throws SQLException {
        return root.duplicate();
    }

    @Override
    public void close() {
        try {
            for (KeptConnection free = kept.poll(); free != null; free = kept.poll()) {
                free.close();
            }
            root.close();
        } catch (SQLException e) {
            throw new IllegalStateException("DuckDB can't be closed", e);
        }
    }
}
