package io.nightshift.source.changed;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.PinComparison;
import io.nightshift.source.RowCounts;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.SourceState;
import io.nightshift.source.lookup.LookupTables;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// Reads of a source the rows that have changed, if the slices name a set of them. A node loads a set once, as it
/// loads a lookup, and each query leaves out the rows whose keys are not in it. Rows without an id and malformed
/// records stay: they are quarantined.
public final class ChangedRowReader implements SourceReader {

    private final SourceReader reader;
    private final Job.Source source;
    private final Supplier<DuckDb> duckDb;
    private final RowSets sets;
    private final LookupTables tables;
    /// The slices that a thread holds with this reader. A thread may use several readers, so this is no static
    /// field.
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<@Nullable Held> held = new ThreadLocal<>();

    /// @param reader of the source with its lookups
    /// @param source with an id
    public ChangedRowReader(
            SourceReader reader, Job.Source source, Supplier<DuckDb> duckDb, RowSets sets, LookupTables tables) {
        this.reader = reader;
        this.source = source;
        this.duckDb = duckDb;
        this.sets = sets;
        this.tables = tables;
    }

    private static List<Slice> own(List<Slice> slices) {
        return slices.stream().filter(slice -> RowSet.of(slice.file()) == null).toList();
    }

    private static List<InspectedFile> ownFiles(List<InspectedFile> files) {
        return files.stream().filter(file -> RowSet.of(file.file()) == null).toList();
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        return reader.inspect(job, model);
    }

    @Override
    public List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        return reader.plan(batch, job, model);
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        return reader.bind(job, model);
    }

    @Override
    public SourceState state(Job.Source asked, RowCounts counts) {
        return reader.state(asked, counts);
    }

    @Override
    public String fetches(Job job, ModelDescription model, List<InspectedFile> files) {
        return reader.fetches(job, model, ownFiles(files));
    }

    @Override
    public List<String> details(List<InspectedFile> files) {
        return reader.details(ownFiles(files));
    }

    /// A set never changes.
    @Override
    public PinComparison pins() {
        PinComparison pins = reader.pins();
        return new PinComparison() {
            @Override
            public List<String> differences(SourceFile pinned) throws IOException {
                return RowSet.of(pinned) != null ? List.of() : pins.differences(pinned);
            }

            @Override
            public List<String> quickDifferences(SourceFile pinned) throws IOException {
                return RowSet.of(pinned) != null ? List.of() : pins.quickDifferences(pinned);
            }

            @Override
            public List<String> differencesAfterReading(SourceFile pinned) throws IOException {
                return RowSet.of(pinned) != null ? List.of() : pins.differencesAfterReading(pinned);
            }

            @Override
            public boolean waitsForNetwork(SourceFile pinned) {
                return RowSet.of(pinned) == null && pins.waitsForNetwork(pinned);
            }

            @Override
            public boolean isDoneByReaders() {
                return pins.isDoneByReaders();
            }
        };
    }

    @Override
    public void requireReadable(List<Slice> slices) {
        reader.requireReadable(own(slices));
    }

    @Override
    public boolean isElsewhere(List<Slice> slices) {
        return reader.isElsewhere(own(slices));
    }

    @Override
    public void fetchAhead(List<Slice> slices, Job job, ModelDescription model) {
        reader.fetchAhead(own(slices), job, model);
    }

    @Override
    public HeldSlices hold(List<Slice> slices) {
        return hold(slices, FetchControl.NONE);
    }

    @Override
    public HeldSlices hold(List<Slice> slices, FetchControl control) {
        Held now = new Held(slices, control);
        held.set(now);
        return now;
    }

    private Held held() {
        return Objects.requireNonNull(held.get(), "the slices are not held");
    }

    /// The set that is loaded for a thread, if its batch does not read all rows, and what it holds of the source.
    private final class Held implements HeldSlices {
        private final LookupTables.@Nullable Use changed;
        private final HeldSlices slices;

        Held(List<Slice> wanted, FetchControl control) {
            LookupTables.Use loaded = null;
            for (Slice slice : wanted) {
                RowSet set = RowSet.of(slice.file());
                if (set != null && !set.whole()) {
                    loaded = tables.use(set, List.of(slice.file()), control, table -> load(set, table));
                }
            }
            changed = loaded;
            try {
                slices = reader.hold(own(wanted), control);
            } catch (RuntimeException e) {
                if (loaded != null) {
                    loaded.close();
                }
                throw e;
            }
        }

        SourceRelation of(SourceRelation relation) {
            if (changed == null) {
                return relation;
            }
            SourceRelation.TextRecord record = relation.record();
            String range = "(%s%s IS NULL OR %s IN (SELECT row_key FROM %s))"
                    .formatted(
                            record == null ? "" : record.fault() + " IS NOT NULL OR ",
                            SourceRelation.id(source, Objects.requireNonNull(source.id())),
                            RowFingerprint.key(source),
                            Sql.name(changed.table()));
            return new SourceRelation(
                    relation.from(),
                    relation.file(),
                    relation.row(),
                    relation.range().isEmpty() ? range : relation.range() + " AND " + range,
                    record,
                    true);
        }

        @Override
        public void requireAllColumns() {
            slices.requireAllColumns();
        }

        @Override
        public void restrict(long least, long most) {
            slices.restrict(least, most);
        }

        @Override
        public @Nullable FailureException failure() {
            return slices.failure();
        }

        @Override
        public boolean hasTimeLimit() {
            return slices.hasTimeLimit();
        }

        @Override
        public void cancel() {
            slices.cancel();
        }

        /// The thread lives longer than this reader, and must not keep it.
        @Override
        public void close() {
            held.remove();
            slices.close();
            if (changed != null) {
                changed.close();
            }
        }
    }

    private LookupTables.Loaded load(RowSet set, String table) {
        boolean isLoaded = false;
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE %s (row_key BIGINT)".formatted(Sql.name(table)));
            try (DuckDBAppender appender =
                    connection.unwrap(DuckDBConnection.class).createAppender("main", table)) {
                sets.read(set, block -> {
                    ByteBuffer entries = ByteBuffer.wrap(block);
                    while (entries.hasRemaining()) {
                        appender.beginRow();
                        appender.append(entries.getLong());
                        appender.endRow();
                        entries.getLong();
                    }
                });
                appender.flush();
            }
            isLoaded = true;
            return new LookupTables.Loaded(table, Map.of(), null);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the changed rows can't be loaded", e), e);
        } finally {
            if (!isLoaded) {
                LookupTables.drop(duckDb.get(), table);
            }
        }
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        Held now = held();
        return reader.bind(connection, own(slices), job, model).stream()
                .map(group -> new BoundSlices(group.job(), now.of(group.relation())))
                .toList();
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        Held now = held();
        return reader.relations(connection, own(slices)).stream().map(now::of).toList();
    }

    /// For messages only.
    @Override
    public String toString() {
        return source.input().toString();
    }
}
