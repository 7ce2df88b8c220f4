package io.nightshift.storage.source.text;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob;
import io.nightshift.storage.source.FileVersion;
import io.nightshift.storage.source.HeldSlices;
import io.nightshift.storage.source.JoinedColumns;
import io.nightshift.storage.source.PinComparison;
import io.nightshift.storage.source.RowCounts;
import io.nightshift.storage.source.SourceColumns;
import io.nightshift.storage.source.SourcePins;
import io.nightshift.storage.source.SourceReader;
import io.nightshift.storage.source.SourceRelation;
import io.nightshift.storage.source.SourceState;
import io.nightshift.storage.source.SourceTable;
import io.nightshift.storage.source.files.LocalCopy;
import io.nightshift.storage.source.files.SourceFiles;
import io.nightshift.storage.source.text.FileScan.Interval;
import io.nightshift.storage.source.text.TextSpec.Column;
import io.nightshift.storage.source.text.TextSpec.Piece;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads CSV files and files with a JSON object in each line through [TextTable]. A slice is a range of
/// records of one file. Malformed records are rows: their fault makes the worker quarantine them.
public final class TextReader implements SourceReader {

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;
    private final TextCache cache;
    private final TextFormat format;
    private final List<String> paths;
    private final JoinedColumns joined;

    /// @param duckDb opened when first needed
    /// @param files that jobs may read
    /// @param cache of the process
    /// @param joined what lookups add to the files' columns
    public TextReader(
            Supplier<DuckDb> duckDb, SourceFiles files, TextCache cache, Job.Source source, JoinedColumns joined) {
        this.duckDb = duckDb;
        this.files = files;
        this.cache = cache;
        this.format = TextFormat.of(source.input());
        this.paths = TextFormat.paths(source.input());
        this.joined = joined;
    }

    private Connection connect() throws SQLException {
        DuckDb opened = duckDb.get();
        TextTable.register(opened);
        return opened.connect();
    }

    @Override
    public void requireReadable(List<Slice> slices) {
        files.requireReadable(slices);
    }

    @Override
    public PinComparison pins() {
        return files;
    }

    // Planning.

    /// A file as it was scanned.
    private record Scanned(SourceFile pin, FileScan scan) {}

    /// All files, and the types of all their columns.
    ///
    /// @param types by name, declared or detected
    /// @param declared the names of those that are declared
    private record Source(List<Scanned> files, Map<String, String> types, Set<String> declared) {
        List<String> detected() {
            return types.keySet().stream()
                    .filter(name -> !declared.contains(name))
                    .toList();
        }
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        Source source = look();
        SourcePins.change(source.files.stream().map(Scanned::pin).toList(), pins())
                .ifPresent(change -> {
                    throw FailureException.permanent(
                            "source: a file changed while the batch was being planned: %s. Run again when nothing writes to the source"
                                    .formatted(change));
                });
        long rows = source.files.stream().mapToLong(file -> file.scan.rows()).sum();
        if (rows == 0 && job.source().failsIfEmpty()) {
            throw FailureException.permanent(
                    "source: there is not a single row in %s, and the job says source.on-empty: fail"
                            .formatted(
                                    source.files.size() == 1
                                            ? source.files.getFirst().pin.path()
                                            : source.files.size() + " files"));
        }
        try (Connection connection = connect()) {
            Set<String> read = check(connection, source, job, model);
            Map<String, String> types = new LinkedHashMap<>(source.types);
            types.keySet().retainAll(read);
            List<String> detected = new ArrayList<>(source.detected());
            detected.retainAll(read);
            return source.files.stream()
                    .map(file -> inspected(file, types, detected))
                    .toList();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    private static InspectedFile inspected(Scanned file, Map<String, String> types, List<String> detected) {
        SourceFile pin = file.pin;
        String schema = TextSchema.of(file.scan, types, detected).text();
        return new InspectedFile(
                new SourceFile(pin.path(), pin.bytes(), pin.modified(), file.scan.rows(), pin.tag(), schema),
                file.scan.index().stream().map(Interval::rows).toList());
    }

    /// Lists and scans the files.
    private Source look() {
        List<FileVersion> listed = files.list(paths, format.kind());
        List<Scanned> scanned = scan(listed);
        Map<String, DetectedType> found = new LinkedHashMap<>();
        for (Scanned file : scanned) {
            file.scan
                    .types()
                    .forEach((name, type) -> found.computeIfAbsent(name, any -> new DetectedType())
                            .addAll(type));
        }
        Map<String, String> types = new LinkedHashMap<>();
        found.forEach((name, type) -> types.put(name, type.type()));
        Set<String> declared = declare(types, scanned);
        if (types.isEmpty()) {
            throw FailureException.permanent(
                    format.dialect() == null
                            ? "source: there is no JSON object in %s, so its columns are not known; list them under source.ndjson.columns"
                                    .formatted(called(scanned))
                            : "source: %s is empty, not even a header is there".formatted(called(scanned)));
        }
        return new Source(scanned, types, declared);
    }

    private static String called(List<Scanned> scanned) {
        return scanned.size() == 1 ? scanned.getFirst().pin.path() : "these %,d files".formatted(scanned.size());
    }

    /// Puts the declared types in the place of the detected ones.
    ///
    /// @return the names of those columns
    private Set<String> declare(Map<String, String> types, List<Scanned> scanned) {
        Set<String> declared = new LinkedHashSet<>();
        boolean hasRows = scanned.stream().anyMatch(file -> !file.scan.names().isEmpty());
        format.declared().forEach((name, type) -> {
            String own = types.keySet().stream()
                    .filter(name::equalsIgnoreCase)
                    .findFirst()
                    .orElse(null);
            if (own == null && format.dialect() != null && hasRows) {
                String nearest = NameSuggestion.closest(name, types.keySet());
                throw FailureException.permanent("%s.columns: no file has a column \"%s\"; %s"
                        .formatted(
                                format.key(),
                                name,
                                nearest == null
                                        ? "there are " + String.join(", ", types.keySet())
                                        : "did you mean \"" + nearest + "\"?"));
            }
            types.put(own == null ? name : own, type);
            declared.add(own == null ? name : own);
        });
        return declared;
    }

    /// Scans files, several at a time.
    private List<Scanned> scan(List<FileVersion> listed) {
        if (listed.size() == 1) {
            return List.of(scan(listed.getFirst()));
        }
        int threads = Math.min(listed.size(), Runtime.getRuntime().availableProcessors());
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("scan-", 0).factory())) {
            List<Future<Scanned>> all =
                    listed.stream().map(file -> pool.submit(() -> scan(file))).toList();
            List<Scanned> scanned = new ArrayList<>();
            try {
                for (Future<Scanned> each : all) {
                    scanned.add(each.get());
                }
            } catch (ExecutionException e) {
                all.forEach(each -> each.cancel(true));
                if (e.getCause() instanceof FailureException failure) {
                    throw failure;
                }
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                all.forEach(each -> each.cancel(true));
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            return scanned;
        }
    }

    private Scanned scan(FileVersion file) {
        SourceFile pin = files.pin(file);
        FileScan known = cache.scans().get(file, pin.tag(), format);
        if (known == null) {
            try (LocalCopy local = files.copy(file)) {
                known = TextScanner.scan(local.path(), file.path(), format);
            }
            cache.scans().put(file, pin.tag(), format, known);
        }
        return new Scanned(pin, known);
    }

    /// Checks the job against each different list of columns.
    ///
    /// @return the columns that the job's expressions read
    private Set<String> check(Connection connection, Source source, Job job, ModelDescription model) {
        Set<List<String>> seen = new LinkedHashSet<>();
        Set<String> read = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        BoundJob first = null;
        for (Scanned file : source.files) {
            if ((file.scan.names().isEmpty() && format.dialect() != null) || !seen.add(file.scan.names())) {
                continue;
            }
            try {
                SourceColumns columns = SourceColumns.checked(
                        connection,
                        joined.checked(connection, table(file, source)),
                        job.source().select(),
                        SourceColumns.Origin.JOB_FILE);
                BoundJob bound = BoundJob.bind(columns, job, model);
                if (first == null) {
                    first = bound;
                } else {
                    bound.refuseOtherOutput(first);
                }
                for (String expression : expressions(bound, job)) {
                    read.addAll(columns.readBy("source", expression));
                }
                job.source().lookups().forEach(lookup -> read.addAll(lookup.on().keySet()));
            } catch (FailureException e) {
                throw explained(e, source);
            } catch (SQLException e) {
                throw new FailureException(
                        DuckDbError.failure("source: the columns of %s can't be read".formatted(file.pin.path()), e),
                        e);
            }
        }
        if (first == null) {
            throw FailureException.permanent(
                    "source: %s is empty, not even a header is there".formatted(called(source.files)));
        }
        return read;
    }

    /// Adds to a refusal why a column that it names is a text, if only some of its values are.
    private FailureException explained(FailureException refusal, Source source) {
        String message = refusal.failure().message();
        for (String name : source.detected()) {
            if (!Pattern.compile("(?<!\\w)" + Pattern.quote(name) + "(?!\\w)", Pattern.CASE_INSENSITIVE)
                    .matcher(message)
                    .find()) {
                continue;
            }
            DetectedType all = new DetectedType();
            source.files.forEach(file -> all.addAll(file.scan.types().getOrDefault(name, new DetectedType())));
            String other = all.typeWithoutTexts();
            if (other == null) {
                continue;
            }
            for (Scanned file : source.files) {
                DetectedType type = file.scan.types().get(name);
                DetectedType.Value value = type == null ? null : type.firstText();
                if (value != null) {
                    return FailureException.permanent(
                            "%s. Column \"%s\" is VARCHAR, because line %d of %s has \"%s\"; its other values are %s. Write %s.columns: {%s: %s} to have such records quarantined"
                                    .formatted(
                                            message.strip().replaceFirst("\\.$", ""),
                                            name,
                                            value.line(),
                                            file.pin.path(),
                                            value.text(),
                                            other,
                                            format.key(),
                                            name,
                                            other));
                }
            }
        }
        return refusal;
    }

    private static Set<String> expressions(BoundJob bound, Job job) {
        Set<String> expressions = new LinkedHashSet<>(job.source().select().values());
        bound.features().forEach(feature -> expressions.add(feature.source().sql()));
        bound.output().forEach(output -> expressions.add(output.sql()));
        bound.segments().forEach(segment -> expressions.add(segment.sql()));
        bound.checked().forEach(checked -> expressions.add(checked.source().sql()));
        if (bound.id() != null) {
            expressions.add(bound.id().sql());
        }
        if (bound.where() != null) {
            expressions.add(bound.where());
        }
        if (bound.partition() != null) {
            expressions.add(bound.partition().sql());
        }
        return expressions;
    }

    private List<Column> columns(Scanned file, Source source) {
        List<String> names = format.dialect() == null ? List.copyOf(source.types.keySet()) : file.scan.names();
        return names.stream()
                .map(name -> new Column(
                        name, source.types.getOrDefault(name, "VARCHAR"), true, !source.declared.contains(name)))
                .toList();
    }

    private SourceTable table(Scanned file, Source source) {
        TextSpec spec = new TextSpec(format.encoding(), format.dialect(), columns(file, source), List.of());
        return new SourceTable(TextSql.from(spec, format), TextSql.OWN_COLUMNS, file.pin.path());
    }

    @Override
    public SourceState state(Job.Source source, RowCounts counts) {
        List<FileVersion> whole = new ArrayList<>();
        long rows = 0;
        for (FileVersion file : files.listOrNone(paths, format.kind())) {
            try {
                rows += scan(file).scan.rows();
                whole.add(file);
            } catch (FailureException e) {
                if (e.failure().resource() != null) {
                    throw e;
                }
                // It is still being written: its compression ends too early, or its header is not there.
            }
        }
        return new SourceState(whole.size(), rows, SourcePins.digest(whole));
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        Source source = look();
        Scanned first = source.files.stream()
                .filter(file -> format.dialect() == null || !file.scan.names().isEmpty())
                .findFirst()
                .orElse(source.files.getFirst());
        try (Connection connection = connect()) {
            SourceColumns columns = SourceColumns.planned(
                    connection, joined.added(table(first, source)), job.source().select());
            return BoundJob.bind(columns, job, model);
        } catch (FailureException e) {
            throw explained(e, source);
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("source: the columns of %s can't be read".formatted(first.pin.path()), e), e);
        }
    }

    @Override
    public List<String> details(List<InspectedFile> inspected) {
        if (inspected.isEmpty()) {
            return List.of();
        }
        TextSchema schema = TextSchema.of(inspected.getFirst().file());
        String columns = schema.types().entrySet().stream()
                .map(type -> "%s %s%s"
                        .formatted(
                                type.getKey(),
                                type.getValue(),
                                schema.detected().contains(type.getKey()) ? "" : " (declared)"))
                .collect(Collectors.joining(", "));
        return List.of("columns     " + columns);
    }

    /// The columns of all records that are not malformed, as one table. For a command, whose user may read
    /// any file. All files must have the same columns.
    ///
    /// @param select computed columns: name to expression
    /// @throws FailureException if a path names nothing, or a file is broken
    public SourceColumns wholeRecords(Connection connection, Map<String, String> select) throws SQLException {
        TextTable.register(duckDb.get());
        Source source = look();
        List<Column> columns = columns(source.files.getFirst(), source);
        List<Piece> pieces = new ArrayList<>();
        for (Scanned file : source.files) {
            if (format.dialect() != null
                    && !file.scan.names().equals(source.files.getFirst().scan.names())) {
                throw FailureException.permanent("source: %s and %s have different columns"
                        .formatted(source.files.getFirst().pin.path(), file.pin.path()));
            }
            InspectedFile whole = inspected(file, source.types, source.detected());
            pieces.add(piece(new Slice(whole.file(), 0, file.scan.rows()), columns.size()));
        }
        TextSpec spec = new TextSpec(format.encoding(), format.dialect(), columns, pieces);
        String from = "(SELECT %s FROM %s WHERE %s IS NULL)"
                .formatted(TextSql.OWN_COLUMNS, TextSql.from(spec, format), TextTable.Extra.FAULT.column());
        return SourceColumns.checked(
                connection, new SourceTable(from, "*", called(source.files)), select, SourceColumns.Origin.JOB_FILE);
    }

    // Reading.

    @Override
    public HeldSlices hold(List<Slice> slices) {
        Encoding encoding = Encoding.of(format.encoding());
        HeldSlices local = files.hold(slices);
        List<SourceFile> copied = new ArrayList<>();
        try {
            for (SourceFile file : slices.stream().map(Slice::file).distinct().toList()) {
                TextSchema schema = TextSchema.of(file);
                if (PlainCopies.isNeeded(schema, encoding)) {
                    cache.copies().hold(file, files.localPath(file), schema, encoding, scratch());
                    copied.add(file);
                }
            }
        } catch (FailureException e) {
            release(copied, encoding);
            local.close();
            throw e;
        }
        return new HeldSlices() {
            @Override
            public void requireAllColumns() {
                local.requireAllColumns();
            }

            @Override
            public void close() {
                release(copied, encoding);
                local.close();
            }
        };
    }

    private void release(List<SourceFile> copied, Encoding encoding) {
        copied.forEach(file -> cache.copies().release(file, encoding));
    }

    private Path scratch() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('temp_directory')")) {
            row.next();
            return Path.of(row.getString(1));
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the scratch folder is not known", e), e);
        }
    }

    /// Slices of files with the same columns, which one query reads.
    private record Group(List<String> names, TextSchema schema, List<Slice> slices) {}

    private List<Group> group(List<Slice> slices) {
        record Key(List<String> names, Map<String, String> types, List<String> detected) {}
        Map<Key, Group> groups = new LinkedHashMap<>();
        for (Slice slice : slices) {
            TextSchema schema = TextSchema.of(slice.file());
            List<String> names = names(slice.file(), schema);
            groups.computeIfAbsent(
                            new Key(names, schema.types(), schema.detected()),
                            key -> new Group(names, schema, new ArrayList<>()))
                    .slices
                    .add(slice);
        }
        return List.copyOf(groups.values());
    }

    /// The columns of a file, in its order.
    private List<String> names(SourceFile file, TextSchema schema) {
        if (format.dialect() == null) {
            return List.copyOf(schema.types().keySet());
        }
        if (!format.hasHeader() && !format.declared().isEmpty()) {
            return List.copyOf(format.declared().keySet());
        }
        return TextScanner.header(files.localPath(file), file.path(), format);
    }

    private TextSpec spec(Group group) {
        Map<String, String> types = group.schema.types();
        List<Column> columns = group.names.stream()
                .map(name -> new Column(
                        name,
                        types.getOrDefault(name, "VARCHAR"),
                        types.containsKey(name),
                        group.schema.detected().contains(name)))
                .toList();
        List<Piece> pieces = new ArrayList<>();
        for (Slice slice : group.slices) {
            pieces.add(piece(slice, group.names.size()));
        }
        return new TextSpec(format.encoding(), format.dialect(), columns, pieces);
    }

    private Piece piece(Slice slice, int fields) {
        SourceFile file = slice.file();
        TextSchema schema = TextSchema.of(file);
        Encoding encoding = Encoding.of(format.encoding());
        long row = 0;
        Interval begin = new Interval(0, 0, 1);
        for (Interval interval : schema.intervals()) {
            begin = interval;
            if (row + interval.rows() > slice.firstRow()) {
                break;
            }
            row += interval.rows();
        }
        Path copy = cache.copies().find(file, encoding);
        return new Piece(
                file.path(),
                (copy == null ? files.localPath(file) : copy).toString(),
                copy == null ? schema.compression() : Compression.NONE,
                copy == null && encoding.isTranslated(),
                begin.offset(),
                begin.line(),
                row,
                slice.firstRow() - row,
                slice.rows(),
                fields,
                List.of());
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        TextTable.register(duckDb.get());
        Cut cut = Slice.cut(slices);
        List<BoundSlices> bound = new ArrayList<>();
        for (Group group : group(slices)) {
            TextSpec spec = spec(group);
            String name = group.slices.getFirst().file().path();
            String schema = spec.columns() + joined.text();
            BoundJob known = cache.bound().get(job, model, schema);
            if (known == null) {
                TextSpec none = new TextSpec(spec.encoding(), spec.dialect(), spec.columns(), List.of());
                SourceTable table =
                        joined.added(new SourceTable(TextSql.from(none, format), TextSql.OWN_COLUMNS, name));
                SourceColumns columns =
                        SourceColumns.planned(connection, table, job.source().select());
                known = BoundJob.bind(columns, job, model);
                cache.bound().put(job, model, schema, known);
            }
            bound.add(new BoundSlices(known, TextSql.relation(spec, format)).of(cut));
        }
        return bound;
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        requireReadable(slices);
        TextTable.register(duckDb.get());
        Cut cut = Slice.cut(slices);
        return group(slices).stream()
                .map(group -> TextSql.relation(spec(group), format).of(cut))
                .toList();
    }

    /// For messages only.
    @Override
    public String toString() {
        return Sql.texts(paths);
    }
}
