package io.nightshift.source.sql;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.source.sql.SqlColumn.Carrier;
import io.nightshift.source.sql.SqlPiece.Snapshot;
import io.nightshift.storage.database.DataSourceSettings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// PostgreSQL 11 and later.
///
/// The pages of a table are ranged over by `ctid`, which is a scan of just those pages. The checksum of an ordinary
/// table is of the position and the version (`xmin`) of each row: every change of a row makes another
/// version, so the rows themselves need not be read. It says nothing once the table was rewritten, so the
/// file that it is kept in is pinned, too.
final class PostgresDialect implements SqlDialect {

    private static final String TABLE = "r";
    private static final String MATERIALIZED = "m";
    private static final String PARTITIONED = "p";
    private static final Set<String> READABLE = Set.of(TABLE, MATERIALIZED, PARTITIONED, "v", "f");

    /// The most that a sample is: then the rows are taken as they are.
    private static final int WHOLE = 50;
    private static final int SAMPLED = 100;
    private static final int LEAST_SAMPLE = 30_000;
    private static final int MOST_DIGITS = 38;
    private static final int CAN_HASH_ROWS = 14;

    private static final Map<String, Carrier> CARRIERS = new HashMap<>();

    static {
        CARRIERS.put("bool", Carrier.BOOLEAN);
        CARRIERS.put("int2", Carrier.SHORT);
        CARRIERS.put("smallserial", Carrier.SHORT);
        CARRIERS.put("int4", Carrier.INT);
        CARRIERS.put("serial", Carrier.INT);
        CARRIERS.put("int8", Carrier.LONG);
        CARRIERS.put("bigserial", Carrier.LONG);
        CARRIERS.put("float4", Carrier.FLOAT);
        CARRIERS.put("float8", Carrier.DOUBLE);
        CARRIERS.put("text", Carrier.TEXT);
        CARRIERS.put("varchar", Carrier.TEXT);
        CARRIERS.put("date", Carrier.DATE);
        CARRIERS.put("timestamp", Carrier.TIMESTAMP);
        CARRIERS.put("timestamptz", Carrier.TIMESTAMP_TZ);
    }

    @Override
    public String key() {
        return "source.postgres";
    }

    @Override
    public String url() {
        return DataSourceSettings.POSTGRESQL;
    }

    @Override
    public void begin(SqlSession session) {
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

    /// An ID may come again after the server has restarted, or after a crash of one of its processes. The snapshot
    /// that has it then sees something else.
    @Override
    public boolean share(SqlSession session, Snapshot snapshot) {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute("SET TRANSACTION SNAPSHOT " + text(snapshot.id()));
            if (snapshot.equals(snapshot(session, snapshot.id(), major(session)))) {
                return true;
            }
        } catch (SQLException e) {
            String state = e.getSQLState();
            if (state == null || state.startsWith("08") || state.startsWith("57")) {
                throw session.failed(e);
            }
        }
        session.run("ROLLBACK");
        begin(session);
        return false;
    }

    @Override
    public Snapshot export(SqlSession session) {
        String id = session.row(row -> row.getString(1), "SELECT pg_export_snapshot()")
                .orElseThrow();
        return snapshot(session, id, major(session));
    }

    private static Snapshot snapshot(SqlSession session, String id, int major) {
        String view = major >= 13 ? "pg_current_snapshot()" : "txid_current_snapshot()";
        return session.row(
                        row -> new Snapshot(id, row.getString(1), row.getString(2)),
                        "SELECT %s::text, pg_postmaster_start_time()::text".formatted(view))
                .orElseThrow();
    }

    private static int major(SqlSession session) {
        try {
            return session.connection().getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw session.failed(e);
        }
    }

    /// A table or view of the catalogue.
    private record Found(
            long id,
            String schema,
            String name,
            String kind,
            boolean hasChildren,
            long rows,
            long bytes,
            long size,
            boolean isReadable,
            boolean isSchemaUsable) {}

    private static final String FIND = """
            SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relhassubclass, c.reltuples::bigint,
                CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN pg_relation_size(c.oid) ELSE 0 END,
                CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN pg_table_size(c.oid) ELSE 0 END,
                has_table_privilege(c.oid, 'SELECT'), has_schema_privilege(n.oid, 'USAGE')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm', 'p', 'v', 'f') AND %s
            """;

    private static Found found(ResultSet row) throws SQLException {
        return new Found(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getBoolean(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getBoolean(9),
                row.getBoolean(10));
    }

    @Override
    public SqlTable table(SqlSession session, DatabaseInput input) {
        String named = input.table();
        if (named == null) {
            String from = from(input, null);
            List<SqlColumn> columns = columns(session, from);
            String key = key(session, columns, input.key());
            return new SqlTable(
                    "query-" + SqlPiece.digest(String.valueOf(input.query()), 8),
                    null,
                    from,
                    null,
                    columns,
                    key,
                    key == null ? null : keyType(session, from, key),
                    false,
                    true,
                    order(key, "q::text COLLATE \"C\"", false),
                    checksum(session, columns, false),
                    0,
                    -1,
                    -1,
                    0);
        }
        Found found = find(session, named);
        String table = name(found.schema()) + "." + name(found.name());
        String from = from(input, table);
        List<SqlColumn> columns = columns(session, from);
        boolean isOrdinary = !found.hasChildren()
                && (found.kind().equals(TABLE) || found.kind().equals(MATERIALIZED));
        String given = input.key();
        String key = key(session, columns, given == null && !isOrdinary ? primaryKey(session, found.id()) : given);
        Index index = key == null ? new Index(true, false) : index(session, found.id(), key);
        String position = isOrdinary
                ? "q.ctid"
                : found.kind().equals(PARTITIONED) || found.hasChildren()
                        ? "q.tableoid, q.ctid"
                        : "q::text COLLATE \"C\"";
        return new SqlTable(
                found.schema() + "." + found.name(),
                table,
                from,
                READABLE.contains(found.kind())
                                && !found.kind().equals("v")
                                && !found.kind().equals("f")
                        ? table + " AS q TABLESAMPLE BERNOULLI (%s)"
                        : null,
                columns,
                key,
                key == null ? null : keyType(session, from, key),
                key == null && isOrdinary,
                index.isThere() || found.kind().equals("v") || found.kind().equals("f"),
                order(key, position, index.isUnique()),
                checksum(session, columns, isOrdinary),
                isOrdinary ? storage(session, table) : 0,
                input.where() == null && found.rows() > 0 ? found.rows() : -1,
                found.size(),
                isOrdinary ? found.bytes() / blockSize(session) : 0);
    }

    private static long blockSize(SqlSession session) {
        return session.row(row -> row.getLong(1), "SELECT current_setting('block_size')::bigint")
                .orElseThrow();
    }

    private String order(@Nullable String key, String position, boolean isUnique) {
        return key == null ? position : "q." + name(key) + (isUnique ? "" : ", " + position);
    }

    private Found find(SqlSession session, String named) {
        int dot = named.indexOf('.');
        String table = named.substring(dot + 1);
        Optional<Found> found = dot < 0
                ? session.row(
                        PostgresDialect::found, FIND.formatted("c.relname = ? AND pg_table_is_visible(c.oid)"), table)
                : session.row(
                        PostgresDialect::found,
                        FIND.formatted("c.relname = ? AND n.nspname = ?"),
                        table,
                        named.substring(0, dot));
        if (found.isEmpty()) {
            throw session.missing("there is no such table or view; " + suggestion(session, named));
        }
        Found there = found.get();
        if (!there.isSchemaUsable()) {
            throw session.refused("%s may not use the schema; GRANT USAGE ON SCHEMA %s"
                    .formatted(session.user(), name(there.schema())));
        }
        if (!there.isReadable()) {
            throw session.refused("%s may not read it; GRANT SELECT ON %s.%s"
                    .formatted(session.user(), name(there.schema()), name(there.name())));
        }
        return there;
    }

    private static String suggestion(SqlSession session, String named) {
        List<String> names = session.rows(row -> row.getString(1), """
                SELECT CASE WHEN pg_table_is_visible(c.oid) AND NOT ?::boolean THEN c.relname
                    ELSE n.nspname || '.' || c.relname END
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'm', 'p', 'v', 'f') AND n.nspname <> 'information_schema'
                AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1 LIMIT 10000
                """, named.indexOf('.') >= 0);
        return suggestion(named, names);
    }

    /// Which table may have been meant.
    static String suggestion(String named, List<String> names) {
        String near = NameSuggestion.closest(named, names);
        if (near != null) {
            return "did you mean " + near + "?";
        }
        return names.isEmpty()
                ? "there is none that this user can see"
                : "there is " + names.stream().limit(20).collect(Collectors.joining(", "))
                        + (names.size() > 20 ? ", and %,d more".formatted(names.size() - 20) : "");
    }

    /// The column that a job names, or null if it names none.
    static @Nullable String key(SqlSession session, List<SqlColumn> columns, @Nullable String named) {
        if (named == null) {
            return null;
        }
        List<String> names = columns.stream().map(SqlColumn::name).toList();
        if (!names.contains(named)) {
            throw session.refused("it has no column %s to be the key; %s".formatted(named, suggestion(named, names)));
        }
        return named;
    }

    private static @Nullable String primaryKey(SqlSession session, long table) {
        return session.row(row -> row.getString(1), """
                SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = ?::bigint::oid AND i.indisprimary
                """, table).orElse(null);
    }

    /// @param isThere whether an index begins with the column
    /// @param isUnique whether the column's values differ and are not NULL
    private record Index(boolean isThere, boolean isUnique) {}

    private static Index index(SqlSession session, long table, String column) {
        return session.row(row -> new Index(row.getLong(1) > 0, row.getBoolean(2)), """
                SELECT count(*), coalesce(bool_or(i.indisunique AND i.indnkeyatts = 1 AND a.attnotnull), false)
                FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = ?::bigint::oid AND a.attname = ? AND i.indisvalid AND i.indpred IS NULL
                """, table, column)
                .orElseThrow();
    }

    /// The name of `character` means one character where it stands in a cast.
    private String keyType(SqlSession session, String from, String key) {
        String type = session.rowsOf(
                        row -> row.getString(1),
                        "SELECT pg_typeof((SELECT q.%s FROM %s LIMIT 0))::text".formatted(name(key), from))
                .getFirst();
        return type.equals("character") ? "bpchar" : type;
    }

    @Override
    public List<SqlColumn> columns(SqlSession session, String from) {
        try (Statement statement = session.connection().createStatement();
                ResultSet rows = statement.executeQuery("SELECT q.* FROM " + from + " LIMIT 0")) {
            ResultSetMetaData types = rows.getMetaData();
            List<SqlColumn> columns = new ArrayList<>();
            for (int i = 1; i <= types.getColumnCount(); i++) {
                columns.add(column(
                        types.getColumnLabel(i),
                        types.getColumnType(i) == Types.ARRAY,
                        types.getColumnTypeName(i),
                        types.getPrecision(i),
                        types.getScale(i)));
            }
            return columns;
        } catch (SQLException e) {
            throw session.failed(e);
        }
    }

    private SqlColumn column(String name, boolean isArray, String type, int precision, int scale) {
        String value = "q." + name(name);
        if (isArray) {
            return SqlColumn.refused(name, "array of " + type.replaceFirst("^_", ""));
        }
        Carrier carrier = CARRIERS.get(type);
        if (carrier != null) {
            return SqlColumn.of(name, type, carrier, value);
        }
        return switch (type) {
            case "numeric" ->
                precision > 0 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision
                        ? SqlColumn.decimal(name, type, precision, scale, value)
                        : SqlColumn.of(name, type, Carrier.DOUBLE, value + "::float8");
            case "money" -> SqlColumn.decimal(name, type, 21, 2, value + "::numeric(21, 2)");
            case "oid" -> SqlColumn.of(name, type, Carrier.LONG, value + "::int8");
            case "uuid" -> SqlColumn.converted(name, type, value + "::text", "CAST(%s AS UUID)");
            case "time" -> SqlColumn.converted(name, type, value + "::text", "CAST(%s AS TIME)");
            case "bytea" -> SqlColumn.converted(name, type, "encode(" + value + ", 'hex')", "unhex(%s)");
            default -> SqlColumn.of(name, type, Carrier.TEXT, value + "::text");
        };
    }

    @Override
    public long storage(SqlSession session, String table) {
        session.run("LOCK TABLE ONLY " + table + " IN ACCESS SHARE MODE");
        return session.row(row -> row.getLong(1), "SELECT pg_relation_filenode(?::regclass)", table)
                .orElseThrow();
    }

    @Override
    public String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String text(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    @Override
    public List<String> bounds(SqlSession session, SqlTable table, @Nullable String where, int parts, long rows) {
        if (table.pages()) {
            long step = Math.max(1, (table.pageCount() + parts - 1) / parts);
            List<String> pages = new ArrayList<>();
            for (long page = step; page < table.pageCount(); page += step) {
                pages.add(String.valueOf(page));
            }
            return pages;
        }
        String key = "q." + name(Objects.requireNonNull(table.key()));
        double share = Math.min(100, 100.0 * Math.max(LEAST_SAMPLE, (double) SAMPLED * parts) / rows);
        boolean isPart = share < WHOLE;
        String from = isPart && table.sampled() != null ? table.sampled().formatted(share) : table.from();
        String chance = isPart && table.sampled() == null ? " AND random() < " + share / 100 : "";
        String sql = """
                SELECT s.bound::text AS shown FROM (SELECT DISTINCT unnest(percentile_disc(
                    ARRAY(SELECT i / %1$d::float8 FROM generate_series(1, %1$d - 1) AS i))
                    WITHIN GROUP (ORDER BY %2$s)) AS bound FROM %3$s WHERE %2$s IS NOT NULL%4$s%5$s) AS s
                ORDER BY s.bound""".formatted(parts, key, from, where == null ? "" : " AND (" + where + "\n)", chance);
        try {
            return session.rowsOf(row -> row.getString(1), sql);
        } catch (FailureException e) {
            if (e.failure().message().contains("ordering operator")) {
                throw session.refused("the key %s is of the type %s, which has no order; name another column"
                        .formatted(table.key(), table.keyType()));
            }
            throw e;
        }
    }

    @Override
    public String bucket(SqlTable table, List<String> bounds) {
        if (bounds.isEmpty()) {
            return table.key() == null ? "0" : "CASE WHEN q.%s IS NULL THEN -1 ELSE 0 END".formatted(name(table.key()));
        }
        String values = bounds.stream()
                .map(bound -> text(table.pages() ? "(" + bound + ",0)" : bound))
                .collect(Collectors.joining(", "));
        if (table.pages()) {
            return "width_bucket(q.ctid, ARRAY[%s]::tid[])".formatted(values);
        }
        String key = "q." + name(Objects.requireNonNull(table.key()));
        return "CASE WHEN %1$s IS NULL THEN -1 ELSE width_bucket(%1$s, ARRAY[%2$s]::%3$s[]) END"
                .formatted(key, values, table.keyType());
    }

    @Override
    public String condition(SqlPiece piece) {
        String key = piece.pages() ? "q.ctid" : piece.key() == null ? "" : "q." + name(piece.key());
        if (piece.nulls()) {
            return key + " IS NULL";
        }
        List<String> conditions = new ArrayList<>();
        if (piece.from() != null) {
            conditions.add(key + " >= " + bound(piece, piece.from()));
        }
        if (piece.to() != null) {
            conditions.add(key + " < " + bound(piece, piece.to()));
        }
        if (conditions.isEmpty() && piece.key() != null) {
            conditions.add(key + " IS NOT NULL");
        }
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }

    private static String bound(SqlPiece piece, String bound) {
        return piece.pages() ? text("(" + bound + ",0)") + "::tid" : text(bound) + "::" + piece.keyType();
    }

    @Override
    public String summary(String checksum) {
        return "count(*), coalesce(sum(" + checksum + "), 0)::text";
    }

    @Override
    public String checksum(SqlSession session, List<SqlColumn> columns, boolean storage) {
        if (!storage) {
            return "hashtextextended(q::text, 0)";
        }
        String version = "ROW(q.ctid, q.xmin)";
        return major(session) >= CAN_HASH_ROWS
                ? "hash_record_extended(" + version + ", 0)"
                : "hashtextextended(" + version + "::text, 0)";
    }

    @Override
    public RowStream open(Connection connection, String select, List<SqlColumn> columns) throws SQLException {
        return new PostgresRows(connection, select, columns);
    }

    @Override
    public void cancel(Connection connection) throws SQLException {
        connection.unwrap(PGConnection.class).cancelQuery();
    }

    @Override
    public String nothing() {
        return "";
    }
}
