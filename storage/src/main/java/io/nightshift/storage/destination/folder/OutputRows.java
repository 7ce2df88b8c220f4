package io.nightshift.storage.destination.folder;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.destination.FirstRows;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.PredictionColumns;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.source.HeldSlices;
import io.nightshift.storage.source.SourceReader;
import io.nightshift.storage.source.SourceReaders;
import io.nightshift.storage.source.SourceRelation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads written files again through DuckDB, with other code than that which wrote them, and compares their
/// record ids with those of the input. Blocking; safe for several threads.
public final class OutputRows {

    /// Two ids may have one hash, though it takes billions of ids.
    private static final int HASHES_TO_SPARE = 10;

    /// So many are counted in well under 256 MiB.
    private static final long HASHES_AT_ONCE = 16_000_000;

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

    /// The first rows of a published folder's parts. Reads the parts one after another until there are
    /// enough.
    ///
    /// @param published a batch's folder
    /// @param limit the most rows to return
    /// @param roots of the files that may be read
    /// @throws FailureException if the folder is gone or a part can't be read
    public FirstRows head(Path published, FileNames names, int limit, FileRoots roots) {
        List<String> columns = List.of();
        List<List<@Nullable Object>> found = new ArrayList<>();
        for (Path part : parts(published, names)) {
            roots.requireWritable(part);
            String sql = "FROM %s LIMIT %d".formatted(format.read(List.of(part)), limit - found.size());
            try (Connection connection = duckDb.get().connect();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
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
        return new FirstRows(columns, found);
    }

    /// Makes a temporary view of a published folder's predictions.
    ///
    /// @param published the batch's folder
    /// @param roots of the files that may be read
    /// @param connection that gets the view
    /// @throws FailureException if the folder is gone, or there are no predictions
    void open(BatchId batch, Path published, FileNames names, FileRoots roots, Connection connection, String name) {
        List<Path> parts = parts(published, names);
        if (parts.isEmpty()) {
            throw FailureException.permanent("batch %s has no predictions".formatted(batch));
        }
        parts.forEach(roots::requireWritable);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP VIEW %s AS FROM %s".formatted(Sql.name(name), format.read(parts)));
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the predictions can't be read", e), e);
        }
    }

    private static List<Path> parts(Path published, FileNames names) {
        try (Stream<Path> files = Files.walk(published, 2)) {
            return files.filter(file -> names.isPart(String.valueOf(file.getFileName())))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            throw FailureException.permanent(
                    "the folder %s does not exist; the predictions have been moved or deleted".formatted(published));
        } catch (IOException e) {
            throw FailureException.permanent("the folder %s can't be read: %s".formatted(published, Folders.reason(e)));
        }
    }

    /// Record ids that occur more than once, as `id × times`. Bad rows without an id repeat nothing.
    ///
    /// Ids are counted by their 64-bit hashes, as many millions at a time as the memory allows; only ids
    /// whose hash occurs twice are compared themselves.
    ///
    /// @param files parts and quarantine files
    /// @param limit how many to return at most
    public List<String> repeatedIds(List<Path> files, int limit) {
        String ids = "(SELECT %s AS id FROM %s)".formatted(id(files), format.read(files));
        long rows =
                Long.parseLong(ask("SELECT count(*) FROM " + format.read(files)).getFirst());
        long passes = rows / hashesAtOnce + 1;
        List<String> hashes = new ArrayList<>();
        for (long pass = 0; pass < passes; pass++) {
            hashes.addAll(ask("""
                    SELECT hash FROM (SELECT hash(id) AS hash FROM %s WHERE id IS NOT NULL) WHERE hash %% %d = %d
                    GROUP BY hash HAVING count(*) > 1 ORDER BY count(*) DESC, hash LIMIT %d
                    """.formatted(ids, passes, pass, limit + HASHES_TO_SPARE)));
        }
        return hashes.isEmpty() ? List.of() : ask("""
                SELECT id || ' × ' || count(*) FROM %s WHERE hash(id) IN (%s)
                GROUP BY id HAVING count(*) > 1 ORDER BY count(*) DESC, id LIMIT %d
                """.formatted(ids, String.join(", ", hashes), limit));
    }

    /// A digest of the record ids in files, whatever their order: equal to [#sourceIds] of the rows that they
    /// came from if no row is missing or doubled.
    public String outputIds(List<Path> files) {
        return ask("SELECT %s FROM (SELECT %s AS id FROM %s)".formatted(digest(), id(files), format.read(files)))
                .getFirst();
    }

    /// The same digest over rows of the input.
    public String sourceIds(Job.Source source, List<Slice> slices) {
        String id = source.id();
        SourceReader reader = sources.of(source);
        try (Connection connection = duckDb.get().connect();
                HeldSlices _ = reader.hold(slices)) {
            List<String> rows = new ArrayList<>();
            for (SourceRelation relation : reader.relations(connection, slices)) {
                String text = id == null
                        ? position(relation.file(), relation.row())
                        : format.id(SourceRelation.id(source, id));
                rows.add("SELECT id FROM (%s)".formatted(relation.query(source, text + " AS id")));
            }
            return ask("SELECT %s FROM (%s)".formatted(digest(), String.join("\nUNION ALL ", rows)))
                    .getFirst();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be read again", e), e);
        }
    }

    private static String digest() {
        return "count(*) || ':' || coalesce(sum(hash(id)::HUGEINT), 0)";
    }

    private String id(List<Path> files) {
        boolean named = ask("SELECT count(*) FILTER (WHERE column_name = 'record_id') FROM (DESCRIBE SELECT * FROM %s)"
                        .formatted(format.read(files)))
                .getFirst()
                .equals("1");
        return named ? format.id("record_id") : position("record_file", "record_row");
    }

    private static String position(String file, String row) {
        return file + " || ' row ' || " + row;
    }

    /// Visits the predictions in files with the same columns.
    ///
    /// @return whether the files have them as numbers
    boolean predictions(List<Path> parts, OutputProof.PredictionVisitor visitor) {
        if (parts.isEmpty()) {
            return true;
        }
        String read = format.read(parts);
        String column =
                PredictionColumns.checked(ask("SELECT column_name FROM (DESCRIBE SELECT * FROM %s)".formatted(read)));
        if (column == null) {
            return false;
        }
        String sql = "SELECT CAST(%s AS DOUBLE) FROM %s".formatted(column, read);
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
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> answers = new ArrayList<>();
            while (rows.next()) {
                answers.add(String.valueOf(rows.getString(1)));
            }
            return answers;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("output can't be read", e), e);
        }
    }
}
