package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.BoundJob;
import io.nightshift.storage.source.FileVersion;
import io.nightshift.storage.source.PinComparison;
import io.nightshift.storage.source.RowCounts;
import io.nightshift.storage.source.SourceColumns;
import io.nightshift.storage.source.SourcePins;
import io.nightshift.storage.source.SourceReader;
import io.nightshift.storage.source.SourceRelation;
import io.nightshift.storage.source.SourceState;
import io.nightshift.storage.source.SourceTable;
import io.nightshift.storage.source.files.SourceFiles;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads Parquet files through DuckDB. A slice is a range of rows of one file.
public final class ParquetReader implements SourceReader {

    private static final Pattern RESERVED =
            Pattern.compile("adds column \"([^\"]+)\", but a column with this name is also in the file");

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;

    /// @param duckDb opened when first needed
    /// @param files that jobs may read
    public ParquetReader(Supplier<DuckDb> duckDb, SourceFiles files) {
        this.duckDb = duckDb;
        this.files = files;
    }

    private static List<String> paths(Job.Source source) {
        return switch (source.input()) {
            case ParquetInput(List<String> paths) -> paths;
        };
    }

    private List<FileVersion> list(Job.Source source) {
        return files.list(paths(source), ParquetFiles.KIND);
    }

    private static List<Path> local(List<FileVersion> versions) {
        return versions.stream().map(version -> Path.of(version.path())).toList();
    }

    @Override
    public void requireReadable(List<Slice> slices) {
        files.requireReadable(slices);
    }

    @Override
    public PinComparison pins() {
        return files;
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        List<FileVersion> listed = list(job.source());
        List<Path> files = local(listed);
        files.forEach(ParquetFiles::checkMagic);
        // Pinned before the footers are read and compared after, so the number of rows is that of the pinned file.
        List<SourceFile> pinned = listed.stream().map(this.files::pin).toList();
        try (Connection connection = duckDb.get().connect()) {
            Footers footers = footers(connection, files);
            SourcePins.change(pinned, pins()).ifPresent(change -> {
                throw FailureException.permanent(
                        "source: a file changed while the batch was being planned: %s. Run again when nothing writes to the source"
                                .formatted(change));
            });
            List<InspectedFile> inspected =
                    pinned.stream().map(file -> inspected(file, footers)).toList();
            long rows = inspected.stream().mapToLong(file -> file.file().rows()).sum();
            if (rows == 0 && job.source().failsIfEmpty()) {
                throw FailureException.permanent(
                        "source: there is not a single row in %s, and the job says source.on-empty: fail"
                                .formatted(files.size() == 1 ? files.getFirst() : files.size() + " files"));
            }
            check(connection, footers.schemas(), job, model);
            return inspected;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    @Override
    public SourceState state(Job.Source source, RowCounts counts) {
        Map<FileVersion, @Nullable Long> known = new LinkedHashMap<>();
        for (FileVersion version : files.listOrNone(paths(source), ParquetFiles.KIND)) {
            known.put(version, counts.get(version));
        }
        List<FileVersion> unknown = known.entrySet().stream()
                .filter(entry -> entry.getValue() == null)
                .map(Map.Entry::getKey)
                .filter(file -> ParquetFiles.isWhole(Path.of(file.path())))
                .toList();
        Map<String, Long> counted =
                countRows(local(unknown));
        for (FileVersion file : unknown) {
            Long rows = counted.get(file.path());
            // A file that has changed meanwhile is counted the next time.
            if (rows != null && file.equals(files.version(file.path()))) {
                known.put(file, rows);
                counts.put(file, rows);
            }
        }
        known.values().removeIf(Objects::isNull);
        long rows = known.values().stream().mapToLong(Objects::requireNonNull).sum();
        return new SourceState(known.size(), rows, SourcePins.digest(known.keySet()));
    }

    private Map<String, Long> countRows(List<Path> files) {
        Map<String, Long> rows = new HashMap<>();
        if (files.isEmpty()) {
            return rows;
        }
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT file_name, num_rows FROM parquet_file_metadata(%s)".formatted(list(files)))) {
            while (result.next()) {
                rows.put(result.getString(1), result.getLong(2));
            }
            return rows;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be looked at", e), e);
        }
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        Path file = Path.of(list(job.source()).getFirst().path());
        try (Connection connection = duckDb.get().connect()) {
            return bind(connection, file.toString(), job, model);
        } catch (SQLException e) {
            throw broken(file, e);
        }
    }

    private static BoundJob bind(Connection connection, String file, Job job, ModelDescription model)
            throws SQLException {
        try {
            SourceColumns columns =
                    SourceColumns.planned(connection, table(file), job.source().select());
            return BoundJob.bind(columns, job, model);
        } catch (SQLException e) {
            throw reserved(file, e);
        }
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        List<BoundSlices> bound = new ArrayList<>();
        for (List<Slice> group : Schemas.group(connection, slices)) {
            String file = group.getFirst().file().path();
            bound.add(new BoundSlices(bind(connection, file, job, model), relation(group)));
        }
        return bound;
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        requireReadable(slices);
        return Schemas.group(connection, slices).stream()
                .map(ParquetReader::relation)
                .toList();
    }

    /// The name of a single file is a constant, which costs nothing for each row.
    private static SourceRelation relation(List<Slice> group) {
        String from = read(group.stream().map(slice -> slice.file().path()).toList());
        if (group.size() > 1) {
            return new SourceRelation(from, "nightshift_file", "file_row_number", "");
        }
        Slice slice = group.getFirst();
        return new SourceRelation(
                from,
                Sql.text(slice.file().path()),
                "file_row_number",
                "file_row_number >= %d AND file_row_number < %d".formatted(slice.firstRow(), slice.endRow()));
    }

    private static SourceTable table(String file) {
        return new SourceTable(read(List.of(file)), "* EXCLUDE (file_row_number, nightshift_file)", file);
    }

    /// Files of the same columns as a table of these and of `file_row_number` and `nightshift_file`. Names of
    /// folders such as `year=2026` make no columns: they would take the place of the file's own.
    private static String read(List<String> paths) {
        return "read_parquet(%s, filename = 'nightshift_file', file_row_number = true, hive_partitioning = false)"
                .formatted(Sql.files(paths));
    }

    private static SQLException reserved(String file, SQLException e) {
        Matcher reserved = RESERVED.matcher(DuckDbError.reason(e));
        if (reserved.find()) {
            throw FailureException.permanent(
                    "source: %s has a column \"%s\", a name that is needed to tell rows apart; rename the column"
                            .formatted(file, reserved.group(1)));
        }
        return e;
    }

    /// The columns of files, folders and globs, taken for one table: a column that some files lack is NULL
    /// there. For a command, whose user may read any file.
    ///
    /// @throws FailureException if a path names nothing, or what it names is not Parquet
    public static SourceColumns columns(
            Connection connection, List<String> paths, Map<String, String> select, SourceColumns.Origin origin) {
        List<Path> files = local(new SourceFiles(FileRoots.UNRESTRICTED).list(paths, ParquetFiles.KIND));
        files.forEach(ParquetFiles::checkMagic);
        String from = "read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                .formatted(Sql.files(files.stream().map(Path::toString).toList()));
        String called = files.size() == 1 ? files.getFirst().toString() : "these %,d files".formatted(files.size());
        try {
            return SourceColumns.checked(connection, new SourceTable(from, "*", called), select, origin);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure(called + " can't be read", e), e);
        }
    }

    private static void check(Connection connection, List<Path> files, Job job, ModelDescription model) {
        BoundJob first = null;
        for (Path file : files) {
            try {
                SourceColumns columns = columns(connection, file.toString(), job);
                BoundJob bound = BoundJob.bind(columns, job, model);
                if (first == null) {
                    first = bound;
                } else {
                    bound.refuseOtherOutput(first);
                }
            } catch (SQLException e) {
                throw broken(file, e);
            }
        }
    }

    private static SourceColumns columns(Connection connection, String file, Job job) throws SQLException {
        try {
            return SourceColumns.checked(connection, table(file), job.source().select(), SourceColumns.Origin.JOB_FILE);
        } catch (SQLException e) {
            throw reserved(file, e);
        }
    }

    /// @param rowGroups the rows of each row group that has some, by file
    /// @param schemas a file of each schema, in order
    private record Footers(Map<String, List<Long>> rowGroups, List<Path> schemas) {}

    private static Footers footers(Connection connection, List<Path> files) throws SQLException {
        try {
            return new Footers(rowGroups(connection, files), oneOfEachSchema(connection, files));
        } catch (SQLException e) {
            throw files.size() == 1 ? broken(files.getFirst(), e) : blame(connection, files, e);
        }
    }

    /// DuckDB reads many footers at once; this finds whose is broken.
    private static FailureException blame(Connection connection, List<Path> files, SQLException all)
            throws SQLException {
        for (Path file : files) {
            try {
                rowGroups(connection, List.of(file));
                oneOfEachSchema(connection, List.of(file));
            } catch (SQLException e) {
                return broken(file, e);
            }
        }
        throw all;
    }

    private static FailureException broken(Path file, SQLException e) {
        return DuckDbError.of(e) == DuckDbError.OTHER
                ? FailureException.permanent(
                        "source: the Parquet footer of %s is broken: %s".formatted(file, DuckDbError.reason(e)))
                : new FailureException(
                        DuckDbError.failure("source: the Parquet footer of %s can't be read".formatted(file), e), e);
    }

    private static InspectedFile inspected(SourceFile pinned, Footers footers) {
        List<Long> groups = footers.rowGroups().getOrDefault(pinned.path(), List.of());
        long rows = groups.stream().mapToLong(Long::longValue).sum();
        return new InspectedFile(
                new SourceFile(pinned.path(), pinned.bytes(), pinned.modified(), rows, pinned.tag()), groups);
    }

    private static Map<String, List<Long>> rowGroups(Connection connection, List<Path> files) throws SQLException {
        String sql = """
                SELECT file_name, row_group_id, any_value(row_group_num_rows), max(
                    least(data_page_offset, coalesce(nullif(dictionary_page_offset, 0), data_page_offset))
                    + total_compressed_size)
                FROM parquet_metadata(%s) GROUP BY ALL ORDER BY ALL
                """.formatted(list(files));
        Map<String, List<Long>> groups = new HashMap<>();
        Map<String, Long> ends = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                String file = rows.getString(1);
                long count = rows.getLong(3);
                if (count > 0) {
                    ends.merge(file, rows.getLong(4), Math::max);
                    groups.computeIfAbsent(file, name -> new ArrayList<>()).add(count);
                }
            }
        }
        ends.forEach((file, end) -> ParquetFiles.checkHolds(Path.of(file), end));
        return groups;
    }

    private static List<Path> oneOfEachSchema(Connection connection, List<Path> files) throws SQLException {
        Map<String, String> schemas =
                Schemas.of(connection, files.stream().map(Path::toString).toList());
        Set<String> seen = new HashSet<>();
        return files.stream()
                .filter(file -> seen.add(schemas.getOrDefault(file.toString(), "")))
                .toList();
    }

    private static String list(List<Path> files) {
        return Sql.files(files.stream().map(Path::toString).toList());
    }
}
