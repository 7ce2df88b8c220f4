package io.nightshift.source.sql;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
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
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads a table or a query of a database. A piece is a range of its key or its pages; see [SqlPlan] for how
/// it is cut, [SqlReading] for how it is read, and `docs/decisions/0022-database-sources.md` for what is
/// promised and why.
public final class SqlReader implements SourceReader {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String OWN_COLUMNS = "* EXCLUDE (%s, %s)".formatted(SqlScan.ROW, SqlScan.FILE);
    private static final long BYTES_OF_A_VALUE = 8;

    private final Supplier<DuckDb> duckDb;
    private final DatabaseInput input;
    private final DataSources dataSources;
    private final ReadConnections connections;
    private final HeldSnapshots snapshots;
    private final JoinedColumns joined;
    private final SqlDialect dialect;
    /// The slices that a thread holds with this reader. A thread may use several readers, so this is no static
    /// field.
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<@Nullable SqlReading> held = new ThreadLocal<>();

    /// @param duckDb opened when first needed
    /// @param input what to read
    /// @param dataSources that jobs may name
    /// @param connections of this node to those
    /// @param snapshots that this node keeps
    /// @param joined what lookups add to the columns of the table or query
    public SqlReader(
            Supplier<DuckDb> duckDb,
            DatabaseInput input,
            DataSources dataSources,
            ReadConnections connections,
            HeldSnapshots snapshots,
            JoinedColumns joined) {
        this.duckDb = duckDb;
        this.input = input;
        this.dataSources = dataSources;
        this.connections = connections;
        this.snapshots = snapshots;
        this.joined = joined;
        this.dialect = SqlDialect.of(input.engine());
    }

    private DataSourceSettings settings() {
        DataSourceSettings settings;
        try {
            settings = dataSources.get(input.dataSource());
        } catch (FailureException e) {
            throw FailureException.permanent("%s.data-source: %s".formatted(dialect.key(), e.getMessage()));
        }
        if (!settings.url().startsWith(dialect.url())) {
            throw FailureException.permanent("%s.data-source: %s is no %s database"
                    .formatted(dialect.key(), settings, input.engine().text()));
        }
        statement();
        return settings;
    }

    /// The input as it becomes part of statements.
    private DatabaseInput statement() {
        String query = input.query();
        String where = input.where();
        return new DatabaseInput(
                input.engine(),
                input.dataSource(),
                input.table(),
                query == null ? null : SingleStatement.of(dialect.key() + ".query", query),
                input.key(),
                where == null ? null : SingleStatement.of(dialect.key() + ".where", where));
    }

    private String doing() {
        return "source: " + input;
    }

    /// Works in a transaction of its own, which ends then.
    private <T> T inTransaction(java.util.function.Function<SqlSession, T> work) {
        DataSourceSettings settings = settings();
        try (Connection connection = ReadConnections.open(settings, PATIENCE)) {
            SqlSession session = new SqlSession(connection, settings, doing());
            dialect.begin(session);
            return work.apply(session);
        } catch (SQLException e) {
            throw SqlSession.failed(e, settings, doing());
        }
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        return inTransaction(session -> files(session, job, model, false));
    }

    @Override
    public List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        DataSourceSettings settings = settings();
        Connection connection = ReadConnections.open(settings, PATIENCE);
        boolean isKept = false;
        try {
            SqlSession session = new SqlSession(connection, settings, doing());
            dialect.begin(session);
            List<InspectedFile> files = files(session, job, model, true);
            if (SqlPiece.of(files.getFirst().file()).snapshot() != null) {
                snapshots.keep(batch, connection);
                isKept = true;
            }
            return files;
        } finally {
            if (!isKept) {
                close(connection);
            }
        }
    }

    /// A connection to the node's DuckDB, which knows the function that reads rows.
    private Connection duckDb() throws SQLException {
        DuckDb instance = duckDb.get();
        SqlScan.register(instance);
        return instance.connect();
    }

    static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException _) {
            // It is closed either way.
        }
    }

    /// @param exports whether other connections shall share the session's snapshot
    private List<InspectedFile> files(SqlSession session, Job job, ModelDescription model, boolean exports) {
        SqlTable table = dialect.table(session, statement());
        check(session, table.columns(), job, model);
        List<SqlPiece> pieces = new SqlPlan(dialect, session, statement())
                .pieces(table, job.partitions().rows());
        long rows = pieces.stream().mapToLong(SqlPiece::rows).sum();
        if (rows == 0 && job.source().failsIfEmpty()) {
            throw session.missing("there is not a single row in it, and the job says source.on-empty: fail");
        }
        SqlPiece.Snapshot snapshot = exports ? dialect.export(session) : null;
        List<InspectedFile> files = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            files.add(inspected(table, pieces.get(i), i, rows, snapshot));
        }
        return files;
    }

    private InspectedFile inspected(
            SqlTable table, SqlPiece piece, int number, long rows, SqlPiece.@Nullable Snapshot snapshot) {
        String path = "%s://%s/%s/cut-%d, %s"
                .formatted(
                        dialect.key().substring("source.".length()),
                        input.dataSource(),
                        table.name(),
                        number,
                        piece.range());
        long bytes = table.size() > 0 && rows > 0
                ? (long) ((double) table.size() * piece.rows() / rows)
                : piece.rows() * BYTES_OF_A_VALUE * table.columns().size();
        String definition =
                "%s\n%s\n%s\n%s".formatted(input.engine(), input.dataSource(), input.query(), input.where());
        SourceFile file = new SourceFile(
                path,
                bytes,
                Instant.EPOCH,
                piece.rows(),
                piece.tag(definition),
                piece.in(snapshot).json());
        return new InspectedFile(file, piece.rows() == 0 ? List.of() : List.of(piece.rows()));
    }

    @Override
    public List<String> details(List<InspectedFile> files) {
        SqlPiece piece = SqlPiece.of(files.getFirst().file());
        String name = files.getFirst()
                .file()
                .path()
                .replaceFirst("^[a-z]+://[^/]*/", "")
                .replaceFirst("/cut-.*$", "");
        String cut = piece.pages()
                ? "%,d ranges of pages".formatted(files.size())
                : piece.key() == null ? "one piece" : "%,d ranges of %s".formatted(files.size(), piece.key());
        String state = input.engine() == DatabaseInput.Engine.POSTGRESQL
                ? "one snapshot for the whole batch"
                : "each compared with the plan when it is read";
        List<String> lines = new ArrayList<>();
        lines.add("source      %s in data source %s: %s, %s"
                .formatted(input.table() == null ? name : "table " + name, input.dataSource(), cut, state));
        lines.add("pushed down the columns that the job uses%s"
                .formatted(
                        input.where() == null ? "" : "; where " + input.where().strip()));
        return lines;
    }

    private BoundJob check(SqlSession session, List<SqlColumn> columns, Job job, ModelDescription model) {
        refuseNames(session, columns);
        refuseUnreadable(session, columns, job, model);
        SqlReading.Unread unread = new SqlReading.Unread(columns);
        long number = SqlScan.put(unread);
        try (Connection connection = duckDb()) {
            return BoundJob.bind(
                    SourceColumns.checked(
                            connection,
                            joined.checked(connection, table(number, unread.columns())),
                            job.source().select(),
                            SourceColumns.Origin.JOB_FILE),
                    job,
                    model);
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure(doing(), e), e);
        } finally {
            SqlScan.remove(number);
        }
    }

    /// DuckDB does not tell upper from lower case in names.
    private static void refuseNames(SqlSession session, List<SqlColumn> columns) {
        Set<String> names = new HashSet<>(Set.of(SqlScan.ROW, SqlScan.FILE));
        for (SqlColumn column : columns) {
            if (column.name().isEmpty() || !names.add(column.name().toLowerCase(Locale.ROOT))) {
                throw session.refused(
                        "the column \"%s\" has no name, a name that is needed to tell rows apart, or one that differs from another only in upper and lower case; rename it in a query"
                                .formatted(column.name()));
            }
        }
    }

    /// A column that can't be read is refused only if the job names it.
    private void refuseUnreadable(SqlSession session, List<SqlColumn> columns, Job job, ModelDescription model) {
        for (SqlColumn column : columns) {
            if (column.carrier() == null && names(job, model, column.name())) {
                String advice = column.engineType().startsWith("array")
                        ? "write source.postgres.query with array_to_string(%1$s, ','), to_json(%1$s)::text, or an element such as %1$s[1]"
                        : "write %2$s.query with ST_AsText(%1$s), or with a number computed from it";
                throw session.refused("the column %s is %s, which can't be read; %s"
                        .formatted(
                                column.name(),
                                column.engineType().startsWith("array")
                                        ? "an " + column.engineType()
                                        : column.engineType(),
                                advice.formatted(column.name(), dialect.key())));
            }
        }
    }

    private static boolean names(Job job, ModelDescription model, String column) {
        Pattern name = Pattern.compile(
                "(?<![\\p{L}\\p{N}_])" + Pattern.quote(column) + "(?![\\p{L}\\p{N}_])", Pattern.CASE_INSENSITIVE);
        Job.Source source = job.source();
        Stream<@Nullable String> texts = Stream.of(
                        Stream.of(
                                source.id(),
                                source.where(),
                                job.partitions().key() == null
                                        ? null
                                        : job.partitions().key().by()),
                        source.select().values().stream(),
                        source.lookups().stream().flatMap(lookup -> lookup.matched().keySet().stream()),
                        job.output().sources().stream(),
                        job.checkedColumns().stream(),
                        job.features().stream(),
                        job.features().isEmpty()
                                ? BoundJob.named(job, model).features().stream().map(feature -> feature.name())
                                : Stream.<@Nullable String>of())
                .flatMap(each -> each);
        return texts.filter(Objects::nonNull)
                .filter(text -> !source.select().containsKey(text))
                .anyMatch(text -> name.matcher(text).find());
    }

    /// Opens the first rows, for a person who writes a job.
    ///
    /// @param duckDbConnection to the node's DuckDB
    /// @param most rows that are read
    /// @throws FailureException if the table isn't there, or may not be read
    public SqlSample sample(Connection duckDbConnection, int most) throws SQLException {
        SqlScan.register(duckDb.get());
        DataSourceSettings settings = settings();
        Connection connection = ReadConnections.open(settings, PATIENCE);
        long number = -1;
        boolean isOpen = false;
        try {
            SqlSession session = new SqlSession(connection, settings, doing());
            dialect.begin(session);
            SqlTable table = dialect.table(session, statement());
            refuseNames(session, table.columns());
            SqlSample.Rows rows = new SqlSample.Rows(dialect, session, table.from(), table.columns(), most);
            number = SqlScan.put(rows);
            SourceColumns columns = SourceColumns.checked(
                    duckDbConnection, table(number, rows.columns()), Map.of(), SourceColumns.Origin.COMMAND_LINE);
            long count = session.rowsOf(row -> row.getLong(1), "SELECT count(*) FROM " + table.from())
                    .getFirst();
            isOpen = true;
            return new SqlSample(rows, number, count, columns);
        } finally {
            if (!isOpen) {
                SqlScan.remove(number);
                close(connection);
            }
        }
    }

    private SourceTable table(long number, List<SqlColumn> columns) {
        String selected = columns.stream().map(SqlColumn::inDuckDb).collect(Collectors.joining(", "));
        return new SourceTable(
                "(SELECT %s, %s, %s FROM nightshift_rows(%d))".formatted(SqlScan.ROW, SqlScan.FILE, selected, number),
                OWN_COLUMNS,
                input.toString(),
                Set.of(),
                rounding(columns));
    }

    /// Decimals that are too large for DuckDB's are read as DOUBLE.
    private Map<String, String> rounding(List<SqlColumn> columns) {
        Map<String, String> rounding = new LinkedHashMap<>();
        for (SqlColumn column : columns) {
            if (column.isRounded()) {
                rounding.put(
                        column.name(),
                        "\"%s\" is %s of no precision or of more than 38 digits, which is read as DOUBLE, so different IDs can become equal. Convert it to a text in %s.query, or give the column a precision of at most 38 digits"
                                .formatted(column.name(), column.engineType().toLowerCase(Locale.ROOT), dialect.key()));
            }
        }
        return rounding;
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        return inTransaction(
                session -> check(session, dialect.table(session, statement()).columns(), job, model));
    }

    /// Counts the rows, and adds up their checksums: a pass over all of them.
    @Override
    public SourceState state(Job.Source source, RowCounts counts) {
        return inTransaction(session -> {
            SqlTable table = dialect.table(session, statement());
            List<SqlPiece> pieces = new SqlPlan(dialect, session, statement()).pieces(table, Integer.MAX_VALUE);
            long rows = pieces.stream().mapToLong(SqlPiece::rows).sum();
            String tags = pieces.stream().map(piece -> piece.tag(table.name())).collect(Collectors.joining("\n"));
            return new SourceState(1, rows, SqlPiece.digest(tags, 64), List.of());
        });
    }

    /// The data source is checked by its name when rows are read.
    @Override
    public void requireReadable(List<Slice> slices) {
        settings();
    }

    @Override
    public HeldSlices hold(List<Slice> slices) {
        return hold(slices, FetchControl.NONE);
    }

    @Override
    public HeldSlices hold(List<Slice> slices, FetchControl control) {
        try {
            SqlScan.register(duckDb.get());
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure(doing(), e), e);
        }
        SqlReading reading = SqlReading.begin(dialect, statement(), settings(), connections, slices, control);
        held.set(reading);
        return reading;
    }

    private SqlReading reading() {
        return Objects.requireNonNull(held.get(), "the slices are not held");
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        SqlReading reading = reading();
        SourceColumns columns = SourceColumns.planned(
                connection,
                joined.added(table(reading.number(), reading.columns())),
                job.source().select());
        BoundJob bound = BoundJob.bind(columns, job, model);
        return List.of(new BoundSlices(bound, relation(reading, slices)).of(Slice.cut(slices)));
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) {
        return List.of(relation(reading(), slices).of(Slice.cut(slices)));
    }

    /// The name of a single piece is a constant, which costs nothing for each row.
    private SourceRelation relation(SqlReading reading, List<Slice> slices) {
        List<String> paths =
                slices.stream().map(slice -> slice.file().path()).distinct().toList();
        return new SourceRelation(
                table(reading.number(), reading.columns()).from(),
                paths.size() == 1 ? Sql.text(paths.getFirst()) : SqlScan.FILE,
                SqlScan.ROW,
                "");
    }

    @Override
    public PinComparison pins() {
        return new PinComparison() {
            @Override
            public List<String> differences(SourceFile pinned) {
                SqlPiece piece = SqlPiece.of(pinned);
                try {
                    return inTransaction(session -> {
                        List<String> differences = SqlReading.differences(dialect, session, statement(), piece);
                        return differences.isEmpty() || isThere(session, piece) ? differences : SourcePins.GONE;
                    });
                } catch (FailureException e) {
                    FailedResource resource = e.failure().resource();
                    if (resource != null || !e.failure().isPermanent()) {
                        throw e;
                    }
                    return List.of(e.getMessage());
                }
            }

            @Override
            public List<String> quickDifferences(SourceFile pinned) {
                return List.of();
            }

            @Override
            public boolean isDoneByReaders() {
                return true;
            }
        };
    }

    private boolean isThere(SqlSession session, SqlPiece piece) {
        return piece.rows() == 0
                || session.rowsOf(row -> row.getLong(1), dialect.check(statement(), piece, "0"))
                                .getFirst()
                        > 0;
    }
}
