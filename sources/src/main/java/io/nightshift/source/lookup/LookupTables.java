package io.nightshift.source.lookup;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The lookups that this node has loaded into its DuckDB, each once for all attempts that use it. A table that no
/// attempt uses is dropped after a while. DuckDB spills what does not fit its memory. Safe for several threads.
public final class LookupTables {

    private static final Logger LOG = LoggerFactory.getLogger(LookupTables.class);
    private static final Duration IDLE = Duration.ofSeconds(60);
    private static final long PATIENCE_MILLIS = 200;

    /// Several instances may share a DuckDB.
    private static final AtomicLong NUMBER = new AtomicLong();

    /// The content of a table. Equal lookups of several batches share a table.
    private record Key(Object content, List<SourceFile> files) {}

    /// @param table its name
    /// @param types of the table's columns, by the lookup's names
    /// @param versions the rows of the keys; null if the table has each key once
    public record Loaded(
            String table,
            Map<String, String> types,
            @Nullable Versions versions) {}

    /// The rows of keys that have several, for different times.
    ///
    /// @param rows of the table
    /// @param perKey how many rows the key of a row has, on average over the rows
    public record Versions(long rows, double perKey) {}

    /// Makes a table.
    @FunctionalInterface
    public interface Loading {
        /// @param table its name
        /// @throws FailureException if it can't be made; there is no table then
        Loaded load(String table);
    }

    private static final class Entry {
        private final ReentrantLock loading = new ReentrantLock();
        private int users;
        private @Nullable Loaded loaded;
        /// Counts the times at which the last user went.
        private long idle;
    }

    private final Supplier<DuckDb> duckDb;
    private final Consumer<Runnable> later;
    private final Map<Key, Entry> entries = new HashMap<>();

    /// @param duckDb opened when first needed
    public LookupTables(Supplier<DuckDb> duckDb) {
        this(duckDb, LookupTables::afterIdleTime);
    }

    /// @param later runs a task when a table has been idle for long enough
    LookupTables(Supplier<DuckDb> duckDb, Consumer<Runnable> later) {
        this.duckDb = duckDb;
        this.later = later;
    }

    private static void afterIdleTime(Runnable task) {
        CompletableFuture.delayedExecutor(IDLE.toMillis(), TimeUnit.MILLISECONDS)
                .execute(task);
    }

    /// A table that is there until it is closed.
    public final class Use implements AutoCloseable {
        private final Key key;
        private final Loaded loaded;

        private Use(Key key, Loaded loaded) {
            this.key = key;
            this.loaded = loaded;
        }

        Loaded loaded() {
            return loaded;
        }

        /// The table's name.
        public String table() {
            return loaded.table();
        }

        @Override
        public void close() {
            release(key);
        }
    }

    /// Loads a lookup, unless another attempt has. Waits for one that does.
    ///
    /// @param files of the lookup, as they are pinned
    /// @throws FailureException if it can't be loaded, or a key is there twice
    Use use(LookupSource source, List<SourceFile> files, FetchControl control) {
        if (files.isEmpty()) {
            throw FailureException.permanent("%s: the plan names no file of it".formatted(source.key()));
        }
        return use(
                source.lookup(),
                files,
                control,
                table -> new LookupLoad(duckDb.get(), source, files, control).load(table));
    }

    /// Makes a table, unless another attempt has. Waits for one that does.
    ///
    /// @param content what it holds, for comparison
    /// @param files that it is made from, as they are pinned
    /// @throws FailureException if it can't be made
    public Use use(Object content, List<SourceFile> files, FetchControl control, Loading loading) {
        Key key = new Key(content, files);
        Entry entry;
        synchronized (entries) {
            entry = entries.computeIfAbsent(key, _ -> new Entry());
            entry.users++;
        }
        try {
            lock(entry.loading, control);
            try {
                Loaded loaded = entry.loaded;
                if (loaded == null) {
                    loaded = loading.load("nightshift_lookup_" + NUMBER.incrementAndGet());
                    entry.loaded = loaded;
                }
                return new Use(key, loaded);
            } finally {
                entry.loading.unlock();
            }
        } catch (RuntimeException e) {
            release(key);
            throw e;
        }
    }

    private static void lock(ReentrantLock lock, FetchControl control) {
        try {
            while (!lock.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                // The attempt that loads is watched; this one waits for it.
                control.progressed();
                refuseIfCancelled(control);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("interrupted while a lookup was loaded"), e);
        }
    }

    static void refuseIfCancelled(FetchControl control) {
        if (control.isCancelled()) {
            throw new FailureException(Failure.transientFailure("cancelled while a lookup was loaded"));
        }
    }

    private void release(Key key) {
        long now;
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry == null || --entry.users > 0) {
                return;
            }
            now = ++entry.idle;
        }
        later.accept(() -> drop(key, now));
    }

    private void drop(Key key, long since) {
        Loaded loaded;
        synchronized (entries) {
            Entry entry = entries.get(key);
            if (entry == null || entry.users > 0 || entry.idle != since) {
                return;
            }
            entries.remove(key);
            loaded = entry.loaded;
        }
        if (loaded != null) {
            drop(duckDb.get(), loaded.table());
        }
    }

    /// Drops a table. A DuckDB that is closed has none.
    public static void drop(DuckDb duckDb, String table) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + Sql.name(table));
        } catch (SQLException e) {
            LOG.debug("{} is not dropped", table, e);
        }
    }
}
