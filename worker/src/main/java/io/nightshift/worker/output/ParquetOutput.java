package io.nightshift.worker.output;

import io.nightshift.protocol.batch.RowsDigest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.OutputInspector;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.TableIds;
import io.nightshift.worker.duckdb.DuckDb;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.postgres.CopyColumn;
import io.nightshift.worker.postgres.CopyRows;
import io.nightshift.worker.source.Schemas;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Looks at written Parquet files through DuckDB.
public final class ParquetOutput implements OutputInspector, TableIds {

    /// Two ids may have one hash, though it takes billions of them.
    private static final int HASHES_TO_SPARE = 10;

    /// So many are counted in well under 256 MiB.
    private static final long HASHES_AT_ONCE = 16_000_000;

    private final Supplier<DuckDb> duckDb;
    private final long hashesAtOnce;

    /// @param duckDb opened when first needed
    public ParquetOutput(Supplier<DuckDb> duckDb) {
        this(duckDb, HASHES_AT_ONCE);
    }

    /// @param hashesAtOnce how many ids are counted at a time
    ParquetOutput(Supplier<DuckDb> duckDb, long hashesAtOnce) {
        this.duckDb = duckDb;
        this.hashesAtOnce = hashesAtOnce;
    }

    @Override
    public long rows(List<Path> files) {
        // Hashing every value makes DuckDB decode every page, where count(*) would believe the footers.
        return files.isEmpty()
                ? 0
                : Long.parseLong(
                        ask("SELECT count(*) FILTER (WHERE hash(t) IS NOT NULL) FROM %s AS t".formatted(read(files)))
                                .getFirst());
    }

    /// Ids are counted by their 64-bit hashes, so many millions at a time that the memory suffices;
    /// only those whose hash is there twice are looked at as they are. Bad rows without an id repeat
    /// nothing.
    @Override
    public List<String> repeatedIds(List<Path> files, int limit) {
        String ids = "(SELECT %s AS id FROM %s)".formatted(id(files), read(files));
        long rows = Long.parseLong(ask("SELECT count(*) FROM " + read(files)).getFirst());
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

    @Override
    public String outputIds(List<Path> files) {
        return ask("SELECT %s FROM (SELECT %s AS id FROM %s)".formatted(digest(), id(files), read(files)))
                .getFirst();
    }

    @Override
    public String sourceIds(Job.Source source, @Nullable String id, List<Slice> slices) {
        try (Connection connection = duckDb.get().connect()) {
            List<String> rows = new ArrayList<>();
            for (List<Slice> group : Schemas.group(connection, slices)) {
                rows.add(ids(source, id, group));
            }
            return ask("SELECT %s FROM (%s)".formatted(digest(), String.join("\nUNION ALL ", rows)))
                    .getFirst();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be read again", e), e);
        }
    }

    @Override
    public String sourceIds(Job.Source source, List<Slice> slices) {
        String id = source.id();
        String select = id == null
                ? "nightshift_file AS record_file, file_row_number AS record_row"
                : "TRY(%s) AS record_id".formatted(idExpression(source, id));
        CopyRows digested = null;
        try (Connection connection = duckDb.get().connect()) {
            for (List<Slice> group : Schemas.group(connection, slices)) {
                String rows = rows(source, select, group);
                if (digested == null) {
                    digested = CopyRows.digesting(idColumns(connection, rows));
                }
                String query = digested.query(rows);
                digested.digest(() -> Long.valueOf(ask(connection, query).getFirst()));
            }
            return digested == null
                    ? new RowsDigest().text()
                    : digested.digest().text();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be read again", e), e);
        }
    }

    private static List<CopyColumn> idColumns(Connection connection, String rows) throws SQLException {
        List<CopyColumn> columns = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet types = statement.executeQuery("DESCRIBE " + rows)) {
            while (types.next()) {
                String name = types.getString(1);
                if (!name.equals("nightshift_where")) {
                    columns.add(CopyColumn.id(name, types.getString(2)));
                }
            }
        }
        return columns;
    }

    private static String ids(Job.Source source, @Nullable String id, List<Slice> slices) {
        String text = id == null
                ? position("nightshift_file", "file_row_number")
                : text("TRY(" + idExpression(source, id) + ")");
        return "SELECT id FROM (%s)".formatted(rows(source, text + " AS id", slices));
    }

    /// What fails for a row makes it a bad row, and its id then is NULL; it is counted all the same.
    ///
    /// @param select what to take of the rows that the job lets through
    /// @param slices one, or several whole files of equal columns
    private static String rows(Job.Source source, String select, List<Slice> slices) {
        Slice first = slices.getFirst();
        String range = slices.size() > 1
                ? "TRUE"
                : "file_row_number >= %d AND file_row_number < %d".formatted(first.firstRow(), first.endRow());
        return """
                SELECT * FROM (SELECT %s, TRY([(%s\n)]) AS nightshift_where FROM %s WHERE %s)
                WHERE nightshift_where IS NULL OR nightshift_where[1]""".formatted(
                select,
                source.where() == null ? "TRUE" : source.where(),
                Sql.parquet(slices.stream().map(slice -> slice.file().path()).toList()),
                range);
    }

    private static String idExpression(Job.Source source, String id) {
        String computed = source.select().get(id);
        return computed == null ? Sql.name(id) : "(" + computed + "\n)";
    }

    private static String digest() {
        return "count(*) || ':' || coalesce(sum(hash(id)::HUGEINT), 0)";
    }

    private String id(List<Path> files) {
        boolean named = ask("SELECT count(*) FILTER (WHERE column_name = 'record_id') FROM (DESCRIBE SELECT * FROM %s)"
                        .formatted(read(files)))
                .getFirst()
                .equals("1");
        return named ? text("record_id") : position("record_file", "record_row");
    }

    private static String text(String expression) {
        return "CAST(" + expression + " AS VARCHAR)";
    }

    private static String position(String file, String row) {
        return file + " || ' row ' || " + row;
    }

    private static String read(List<Path> files) {
        return "read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                .formatted(Sql.files(files.stream().map(Path::toString).toList()));
    }

    private static List<String> ask(Connection connection, String sql) throws SQLException {
        List<String> answers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                answers.add(String.valueOf(rows.getString(1)));
            }
            return answers;
        }
    }

    private List<String> ask(String sql) {
        try (Connection connection = duckDb.get().connect()) {
            return ask(connection, sql);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("output can't be read", e), e);
        }
    }
}
