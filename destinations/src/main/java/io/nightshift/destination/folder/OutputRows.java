package io.nightshift.destination.folder;

import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads written files again through DuckDB, with other code than that which wrote them, and compares their
/// record ids with those of the input. Blocking; safe for several threads.
public final class OutputRows {

    private static final int IDS_SHOWN = 3;

    /// Two ids may have one hash, though it takes billions of ids.
    private static final int HASHES_TO_SPARE = 10;

    /// So many are counted in well under 256 MiB.
    private static final long HASHES_AT_ONCE = 16_000_000;

    /// DuckDB keeps the metadata of all files that a query reads, and a reader for each.
    private static final int FILES_AT_ONCE = 50;

    private static final int SLICES_AT_ONCE = 50;

    private final Supplier<DuckDb> duckDb;
    private final FileFormat format;
    private final SourceReaders sources;
    private final long hashesAtOnce;

    /// @param duckDb opened when first needed
    public OutputRows(Supplier<DuckDb> duckDb, FileFormat format, SourceReaders sources) {
        this(duckDb, format, sources, HASHES_AT_ONCE);
    }

    /// @param hashesAtOnce how many ids are counted at a time
    public OutputRows(Supplier<DuckDb> duckDb, FileFormat format, SourceReaders sources, long hashesAtOnce) {
        this.duckDb = duckDb;
        this.format = format;
        this.sources = sources;
        this.hashesAtOnce = hashesAtOnce;
    }

    /// The number of rows that files really hold, all of their data decoded.
    ///
    /// @throws FailureException naming a file that can't be read
    public long count(List<Path> files) {
        // Hashing every value makes DuckDB decode every page; count(*) would trust what a file says of itself.
        return files.isEmpty()
                ? 0
                : Long.parseLong(ask("SELECT count(*) FILTER (WHERE hash(t) IS NOT NULL) FROM %s AS t"
                                .formatted(format.read(files)))
                        .getFirst());
    }

    /// The first rows of parts. Reads the parts one after another until there are enough.
    ///
    /// @param limit the most rows to return
    /// @throws FailureException if a part can't be read
    public FirstRows head(List<? extends WrittenFile> parts, int limit) {
        List<String> columns = List.of();
        List<List<@Nullable Object>> found = new ArrayList<>();
        for (WrittenFile part : parts) {
            part.refusal().ifPresent(reason -> {
                throw FailureException.permanent(reason);
            });
            try (WrittenFile.Locals local = WrittenFile.Locals.open(List.of(part));
                    Connection connection = duckDb.get().connect();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "FROM %s LIMIT %d".formatted(format.read(local.paths()), limit - found.size()))) {
                FirstRows read = FirstRows.read(rows);
                columns = read.columns();
                found.addAll(read.rows());
            } catch (SQLException e) {
                throw new FailureException(DuckDbError.failure("the predictions can't be read", e), e);
            }
            if (found.size() >= limit) {
                break;
            }
        }
        return FirstRows.of(columns, found);
    }

    /// Makes a temporary view of parts, which must stay where they are.
    ///
    /// @param connection that gets the view
    /// @throws FailureException if there are no parts
    void view(BatchId batch, List<Path> parts, Connection connection, String name) {
        requirePredictions(batch, parts);
        execute(connection, "CREATE TEMP VIEW %s AS FROM %s".formatted(Sql.name(name), format.read(parts)));
    }

    /// Makes a temporary table of parts, which may be deleted afterwards.
    ///
    /// @param connection that gets the table
    /// @throws FailureException if there are no parts, or they can't be read
    public void table(BatchId batch, List<? extends WrittenFile> parts, Connection connection, String name) {
        requirePredictions(batch, parts);
        String statement = "CREATE TEMP TABLE %s AS FROM %s";
        for (WrittenFile part : parts) {
            try (WrittenFile.Locals local = WrittenFile.Locals.open(List.of(part))) {
                execute(connection, statement.formatted(Sql.name(name), format.read(local.paths())));
            }
            statement = "INSERT INTO %s BY NAME FROM %s";
        }
    }

    private static void requirePredictions(BatchId batch, List<?> parts) {
        if (parts.isEmpty()) {
            throw FailureException.permanent("batch %s has no predictions".formatted(batch));
        }
    }

    private static void execute(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the predictions can't be read", e), e);
        }
    }

    /// Record ids that occur more than once, as `id × times`. Bad rows without an id repeat nothing.
    ///
    /// Reads some files at a time, and keeps the 64-bit hash of each id in a table that DuckDB spills to
    /// disk. Counts as many millions of hashes at a time as the memory allows. Only ids whose hash occurs
    /// twice are compared themselves.
    ///
    /// @param files parts and quarantine files
    /// @param limit how many to return at most
    /// @throws FailureException if a file can't be read
    public List<String> repeatedIds(Iterable<? extends WrittenFile> files, int limit) {
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE id_hashes (hash UBIGINT)");
            insert(statement, files, "id_hashes SELECT hash(id) FROM %s WHERE id IS NOT NULL");
            long rows = Long.parseLong(
                    ask(statement, "SELECT count(*) FROM id_hashes").getFirst());
            long passes = rows / hashesAtOnce + 1;
            List<String> hashes = new ArrayList<>();
            for (long pass = 0; pass < passes; pass++) {
                hashes.addAll(ask(statement, """
                        SELECT hash FROM id_hashes WHERE hash %% %d = %d
                        GROUP BY hash HAVING count(*) > 1 ORDER BY count(*) DESC, hash LIMIT %d
                        """.formatted(passes, pass, limit + HASHES_TO_SPARE)));
            }
            statement.execute("DROP TABLE id_hashes");
            if (hashes.isEmpty()) {
                return List.of();
            }
            statement.execute("CREATE TEMP TABLE repeated_ids (id VARCHAR, times BIGINT)");
            insert(
                    statement,
                    files,
                    "repeated_ids SELECT id, count(*) FROM %%s WHERE hash(id) IN (%s) GROUP BY id"
                            .formatted(String.join(", ", hashes)));
            return ask(statement, """
                    SELECT id || ' × ' || sum(times) FROM repeated_ids
                    GROUP BY id HAVING sum(times) > 1 ORDER BY sum(times) DESC, id LIMIT %d
                    """.formatted(limit));
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /// Runs an INSERT once for each group of files.
    ///
    /// @param insert the statement after INTO, with %s for a query of the ids
    private void insert(Statement statement, Iterable<? extends WrittenFile> files, String insert) throws SQLException {
        forEachGroup(files, FILES_AT_ONCE, group -> {
            try (WrittenFile.Locals opened = WrittenFile.Locals.open(group)) {
                statement.execute("INSERT INTO " + insert.formatted(ids(opened.paths())));
            }
        });
    }

    private interface Group<T> {
        void visit(List<T> items) throws SQLException;
    }

    private static <T> void forEachGroup(Iterable<? extends T> items, int size, Group<T> visitor) throws SQLException {
        List<T> group = new ArrayList<>();
        for (Iterator<? extends T> left = items.iterator(); left.hasNext(); ) {
            group.add(left.next());
            if (group.size() == size || !left.hasNext()) {
                visitor.visit(List.copyOf(group));
                group.clear();
            }
        }
    }

    /// Refuses files that hold a record id twice, if the job asks for unique ids.
    ///
    /// @param files parts and quarantine files
    /// @throws FailureException permanent, with some of the ids
    public void refuseRepeatedIds(Job.Source source, Iterable<? extends WrittenFile> files) {
        if (!source.uniqueId()) {
            return;
        }
        List<String> repeated = repeatedIds(files, IDS_SHOWN);
        if (!repeated.isEmpty()) {
            throw FailureException.permanent("the column %s is not unique, and the job asks for source.unique-id: %s"
                    .formatted(source.id(), String.join(", ", repeated)));
        }
    }

    /// A digest of record ids, whatever their order: equal for output and input if no row is missing or doubled.
    ///
    /// @param ids how many there are
    /// @param hashes the sum of their 64-bit hashes
    public record IdDigest(long ids, BigInteger hashes) {

        private static final IdDigest NONE = new IdDigest(0, BigInteger.ZERO);

        private IdDigest plus(IdDigest more) {
            return new IdDigest(ids + more.ids, hashes.add(more.hashes));
        }
    }

    /// The digest of the record ids in files. Reads some files at a time.
    public IdDigest outputIds(Iterable<? extends WrittenFile> files) {
        AtomicReference<IdDigest> digest = new AtomicReference<>(IdDigest.NONE);
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            forEachGroup(files, FILES_AT_ONCE, group -> {
                try (WrittenFile.Locals opened = WrittenFile.Locals.open(group)) {
                    digest.set(digest.get().plus(digest(statement, ids(opened.paths()))));
                }
            });
        } catch (SQLException e) {
            throw unreadable(e);
        }
        return digest.get();
    }

    /// The same digest over rows of the input. Reads some slices at a time.
    public IdDigest sourceIds(Job job, List<Slice> slices) {
        AtomicReference<IdDigest> digest = new AtomicReference<>(IdDigest.NONE);
        SourceReader reader = sources.of(job);
        List<Slice> own =
                slices.stream().filter(slice -> !slice.file().isLookup()).toList();
        List<Slice> lookups = slices.stream()
                .filter(slice -> slice.file().isLookup())
                .distinct()
                .toList();
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            for (List<Slice> ofCut : Slice.byCut(own)) {
                forEachGroup(ofCut, SLICES_AT_ONCE, group -> {
                    List<Slice> joined =
                            Stream.concat(group.stream(), lookups.stream()).toList();
                    try (HeldSlices _ = reader.hold(joined)) {
                        String ids = ids(job.source(), reader.relations(connection, joined));
                        digest.set(digest.get().plus(digest(statement, ids)));
                    }
                });
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be read again", e), e);
        }
        return digest.get();
    }

    private static IdDigest digest(Statement statement, String ids) throws SQLException {
        try (ResultSet rows =
                statement.executeQuery("SELECT count(*), coalesce(sum(hash(id)::HUGEINT), 0)::VARCHAR FROM " + ids)) {
            rows.next();
            return new IdDigest(rows.getLong(1), new BigInteger(rows.getString(2)));
        }
    }

    /// A query of the ids of rows of the input.
    private String ids(Job.Source source, List<SourceRelation> relations) throws SQLException {
        String id = source.id();
        List<String> rows = new ArrayList<>();
        for (SourceRelation relation : relations) {
            String text =
                    id == null ? position(relation.file(), relation.row()) : format.id(SourceRelation.id(source, id));
            rows.add("SELECT id FROM (%s)".formatted(relation.query(source, text + " AS id")));
        }
        return "(" + String.join("\nUNION ALL ", rows) + ")";
    }

    /// A query of the ids in files of a batch, which all have the same columns for it.
    private String ids(List<Path> files) {
        boolean named = ask("SELECT count(*) FILTER (WHERE column_name = 'record_id') FROM (DESCRIBE SELECT * FROM %s)"
                        .formatted(format.read(List.of(files.getFirst()))))
                .getFirst()
                .equals("1");
        String id = named ? format.id("record_id") : position("record_file", "record_row");
        return "(SELECT %s AS id FROM %s)".formatted(id, format.read(files));
    }

    private static String position(String file, String row) {
        return file + " || ' row ' || " + row;
    }

    /// Visits the predictions in files with the same columns.
    ///
    /// @param shape of the output
    /// @return whether the files have them as numbers
    boolean predictions(List<Path> parts, Job.Output shape, OutputProof.PredictionVisitor visitor) {
        if (parts.isEmpty()) {
            return true;
        }
        String read = format.read(parts);
        String column = PredictionColumns.checked(
                ask("SELECT column_name FROM (DESCRIBE SELECT * FROM %s)".formatted(read)), shape);
        if (column == null) {
            return false;
        }
        String sql = "SELECT CAST(%s AS DOUBLE) FROM %s".formatted(Sql.name(column), read);
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                double value = rows.getDouble(1);
                visitor.prediction(rows.wasNull() ? Double.NaN : value);
            }
            return true;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the predictions can't be read", e), e);
        }
    }

    private List<String> ask(String sql) {
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            return ask(statement, sql);
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static List<String> ask(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            List<String> answers = new ArrayList<>();
            while (rows.next()) {
                answers.add(String.valueOf(rows.getString(1)));
            }
            return answers;
        }
    }

    private static FailureException unreadable(SQLException e) {
        return new FailureException(DuckDbError.failure("output can't be read", e), e);
    }
}
