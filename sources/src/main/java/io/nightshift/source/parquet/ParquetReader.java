package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJobs;
import io.nightshift.source.FileVersion;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.PinComparison;
import io.nightshift.source.RowCounts;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.SourceState;
import io.nightshift.source.SourceTable;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.FetchControl;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads Parquet files through DuckDB. A slice is a range of rows of one file. The columns of a batch are
/// those of all its files together: see [ParquetInspection].
public final class ParquetReader implements SourceReader {

    private static final Logger LOG = LoggerFactory.getLogger(ParquetReader.class);

    /// Files that are named in a line for people.
    private static final int SHOWN = 3;

    private static final Pattern RESERVED =
            Pattern.compile("adds column \"([^\"]+)\", but a column with this name is also in the file");

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;
    private final SparseSlices objects;
    private final BoundJobs bound;
    private final Job.@Nullable Source source;
    private final JoinedColumns joined;

    /// @param duckDb opened when first needed
    /// @param files that jobs may read
    /// @param objects slices of those files that are objects
    /// @param bound jobs that were bound before
    /// @param source what the reader is for; null if all columns of objects may be asked for
    /// @param joined what lookups add to the files' columns
    public ParquetReader(
            Supplier<DuckDb> duckDb,
            SourceFiles files,
            SparseSlices objects,
            BoundJobs bound,
            Job.@Nullable Source source,
            JoinedColumns joined) {
        this.duckDb = duckDb;
        this.files = files;
        this.objects = objects;
        this.bound = bound;
        this.source = source;
        this.joined = joined;
    }

    /// As with no job bound before.
    public ParquetReader(Supplier<DuckDb> duckDb, SourceFiles files) {
        this(duckDb, files, new SparseSlices(files), new BoundJobs(), null, JoinedColumns.NONE);
    }

    private static ParquetInput input(Job.Source source) {
        if (source.input() instanceof ParquetInput parquet) {
            return parquet;
        }
        throw new IllegalArgumentException("not Parquet: " + source.input());
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
        ParquetInspection inspection = inspection(job, model);
        bound.put(job, model, joined.text(), inspection.bound());
        return job.incremental() instanceof NewTimes times && times.pinned() != null
                ? withNewTimes(inspection.files(), times)
                : inspection.files();
    }

    /// The files that may have rows of a batch. If none has, the first remains, without its rows.
    private List<InspectedFile> withNewTimes(List<InspectedFile> files, NewTimes times) {
        if (files.stream().anyMatch(file -> !isOwn(file.file(), times.column()) || SourceFiles.isObject(file.file()))) {
            return files;
        }
        try (Connection connection = duckDb.get().connect()) {
            List<InspectedFile> kept = TimePruning.kept(
                    connection, files, times, file -> file.file().path());
            if (kept.size() < files.size()) {
                LOG.info(
                        "{} of {} files have no row with a new {}, as their footers say, and are not read",
                        files.size() - kept.size(),
                        files.size(),
                        times.column());
            }
            SourceFile first = files.getFirst().file();
            return kept.isEmpty()
                    ? List.of(new InspectedFile(
                            new SourceFile(
                                    first.path(), first.bytes(), first.modified(), 0, first.tag(), first.schema()),
                            List.of()))
                    : kept;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the footers of the source can't be read", e), e);
        }
    }

    /// Whether a column of the batch is simply a column of a file.
    private static boolean isOwn(SourceFile file, String column) {
        FileSchema schema = schema(file);
        return schema.folders().keySet().stream().noneMatch(column::equalsIgnoreCase)
                && schema.columns().stream().noneMatch(each -> column.equalsIgnoreCase(each.name()));
    }

    @Override
    public List<String> details(List<InspectedFile> inspected) {
        Set<String> read = inspected.stream().map(file -> file.file().path()).collect(Collectors.toSet());
        if (source == null || source.where() == null || read.stream().noneMatch(path -> path.contains("="))) {
            return List.of();
        }
        FolderListing listing = new FolderListing(duckDb, input(source), source.where(), ownNames(inspected));
        List<String> paths = files.list(input(source).paths(), ParquetFiles.KIND, listing).stream()
                .map(FileVersion::path)
                .toList();
        List<String> lines = new ArrayList<>();
        addPruned(lines, "not listed  %,d of %,d folders", listing.skipped(), listing.compared());
        addPruned(
                lines,
                "pruned      %,d of %,d files",
                paths.stream().filter(path -> !read.contains(path)).toList(),
                paths.size());
        return lines;
    }

    private static void addPruned(List<String> lines, String line, List<String> pruned, int all) {
        if (!pruned.isEmpty()) {
            lines.add(String.format(
                    Locale.ROOT,
                    line + ", by source.where and the names of folders: %s%s",
                    pruned.size(),
                    all,
                    String.join(", ", pruned.subList(0, Math.min(SHOWN, pruned.size()))),
                    pruned.size() > SHOWN ? ", …" : ""));
        }
    }

    /// The names of folders that no column is read from: the files have columns of these names, or the job
    /// reads none.
    private static Set<String> ownNames(List<InspectedFile> inspected) {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        for (InspectedFile file : inspected) {
            Set<String> read = schema(file.file()).folders().keySet();
            FolderColumns.of(file.file().path()).keySet().stream()
                    .filter(name -> read.stream().noneMatch(name::equalsIgnoreCase))
                    .forEach(names::add);
        }
        return names;
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        BoundJob known = bound.get(job, model, joined.text());
        return known == null ? inspection(job, model).bound() : known;
    }

    private ParquetInspection inspection(Job job, ModelDescription model) {
        return ParquetInspection.of(duckDb, files, job, input(job.source()), model, joined);
    }

    @Override
    public SourceState state(Job.Source source, RowCounts counts) {
        Map<FileVersion, Long> known = new LinkedHashMap<>();
        List<String> paths = input(source).paths();
        for (FileVersion version : files.listOrNone(paths, ParquetFiles.KIND)) {
            Long rows = counts.get(version);
            if (rows == null) {
                rows = count(version);
                // A file that has changed meanwhile is counted the next time.
                if (rows == null || !version.equals(files.version(version.path()))) {
                    continue;
                }
                counts.put(version, rows);
            }
            known.put(version, rows);
        }
        long rows = known.values().stream().mapToLong(Long::longValue).sum();
        return new SourceState(
                known.size(), rows, SourcePins.digest(known.keySet()), SourceFiles.volumes(paths, ParquetFiles.KIND));
    }

    /// The number of rows of a file; null if it is not a whole Parquet file. One that is being written is not.
    private @Nullable Long count(FileVersion file) {
        try {
            return ParquetFiles.footer(files.pinTail(file)).rows();
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        Cut cut = Slice.cut(slices);
        objects.fetch(slices, columns(job, model), job.source().where() != null || cut != null);
        List<BoundSlices> groups = new ArrayList<>();
        for (List<Slice> group : Schemas.group(connection, slices, files)) {
            groups.add(new BoundSlices(bind(connection, group.getFirst(), job, model), relation(group)).of(cut));
        }
        return groups;
    }

    private static SparseSlices.ReadColumns columns(Job job, ModelDescription model) {
        return (file, own) -> ColumnNames.read(job, model, schema(file), own);
    }

    @Override
    public HeldSlices hold(List<Slice> slices) {
        return hold(slices, FetchControl.NONE);
    }

    @Override
    public HeldSlices hold(List<Slice> slices, FetchControl control) {
        return objects.hold(slices, control);
    }

    @Override
    public String fetches(Job job, ModelDescription model, List<InspectedFile> inspected) {
        Set<String> read = new TreeSet<>();
        long objectBytes = 0;
        long fetched = 0;
        int groups = 0;
        int count = 0;
        for (InspectedFile file : inspected) {
            if (SourceFiles.isObject(file.file())) {
                count++;
                groups += file.rowGroups().size();
                objectBytes += file.file().bytes();
                fetched += objects.bytes(file.file(), own -> {
                    Set<String> columns = ColumnNames.read(job, model, schema(file.file()), own);
                    read.addAll(columns);
                    return columns;
                });
            }
        }
        return count == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%,d of %,d bytes: %,d objects, %,d row groups, the columns %s",
                        fetched,
                        objectBytes,
                        count,
                        groups,
                        String.join(", ", read));
    }

    @Override
    public boolean isElsewhere(List<Slice> slices) {
        return slices.stream().anyMatch(slice -> SourceFiles.isObject(slice.file()));
    }

    @Override
    public void fetchAhead(List<Slice> slices, Job job, ModelDescription model) {
        boolean isFiltered = job.source().where() != null || Slice.cut(slices) != null;
        objects.fetchAhead(slices, columns(job, model), isFiltered);
    }

    private BoundJob bind(Connection connection, Slice slice, Job job, ModelDescription model) throws SQLException {
        SourceFile file = slice.file();
        String schema = file.schema() == null ? null : file.schema() + joined.text();
        BoundJob known = schema == null ? null : bound.get(job, model, schema);
        if (known != null) {
            return known;
        }
        SourceTable table = joined.added(table(file.path(), objects.local(slice), schema(file)));
        try {
            BoundJob now = BoundJob.bind(
                    SourceColumns.planned(connection, table, job.source().select()), job, model);
            if (schema != null) {
                bound.put(job, model, schema, now);
            }
            return now;
        } catch (SQLException e) {
            throw reserved(file.path(), e);
        }
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        requireReadable(slices);
        Job.Source read = source;
        Cut cut = Slice.cut(slices);
        objects.fetch(
                slices,
                (file, own) -> read == null ? own : ColumnNames.identifying(read, cut, schema(file), own),
                read == null || read.where() != null || cut != null);
        return Schemas.group(connection, slices, files).stream()
                .map(group -> relation(group).of(cut))
                .toList();
    }

    /// @return plain if the file was pinned by an earlier version of Nightshift
    private static FileSchema schema(SourceFile file) {
        return file.schema() == null ? FileSchema.plain("") : FileSchema.of(file.schema());
    }

    @Override
    public @Nullable String statistics(Slice slice, String column) {
        if (!isOwn(slice.file(), column)) {
            return null;
        }
        return """
                (SELECT * FROM (SELECT sum(row_group_num_rows) OVER (ORDER BY row_group_id) - row_group_num_rows AS nightshift_first,
                row_group_num_rows AS nightshift_rows, stats_min_value AS nightshift_min, stats_max_value AS nightshift_max,
                stats_null_count AS nightshift_nulls FROM parquet_metadata(%s) WHERE path_in_schema = %s)
                WHERE nightshift_nulls = 0 AND nightshift_rows > 0)
                """.formatted(Sql.file(objects.local(slice).toString()), Sql.text(column));
    }

    // Files of a table.

    /// Looks at files of a table, whose columns are known by their IDs.
    ///
    /// @param table the table's columns
    /// @return the files in their order, pinned
    /// @throws FailureException naming the file, and what doesn't fit
    public List<InspectedFile> inspect(TableColumns table, List<TableFile> read, Job job, ModelDescription model) {
        return inspect(table, read, used(table, job, model));
    }

    /// As [#inspect(TableColumns, List, Job, ModelDescription)], for no job: columns that can't be read are
    /// left out.
    public List<InspectedFile> inspect(TableColumns table, List<TableFile> read) {
        return inspect(table, read, Set.of());
    }

    private List<InspectedFile> inspect(TableColumns table, List<TableFile> read, Set<String> used) {
        try (Connection connection = duckDb.get().connect()) {
            return new TableInspection(files, connection, table, used).inspect(read);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    /// Binds a job to the columns of a table.
    ///
    /// @throws FailureException naming what doesn't fit
    public BoundJob bind(TableColumns table, Job job, ModelDescription model) {
        BoundJob known = bound.get(job, model, joined.text() + table);
        if (known != null) {
            return known;
        }
        Set<String> used = used(table, job, model);
        for (TableColumn column : table.columns()) {
            if (column.refusal() != null && used.contains(column.name())) {
                throw FailureException.permanent(
                        "source: the column \"%s\" of %s %s, or leave the column out of the job"
                                .formatted(column.name(), table.title(), column.refusal()));
            }
        }
        try (Connection connection = duckDb.get().connect()) {
            SourceTable empty = joined.checked(connection, withoutRows(table.title(), table.withoutRows()));
            BoundJob now = BoundJob.bind(
                    SourceColumns.checked(connection, empty, job.source().select(), SourceColumns.Origin.JOB_FILE),
                    job,
                    model);
            bound.put(job, model, joined.text() + table, now);
            return now;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    private static Set<String> used(TableColumns table, Job job, ModelDescription model) {
        Set<String> names = new TreeSet<>();
        table.columns().forEach(column -> names.add(column.name()));
        return ColumnNames.read(job, model, FileSchema.plain(""), names);
    }

    /// A table without rows, pinned as a file.
    ///
    /// @param called the table's name in messages
    public static SourceFile withoutRows(TableColumns table, String called) {
        return new SourceFile(called, 0, Instant.EPOCH, 0, "0".repeat(SourceFile.TAG_DIGITS), table.withoutRows());
    }

    /// @param schema of [TableColumns#withoutRows]
    private static SourceTable withoutRows(String called, String schema) {
        return new SourceTable(
                FileSchema.of(schema)
                        .from(
                                "(SELECT CAST(0 AS BIGINT) AS file_row_number, '' AS nightshift_file WHERE FALSE)",
                                Map.of()),
                "* EXCLUDE (file_row_number, nightshift_file)",
                called);
    }

    /// As [#bind(Connection, List, Job, ModelDescription)], for a file of [#withoutRows(TableColumns, String)].
    public BoundSlices bindWithoutRows(Connection connection, Slice slice, Job job, ModelDescription model)
            throws SQLException {
        SourceTable table = joined.added(table(slice.file()));
        return new BoundSlices(
                BoundJob.bind(
                        SourceColumns.planned(connection, table, job.source().select()), job, model),
                relationWithoutRows(slice));
    }

    private static SourceTable table(SourceFile file) {
        return withoutRows(file.path(), Objects.requireNonNull(file.schema()));
    }

    /// The rows of a file of [#withoutRows(TableColumns, String)].
    public static SourceRelation relationWithoutRows(Slice slice) {
        return new SourceRelation(
                table(slice.file()).from(), Sql.text(slice.file().path()), "file_row_number", "");
    }

    /// The name of a single file is a constant, which costs nothing for each row.
    private SourceRelation relation(List<Slice> group) {
        Map<String, String> paths = new LinkedHashMap<>();
        for (Slice slice : group) {
            paths.put(objects.local(slice).toString(), slice.file().path());
        }
        String from = schema(group.getFirst().file()).from(read(List.copyOf(paths.keySet())), paths);
        if (group.size() > 1) {
            return new SourceRelation(from, fileName(paths), "file_row_number", "");
        }
        Slice slice = group.getFirst();
        return new SourceRelation(
                from,
                Sql.text(slice.file().path()),
                "file_row_number",
                SourceRelation.rows("file_row_number", slice.firstRow(), slice.endRow()));
    }

    /// The file that a row is in, as it is pinned.
    ///
    /// @param paths by the names under which DuckDB reads them
    private static String fileName(Map<String, String> paths) {
        StringBuilder cases = new StringBuilder();
        paths.forEach((local, path) -> {
            if (!local.equals(path)) {
                cases.append(" WHEN ").append(Sql.text(local)).append(" THEN ").append(Sql.text(path));
            }
        });
        return cases.isEmpty() ? "nightshift_file" : "CASE nightshift_file%s ELSE nightshift_file END".formatted(cases);
    }

    /// A file as a table of the batch's columns.
    ///
    /// @param called the file's name in messages
    /// @param local what DuckDB reads
    static SourceTable table(String called, Path local, FileSchema schema) {
        return new SourceTable(
                schema.from(read(List.of(local.toString())), Map.of(local.toString(), called)),
                "* EXCLUDE (file_row_number, nightshift_file)",
                called,
                schema.folders().keySet());
    }

    /// Files of the same columns as a table of these and of `file_row_number` and `nightshift_file`. DuckDB
    /// makes no columns of the names of folders: they would take the place of the file's own.
    static String read(List<String> paths) {
        return "read_parquet(%s, filename = 'nightshift_file', file_row_number = true, hive_partitioning = false)"
                .formatted(Sql.files(paths));
    }

    /// The exception itself, unless it says that a file has a column with a name that tells rows apart.
    static SQLException reserved(String file, SQLException e) {
        Matcher reserved = RESERVED.matcher(DuckDbError.reason(e));
        if (reserved.find()) {
            throw FailureException.permanent(
                    "source: %s has a column \"%s\", a name that is needed to tell rows apart; rename the column"
                            .formatted(file, reserved.group(1)));
        }
        return e;
    }

    /// The columns of files, folders and globs, taken for one table: a column that some files lack is NULL
    /// there, and the names of folders such as `dt=2026-11-25` are columns. For a command, whose user may read
    /// any file.
    ///
    /// @throws FailureException if a path names nothing, or what it names is not Parquet
    public static SourceColumns columns(
            Connection connection, ParquetInput input, Map<String, String> select, SourceColumns.Origin origin) {
        SourceFiles readable = new SourceFiles(FileRoots.UNRESTRICTED);
        List<FileVersion> listed = readable.list(input.paths(), ParquetFiles.KIND);
        listed.forEach(file -> ParquetFiles.footer(readable.pinTail(file)));
        Map<String, String> names = new LinkedHashMap<>();
        listed.forEach(file -> names.put(file.path(), file.path()));
        String read = "read_parquet(%s, union_by_name = true, filename = 'nightshift_file', hive_partitioning = false)"
                .formatted(Sql.files(names.keySet()));
        String called = names.size() == 1 ? listed.getFirst().path() : "these %,d files".formatted(names.size());
        String without = "(SELECT * EXCLUDE (nightshift_file) FROM %s)";
        try {
            SourceColumns columns = SourceColumns.checked(
                    connection, new SourceTable(without.formatted(read), "*", called), select, origin);
            Map<String, String> folders = FolderColumns.types(names.keySet(), input.folders());
            folders.keySet()
                    .removeIf(name -> columns.columns().keySet().stream().anyMatch(name::equalsIgnoreCase));
            if (folders.isEmpty()) {
                return columns;
            }
            String from = new FileSchema("", List.of(), List.of(), new TreeMap<>(folders)).from(read, names);
            return SourceColumns.checked(
                    connection,
                    new SourceTable(without.formatted(from), "*", called, folders.keySet()),
                    select,
                    origin);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure(called + " can't be read", e), e);
        }
    }

    /// The failure to read a file's footer.
    static FailureException broken(String file, SQLException e) {
        return DuckDbError.of(e) == DuckDbError.OTHER
                ? ParquetFiles.broken(file, DuckDbError.reason(e))
                : new FailureException(
                        DuckDbError.failure("source: the Parquet footer of %s can't be read".formatted(file), e), e);
    }
}
