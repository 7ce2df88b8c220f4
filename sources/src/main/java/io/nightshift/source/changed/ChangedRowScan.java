package io.nightshift.source.changed;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/// Finds the rows of a source that have changed, by reading the record id and the columns once. It needs 16
/// bytes of DuckDB's memory for each row and for each entry that the rows are compared with; DuckDB spills
/// what does not fit. Rows without an id and malformed records are left out: batches read them always.
///
/// For one thread; waits for disks, the network and a database.
public final class ChangedRowScan {

    private static final long ROWS = 1 << 20;
    private static final int FILES = 500;

    /// Names the columns that the scan reads, to its reader.
    private static final String SCANNED = "nightshift_scanned";

    /// The largest prime below 2⁶³.
    private static final long PRIME = 9_223_372_036_854_775_783L;

    private static final String LAST =
            "SELECT row_key, arg_max(fingerprint, place) AS fingerprint FROM nightshift_before GROUP BY row_key";

    private final DuckDb duckDb;
    private final RowSets sets;
    private final Job.Source source;
    private final List<String> columns;
    private final SourceReader reader;

    /// Receives the rows that have changed.
    @FunctionalInterface
    public interface EntryVisitor {
        void entry(long key, long fingerprint);
    }

    /// The memory of a scan, if it spills nothing and all rows were scored before.
    ///
    /// @param rows of the source
    /// @return an estimate in bytes
    public static long memory(long rows) {
        return rows * (2 * RowSet.ENTRY_BYTES + Integer.BYTES);
    }

    /// @param job with changed rows
    /// @param readers finds the reader of the job's source
    public ChangedRowScan(DuckDb duckDb, RowSets sets, Job job, SourceReaders readers) {
        this.duckDb = duckDb;
        this.sets = sets;
        this.columns = ((ChangedRows) Objects.requireNonNull(job.incremental())).columns();
        Job.Source wanted = job.source();
        Map<String, String> select = new LinkedHashMap<>(wanted.select());
        String id = Objects.requireNonNull(wanted.id());
        List<String> read = new ArrayList<>(columns);
        read.add(id);
        select.put(
                SCANNED,
                read.stream()
                        .map(column -> RowFingerprint.expression(wanted, column))
                        .collect(Collectors.joining(", ")));
        this.reader = readers.of(new Job.Source(
                wanted.input(), SCANNED, false, select, wanted.where(), null, false, null, wanted.lookups()));
        this.source = wanted;
    }

    /// Visits the rows that differ from the last entry with their key, ordered by key. If several rows have one
    /// key, they count as one that changes with each of them.
    ///
    /// @param files of the source, and of lookups
    /// @param before the sets to compare with, the oldest first
    /// @throws FailureException if the source or a set can't be read
    public void changed(List<InspectedFile> files, List<RowSet> before, EntryVisitor visitor) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE nightshift_rows (row_key BIGINT, fingerprint BIGINT)");
            read(connection, files);
            load(connection, sets, before, "nightshift_before");
            // 63 bits of a sum: two equal rows differ from one, and from none.
            String sql = """
                    SELECT r.row_key, r.fingerprint FROM (
                    SELECT row_key, CAST(sum(fingerprint) %% %d AS BIGINT) AS fingerprint FROM nightshift_rows GROUP BY row_key) r
                    LEFT JOIN (%s) b ON r.row_key = b.row_key
                    WHERE b.fingerprint IS DISTINCT FROM r.fingerprint ORDER BY r.row_key
                    """.formatted(PRIME, LAST);
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    visitor.entry(rows.getLong(1), rows.getLong(2));
                }
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the changed rows can't be found", e), e);
        }
    }

    /// Visits the last entry of each key in several sets, ordered by key.
    ///
    /// @param merged the sets, the oldest first
    /// @throws FailureException if a set can't be read
    public static void last(DuckDb duckDb, RowSets sets, List<RowSet> merged, EntryVisitor visitor) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            load(connection, sets, merged, "nightshift_before");
            try (ResultSet rows = statement.executeQuery(LAST + " ORDER BY row_key")) {
                while (rows.next()) {
                    visitor.entry(rows.getLong(1), rows.getLong(2));
                }
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("fingerprints can't be merged", e), e);
        }
    }

    /// The number of entries of a set that are the last ones of their keys in earlier sets already.
    ///
    /// @param before the sets that its rows were compared with, the oldest first
    /// @throws FailureException if a set can't be read
    public static long repeated(DuckDb duckDb, RowSets sets, RowSet set, List<RowSet> before) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            load(connection, sets, before, "nightshift_before");
            load(connection, sets, List.of(set), "nightshift_set");
            try (ResultSet count = statement.executeQuery(
                    "SELECT count(*) FROM nightshift_set JOIN (%s) b USING (row_key, fingerprint)".formatted(LAST))) {
                count.next();
                return count.getLong(1);
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("fingerprints can't be compared", e), e);
        }
    }

    private static void load(Connection connection, RowSets sets, List<RowSet> loaded, String table)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TEMP TABLE %s (row_key BIGINT, fingerprint BIGINT, place INTEGER)".formatted(table));
        }
        try (DuckDBAppender appender =
                connection.unwrap(DuckDBConnection.class).createAppender("temp", "main", table)) {
            for (int i = 0; i < loaded.size(); i++) {
                int place = i;
                sets.read(loaded.get(i), block -> {
                    ByteBuffer entries = ByteBuffer.wrap(block);
                    while (entries.hasRemaining()) {
                        appender.beginRow();
                        appender.append(entries.getLong());
                        appender.append(entries.getLong());
                        appender.append(place);
                        appender.endRow();
                    }
                });
            }
            appender.flush();
        }
    }

    private void read(Connection connection, List<InspectedFile> files) throws SQLException {
        List<Slice> lookups = files.stream()
                .filter(file -> file.file().isLookup())
                .map(file -> new Slice(file.file(), 0, 0))
                .toList();
        List<Slice> slices = new ArrayList<>();
        long rows = 0;
        for (InspectedFile file : files) {
            long first = 0;
            for (long group : file.rowGroups()) {
                if (rows > 0 && (rows + group > ROWS || slices.size() >= FILES)) {
                    read(connection, slices, lookups);
                    slices.clear();
                    rows = 0;
                }
                if (group > 0) {
                    slices.add(new Slice(file.file(), first, group));
                }
                first += group;
                rows += group;
            }
        }
        if (rows > 0) {
            read(connection, slices, lookups);
        }
    }

    private void read(Connection connection, List<Slice> own, List<Slice> lookups) throws SQLException {
        List<Slice> slices = new ArrayList<>(own);
        slices.addAll(lookups);
        try (HeldSlices held = reader.hold(slices)) {
            for (SourceRelation relation : reader.relations(connection, slices)) {
                SourceRelation.TextRecord record = relation.record();
                String rows = relation.query(
                        source,
                        "%s AS row_key, %s AS fingerprint, %s AS malformed"
                                .formatted(
                                        RowFingerprint.key(source),
                                        RowFingerprint.of(source, columns),
                                        record == null ? "FALSE" : record.fault() + " IS NOT NULL"));
                try (Statement statement = connection.createStatement()) {
                    statement.execute(
                            "INSERT INTO nightshift_rows SELECT row_key, fingerprint FROM (%s) WHERE row_key IS NOT NULL AND NOT malformed"
                                    .formatted(rows));
                } catch (SQLException e) {
                    FailureException cause = held.failure();
                    if (cause != null) {
                        throw cause;
                    }
                    throw e;
                }
            }
        }
    }
}
