package io.nightshift.source.text;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
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
import io.nightshift.source.files.LocalCopy;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.text.FileScan.Interval;
import io.nightshift.source.text.TextSpec.Column;
import io.nightshift.source.text.TextSpec.Piece;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads CSV files and files with a JSON object in each line through [TextTableFunction]. A slice is a range of
/// records of one file. Malformed records are rows: their fault makes the worker quarantine them.
public final class TextReader implements SourceReader {

    /// The objects that are scanned at a time. Most of the time goes by waiting for the store.
    private static final int REQUESTS = 16;

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
        TextTableFunction.register(opened);
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
    private record Scanned(SourceFile pin, FileScan scan) {
        /// The detected type of the column with one of the file's own names.
        DetectedType type(String own) {
            return scan.types().getOrDefault(own, new DetectedType());
        }
    }

    /// All files, and the types of all their columns.
    ///
    /// @param types by name, declared or detected
    /// @param declared the names of those that are declared
    /// @param own for each file its own names of columns, by their names in the source
    private record Source(
            List<Scanned> files, Map<String, String> types, Set<String> declared, List<Map<String, String>> own) {
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
                    throw SourcePins.missing(
                            String.join(", ", paths),
                            "source: a file changed while the batch was being planned: %s. Run again when nothing writes to the source"
                                    .formatted(change));
                });
        long rows = source.files.stream().mapToLong(file -> file.scan.rows()).sum();
        if (rows == 0 && job.source().failsIfEmpty()) {
            throw SourcePins.missing(
                    source.files.getFirst().pin.path(),
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
            List<InspectedFile> inspected = new ArrayList<>();
            for (int i = 0; i < source.files.size(); i++) {
                inspected.add(inspected(source.files.get(i), types, detected, source.own.get(i)));
            }
            return inspected;
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
        }
    }

    private InspectedFile inspected(
            Scanned file, Map<String, String> types, List<String> detected, Map<String, String> own) {
        SourceFile pin = file.pin;
        Map<String, String> renamed = new LinkedHashMap<>(own);
        renamed.entrySet().removeIf(name -> name.getKey().equals(name.getValue()));
        if (format.dialect() == null) {
            renamed.keySet().retainAll(types.keySet());
        }
        String schema = TextSchema.of(file.scan, types, detected, renamed).text();
        return new InspectedFile(
                new SourceFile(pin.path(), pin.bytes(), pin.modified(), file.scan.rows(), pin.tag(), schema),
                file.scan.index().stream().map(Interval::rows).toList());
    }

    /// Lists and scans the files.
    private Source look() {
        List<FileVersion> listed = files.list(paths, format.kind());
        List<Scanned> scanned = scan(listed);
        Map<String, DetectedType> found = new LinkedHashMap<>();
        List<Map<String, String>> own = own(scanned);
        for (int i = 0; i < scanned.size(); i++) {
            Scanned file = scanned.get(i);
            own.get(i)
                    .forEach((name, ownName) -> found.computeIfAbsent(name, any -> new DetectedType())
                            .addAll(file.type(ownName)));
        }
        Map<String, String> types = new LinkedHashMap<>();
        found.forEach((name, type) -> types.put(name, type.type()));
        Set<String> declared = declare(types, scanned, own);
        if (types.isEmpty()) {
            throw FailureException.permanent(
                    format.dialect() == null
                            ? "source: there is no JSON object in %s, so its columns are not known; list them under source.ndjson.columns"
                                    .formatted(called(scanned))
                            : "source: %s is empty, not even a header is there".formatted(called(scanned)));
        }
        return new Source(scanned, types, declared, own);
    }

    /// The files' own names of columns, by their names in the source.
    ///
    /// @throws FailureException if files without a header have different numbers of columns
    private List<Map<String, String>> own(List<Scanned> scanned) {
        ColumnMapping columns = new ColumnMapping();
        List<Map<String, String>> own = new ArrayList<>();
        @Nullable Scanned first = null;
        for (Scanned file : scanned) {
            Map<String, String> names = new LinkedHashMap<>();
            if (format.dialect() == null) {
                file.scan.types().keySet().forEach(key -> names.put(columns.ofKey(key, file.pin.path()), key));
            } else {
                columns.ofHeader(file.scan).forEach((ownName, name) -> names.put(name, ownName));
                first = first == null && !names.isEmpty() ? file : first;
                if (first != null
                        && !format.hasHeader()
                        && !names.isEmpty()
                        && names.size() != first.scan.names().size()) {
                    throw FailureException.permanent(
                            "source: the first record of %s has %,d values, and that of %s has %,d; files without a header must have the same columns"
                                    .formatted(
                                            first.pin.path(),
                                            first.scan.names().size(),
                                            file.pin.path(),
                                            names.size()));
                }
            }
            own.add(names);
        }
        return own;
    }

    private static String called(List<Scanned> scanned) {
        return scanned.size() == 1 ? scanned.getFirst().pin.path() : "these %,d files".formatted(scanned.size());
    }

    /// Puts the declared types in the place of the detected ones.
    ///
    /// @return the names of those columns
    private Set<String> declare(Map<String, String> types, List<Scanned> scanned, List<Map<String, String>> names) {
        Set<String> declared = new LinkedHashSet<>();
        boolean hasRows = scanned.stream().anyMatch(file -> !file.scan.names().isEmpty());
        format.declared().forEach((name, type) -> {
            String own = named(name, types.keySet(), names);
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

    /// The column that a declaration is of; null if no file has it.
    private static @Nullable String named(String declared, Set<String> columns, List<Map<String, String>> names) {
        for (Map<String, String> own : names) {
            for (Map.Entry<String, String> name : own.entrySet()) {
                if (name.getValue().equals(declared)) {
                    return name.getKey();
                }
            }
        }
        return columns.stream().filter(declared::equalsIgnoreCase).findFirst().orElse(null);
    }

    /// Scans files, several at a time.
    private List<Scanned> scan(List<FileVersion> listed) {
        if (listed.size() == 1) {
            return List.of(scan(listed.getFirst()));
        }
        boolean isRemote = listed.stream().anyMatch(file -> file.tag() != null);
        int most = isRemote ? REQUESTS : Runtime.getRuntime().availableProcessors();
        int threads = Math.min(listed.size(), most);
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

    /// Checks the job against the columns.
    ///
    /// @return the columns that the job's expressions read
    private Set<String> check(Connection connection, Source source, Job job, ModelDescription model) {
        Scanned first = first(source);
        Set<String> read = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        try {
            SourceColumns columns = SourceColumns.checked(
                    connection,
                    joined.checked(connection, table(first, source)),
                    job.source().select(),
                    SourceColumns.Origin.JOB_FILE);
            BoundJob bound = BoundJob.bind(columns, job, model);
            for (String expression : expressions(bound, job)) {
                read.addAll(columns.readBy("source", expression));
            }
            job.source()
                    .lookups()
                    .forEach(lookup -> read.addAll(lookup.matched().keySet()));
        } catch (FailureException e) {
            throw explained(e, source);
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("source: the columns of %s can't be read".formatted(first.pin.path()), e), e);
        }
        return read;
    }

    /// The first file with columns, after which messages call all of them.
    private static Scanned first(Source source) {
        for (int i = 0; i < source.files.size(); i++) {
            if (!source.own.get(i).isEmpty()) {
                return source.files.get(i);
            }
        }
        return source.files.getFirst();
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
            String why = null;
            for (int i = 0; i < source.files.size(); i++) {
                String own = source.own.get(i).get(name);
                if (own == null) {
                    continue;
                }
                Scanned file = source.files.get(i);
                DetectedType type = file.type(own);
                all.addAll(type);
                DetectedType.Value value = type.firstText();
                if (why == null && value != null) {
                    why = "line %d of %s has \"%s\"".formatted(value.line(), file.pin.path(), value.text());
                }
            }
            String other = all.typeWithoutTexts();
            DetectedType.Value rounded = all.roundedByDouble();
            String start = message.strip().replaceFirst("\\.$", "");
            if (other != null && why != null) {
                return FailureException.permanent(
                        "%s. Column \"%s\" is VARCHAR, because %s; its other values are %s. Write %s.columns: {%s: %s} to have such records quarantined"
                                .formatted(start, name, why, other, format.key(), name, other));
            }
            if (rounded != null) {
                return FailureException.permanent(
                        "%s. Column \"%s\" is VARCHAR, because it has fractions and also whole numbers such as %s, which DOUBLE would round. Write %s.columns: {%s: DOUBLE} if they may be rounded"
                                .formatted(start, name, rounded.text(), format.key(), name));
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

    private List<Column> columns(Source source) {
        List<Column> columns = new ArrayList<>();
        source.types.forEach((name, type) ->
                columns.add(new Column(name, type, true, !source.declared.contains(name), given(name, source))));
        return columns;
    }

    /// The key of a column in JSON objects, if it differs from the name.
    private @Nullable String given(String name, Source source) {
        if (format.dialect() == null) {
            for (Map<String, String> own : source.own) {
                String key = own.get(name);
                if (key != null) {
                    return key.equals(name) ? null : key;
                }
            }
        }
        return null;
    }

    private SourceTable table(Scanned file, Source source) {
        TextSpec spec = new TextSpec(format.encoding(), format.dialect(), columns(source), List.of());
        Map<String, String> rounding = new LinkedHashMap<>();
        source.detected().forEach(name -> {
            String type = Objects.requireNonNull(source.types.get(name));
            if (type.contains("DOUBLE") || type.startsWith("TIMESTAMP")) {
                rounding.put(
                        name,
                        "the type detected of \"%s\" is %s, by which different values can become equal. Write %s.columns: {%s: VARCHAR} to keep the IDs as they are written%s"
                                .formatted(
                                        name,
                                        type,
                                        format.key(),
                                        name,
                                        type.equals("DOUBLE") ? ", or BIGINT if all of them are whole numbers" : ""));
            }
        });
        return new SourceTable(TextSql.from(spec, format), TextSql.OWN_COLUMNS, file.pin.path(), Set.of(), rounding);
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
        return new SourceState(whole.size(), rows, SourcePins.digest(whole), SourceFiles.volumes(paths, format.kind()));
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        Source source = look();
        Scanned first = first(source);
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
    /// any file.
    ///
    /// @param select computed columns: name to expression
    /// @throws FailureException if a path names nothing, or a file is broken
    public SourceColumns wholeRecords(Connection connection, Map<String, String> select) throws SQLException {
        TextTableFunction.register(duckDb.get());
        Source source = look();
        List<Column> columns = columns(source);
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < source.files.size(); i++) {
            Scanned file = source.files.get(i);
            InspectedFile whole = inspected(file, source.types, source.detected(), source.own.get(i));
            pieces.add(piece(new Slice(whole.file(), 0, file.scan.rows()), columns, file.scan.names()));
        }
        TextSpec spec = new TextSpec(format.encoding(), format.dialect(), columns, pieces);
        String from = "(SELECT %s FROM %s WHERE %s IS NULL)"
                .formatted(TextSql.OWN_COLUMNS, TextSql.from(spec, format), TextTableFunction.Extra.FAULT.column());
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
    ///
    /// @param headers the names in each file, if it is CSV
    private record Group(List<Column> columns, List<Slice> slices, List<List<String>> headers) {}

    private List<Group> group(List<Slice> slices) {
        Map<List<Column>, Group> groups = new LinkedHashMap<>();
        for (Slice slice : slices) {
            TextSchema schema = TextSchema.of(slice.file());
            List<String> header = header(slice.file());
            Group group = groups.computeIfAbsent(
                    columns(schema, header), columns -> new Group(columns, new ArrayList<>(), new ArrayList<>()));
            group.slices.add(slice);
            group.headers.add(header);
        }
        return List.copyOf(groups.values());
    }

    /// The file's own names of its columns, in its order; empty if they are keys of JSON objects.
    private List<String> header(SourceFile file) {
        if (format.dialect() == null) {
            return List.of();
        }
        return !format.hasHeader() && !format.declared().isEmpty()
                ? List.copyOf(format.declared().keySet())
                : TextScanner.header(files.localPath(file), file.path(), format);
    }

    /// The columns of a file, in its order, and those that only other files have and the job reads.
    private List<Column> columns(TextSchema schema, List<String> header) {
        Map<String, String> names = names(schema);
        Set<String> all = new LinkedHashSet<>();
        header.forEach(own -> all.add(names.getOrDefault(own, own)));
        all.addAll(schema.types().keySet());
        return all.stream()
                .map(name -> new Column(
                        name,
                        schema.types().getOrDefault(name, "VARCHAR"),
                        schema.types().containsKey(name),
                        schema.detected().contains(name),
                        format.dialect() == null ? schema.renamed().get(name) : null))
                .toList();
    }

    /// The names of columns in the source, by the file's own names, where they are others.
    private static Map<String, String> names(TextSchema schema) {
        Map<String, String> names = new HashMap<>();
        schema.renamed().forEach((name, own) -> names.put(own, name));
        return names;
    }

    private TextSpec spec(Group group) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < group.slices.size(); i++) {
            pieces.add(piece(group.slices.get(i), group.columns, group.headers.get(i)));
        }
        return new TextSpec(format.encoding(), format.dialect(), group.columns, pieces);
    }

    /// @param header the file's own names of its columns; empty if they are keys of JSON objects
    private static List<Integer> order(TextSchema schema, List<Column> columns, List<String> header) {
        if (header.isEmpty()) {
            return List.of();
        }
        Map<String, String> names = names(schema);
        List<String> own =
                header.stream().map(name -> names.getOrDefault(name, name)).toList();
        List<Integer> order =
                columns.stream().map(column -> own.indexOf(column.name())).toList();
        boolean isOwn = order.size() == header.size()
                && IntStream.range(0, order.size()).allMatch(i -> order.get(i) == i);
        return isOwn ? List.of() : order;
    }

    private Piece piece(Slice slice, List<Column> columns, List<String> header) {
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
                header.size(),
                order(schema, columns, header));
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        TextTableFunction.register(duckDb.get());
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
        TextTableFunction.register(duckDb.get());
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
