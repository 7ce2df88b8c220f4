package io.nightshift.source.sql;

import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.source.sql.SqlColumn.Carrier;
import io.nightshift.source.sql.SqlPiece.Snapshot;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DriverPlugin;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// MariaDB 10.2 and later, and MySQL 8.
///
/// No connection can share another one's snapshot there, so what a plan has counted is compared again in each
/// transaction that reads, by the content of the rows.
final class MariadbDialect implements SqlDialect {

    private static final int SAMPLED = 100;
    private static final int LEAST_SAMPLE = 30_000;
    private static final double WHOLE = 0.5;
    private static final int MOST_DIGITS = 38;
    private static final String TRANSACTIONAL = "InnoDB";

    /// Carriers whose values are written as numbers in a statement.
    private static final Set<Carrier> NUMBERS = Set.of(
            Carrier.BYTE,
            Carrier.SHORT,
            Carrier.INT,
            Carrier.LONG,
            Carrier.UNSIGNED_BYTE,
            Carrier.UNSIGNED_SHORT,
            Carrier.UNSIGNED_INT,
            Carrier.UNSIGNED_LONG,
            Carrier.DECIMAL,
            Carrier.DOUBLE,
            Carrier.FLOAT);

    /// The type of keys that are numbers, in a plan.
    private static final String NUMBER = "number";
    private static final String BYTES = "bytes";
    private static final String TEXT = "text";

    @Override
    public String key() {
        return "source.mariadb";
    }

    @Override
    public String url() {
        return DataSourceSettings.MARIADB;
    }

    @Override
    public void begin(SqlSession session) {
        session.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    }

    @Override
    public boolean share(SqlSession session, Snapshot snapshot) {
        return false;
    }

    @Override
    public @Nullable Snapshot export(SqlSession session) {
        return null;
    }

    /// @param schema of the table
    /// @param isTable false for a view
    private record Found(
            String schema,
            String name,
            boolean isTable,
            @Nullable String engine,
            long rows,
            long bytes) {}

    @Override
    public SqlTable table(SqlSession session, DatabaseInput input) {
        String named = input.table();
        Found found = named == null ? null : find(session, named);
        String table = found == null ? null : name(found.schema()) + "." + name(found.name());
        String from = from(input, table);
        List<SqlColumn> columns = columns(session, from);
        String key = PostgresDialect.key(session, columns, input.key());
        if (found != null && found.isTable() && key == null) {
            key = primaryKey(session, found).stream().findFirst().orElse(null);
        }
        boolean isTable = found != null && found.isTable();
        return new SqlTable(
                found == null
                        ? "query-" + SqlPiece.digest(String.valueOf(input.query()), 8)
                        : found.schema() + "." + found.name(),
                table,
                from,
                null,
                columns,
                key,
                key == null ? null : keyType(columns, key),
                false,
                key == null || !isTable || hasIndex(session, Objects.requireNonNull(found), key),
                order(columns, key, isTable ? primaryKey(session, Objects.requireNonNull(found)) : List.of()),
                checksum(session, columns, false),
                0,
                found != null && found.rows() > 0 && input.where() == null ? found.rows() : -1,
                found == null ? -1 : found.bytes(),
                0);
    }

    private Found find(SqlSession session, String named) {
        int dot = named.indexOf('.');
        String table = named.substring(dot + 1);
        String schema = dot < 0 ? null : named.substring(0, dot);
        Found found = session.row(
                        row -> new Found(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3).contains("TABLE"),
                                row.getString(4),
                                row.getLong(5),
                                row.getLong(6)),
                        """
                        SELECT table_schema, table_name, table_type, engine, table_rows, data_length
                        FROM information_schema.tables WHERE table_schema = coalesce(?, database()) AND table_name = ?""",
                        schema,
                        table)
                .orElse(null);
        if (found == null) {
            List<String> names = session.rows(row -> row.getString(1), """
                    SELECT CASE WHEN ? OR table_schema <> database() THEN concat(table_schema, '.', table_name) ELSE table_name END
                    FROM information_schema.tables
                    WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') LIMIT 10000""", schema != null);
            throw session.missing("there is no such table or view that %s may read; %s"
                    .formatted(session.user(), PostgresDialect.suggestion(named, names)));
        }
        if (found.isTable() && !TRANSACTIONAL.equalsIgnoreCase(found.engine())) {
            throw session.refused(
                    "its storage engine %s has no transactions, so rows could change while they are read; ALTER TABLE %s.%s ENGINE = InnoDB, or export it to a file"
                            .formatted(found.engine(), found.schema(), found.name()));
        }
        return found;
    }

    private static List<String> primaryKey(SqlSession session, Found table) {
        return session.rows(row -> row.getString(1), """
                SELECT column_name FROM information_schema.statistics
                WHERE table_schema = ? AND table_name = ? AND index_name = 'PRIMARY' ORDER BY seq_in_index""", table.schema(), table.name());
    }

    private static boolean hasIndex(SqlSession session, Found table, String column) {
        return session.row(row -> row.getLong(1) > 0, """
                        SELECT count(*) FROM information_schema.statistics
                        WHERE table_schema = ? AND table_name = ? AND column_name = ? AND seq_in_index = 1""", table.schema(), table.name(), column)
                .orElse(false);
    }

    /// Rows of the same key are told apart by the primary key, or else by all of their columns, byte by byte:
    /// rows that are equal then can't be told apart by anybody.
    private String order(List<SqlColumn> columns, @Nullable String key, List<String> primaryKey) {
        Stream<String> first = key == null ? Stream.of() : Stream.of("q." + name(key));
        Stream<String> others = primaryKey.isEmpty()
                ? columns.stream().map(column -> "CAST(q." + name(column.name()) + " AS BINARY)")
                : primaryKey.stream().filter(column -> !column.equals(key)).map(column -> "q." + name(column));
        return Stream.concat(first, others).collect(Collectors.joining(", "));
    }

    private static String keyType(List<SqlColumn> columns, String key) {
        SqlColumn column = columns.stream()
                .filter(candidate -> candidate.name().equals(key))
                .findFirst()
                .orElseThrow();
        if (column.carrier() != null && NUMBERS.contains(column.carrier())) {
            return NUMBER;
        }
        return column.conversion() != null && column.conversion().startsWith("unhex") ? BYTES : TEXT;
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
                        types.getColumnTypeName(i).toUpperCase(Locale.ROOT),
                        types.getPrecision(i),
                        types.getScale(i)));
            }
            return columns;
        } catch (SQLException e) {
            throw session.failed(e);
        }
    }

    private SqlColumn column(String name, String type, int precision, int scale) {
        String value = "q." + name(name);
        return switch (type) {
            case "TINYINT" -> SqlColumn.of(name, type, Carrier.BYTE, value);
            case "TINYINT UNSIGNED" -> SqlColumn.of(name, type, Carrier.UNSIGNED_BYTE, value);
            case "SMALLINT", "YEAR" -> SqlColumn.of(name, type, Carrier.SHORT, value);
            case "SMALLINT UNSIGNED" -> SqlColumn.of(name, type, Carrier.UNSIGNED_SHORT, value);
            case "MEDIUMINT", "MEDIUMINT UNSIGNED", "INTEGER", "INT" -> SqlColumn.of(name, type, Carrier.INT, value);
            case "INTEGER UNSIGNED", "INT UNSIGNED" -> SqlColumn.of(name, type, Carrier.UNSIGNED_INT, value);
            case "BIGINT" -> SqlColumn.of(name, type, Carrier.LONG, value);
            // The same 64 bits.
            case "BIGINT UNSIGNED" -> SqlColumn.of(name, type, Carrier.UNSIGNED_LONG, "CAST(" + value + " AS SIGNED)");
            case "FLOAT", "FLOAT UNSIGNED" -> SqlColumn.of(name, type, Carrier.FLOAT, value);
            case "DOUBLE", "DOUBLE UNSIGNED" -> SqlColumn.of(name, type, Carrier.DOUBLE, value);
            case "DECIMAL", "DECIMAL UNSIGNED" ->
                precision <= MOST_DIGITS
                        ? SqlColumn.decimal(name, type, precision, scale, value)
                        : SqlColumn.of(name, type, Carrier.DOUBLE, "CAST(" + value + " AS DOUBLE)");
            case "BIT" ->
                SqlColumn.of(
                        name,
                        type,
                        precision == 1 ? Carrier.BOOLEAN : Carrier.UNSIGNED_LONG,
                        "CAST(" + value + " AS SIGNED)");
            case "DATE" -> SqlColumn.of(name, type, Carrier.DATE, "CAST(" + value + " AS CHAR)");
            case "DATETIME" -> SqlColumn.of(name, type, Carrier.TIMESTAMP, "CAST(" + value + " AS CHAR)");
            case "TIMESTAMP" -> SqlColumn.of(name, type, Carrier.TIMESTAMP_TZ, "CAST(" + value + " AS CHAR)");
            case "UUID" -> SqlColumn.converted(name, type, "CAST(" + value + " AS CHAR)", "CAST(%s AS UUID)");
            case "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY" ->
                SqlColumn.converted(name, type, "HEX(" + value + ")", "unhex(%s)");
            case "GEOMETRY",
                    "POINT",
                    "LINESTRING",
                    "POLYGON",
                    "MULTIPOINT",
                    "MULTILINESTRING",
                    "MULTIPOLYGON",
                    "GEOMETRYCOLLECTION" -> SqlColumn.refused(name, type.toLowerCase(Locale.ROOT));
            case "TIME" -> SqlColumn.of(name, type, Carrier.TEXT, "CAST(" + value + " AS CHAR)");
            default -> SqlColumn.of(name, type, Carrier.TEXT, value);
        };
    }

    @Override
    public long storage(SqlSession session, String table) {
        return 0;
    }

    @Override
    public String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(@Nullable String type, String bound) {
        return switch (Objects.requireNonNull(type)) {
            case NUMBER -> bound;
            case BYTES -> "X'" + bound + "'";
            default -> "'" + bound.replace("'", "''") + "'";
        };
    }

    @Override
    public List<String> bounds(SqlSession session, SqlTable table, @Nullable String where, int parts, long rows) {
        String key = "q." + name(Objects.requireNonNull(table.key()));
        double share = Math.max(LEAST_SAMPLE, (double) SAMPLED * parts) / rows;
        boolean isPart = share < WHOLE;
        long step = Math.max(1, (long) ((isPart ? share * rows : rows) / parts));
        String shown = BYTES.equals(table.keyType()) ? "HEX(d.bound)" : "CAST(d.bound AS CHAR)";
        return session.rowsOf(row -> row.getString(1), """
                SELECT %s AS shown FROM (SELECT DISTINCT n.bound FROM (
                    SELECT s.bound, ROW_NUMBER() OVER (ORDER BY s.bound) AS position FROM (
                        SELECT %s AS bound FROM %s WHERE %s IS NOT NULL%s%s) AS s) AS n
                    WHERE MOD(n.position, %d) = 0) AS d ORDER BY d.bound""".formatted(
                        shown,
                        key,
                        table.from(),
                        key,
                        where == null ? "" : " AND (" + where + "\n)",
                        isPart ? String.format(Locale.ROOT, " AND RAND() < %.9f", share) : "",
                        step));
    }

    /// A binary search: MariaDB has no function for it.
    @Override
    public String bucket(SqlTable table, List<String> bounds) {
        if (table.key() == null) {
            return "0";
        }
        String key = "q." + name(table.key());
        return "CASE WHEN %s IS NULL THEN -1 ELSE %s END"
                .formatted(key, search(key, table.keyType(), bounds, 0, bounds.size()));
    }

    /// @param first the number of the first bucket between which is searched
    /// @param last of the last
    private static String search(String key, @Nullable String type, List<String> bounds, int first, int last) {
        if (first == last) {
            return String.valueOf(first);
        }
        int middle = (first + last) / 2;
        return "CASE WHEN %s < %s THEN %s ELSE %s END"
                .formatted(
                        key,
                        literal(type, bounds.get(middle)),
                        search(key, type, bounds, first, middle),
                        search(key, type, bounds, middle + 1, last));
    }

    @Override
    public String condition(SqlPiece piece) {
        if (piece.key() == null) {
            return "TRUE";
        }
        String key = "q." + name(piece.key());
        if (piece.nulls()) {
            return key + " IS NULL";
        }
        List<String> conditions = new ArrayList<>();
        if (piece.from() != null) {
            conditions.add(key + " >= " + literal(piece.keyType(), piece.from()));
        }
        if (piece.to() != null) {
            conditions.add(key + " < " + literal(piece.keyType(), piece.to()));
        }
        return conditions.isEmpty() ? key + " IS NOT NULL" : String.join(" AND ", conditions);
    }

    @Override
    public String summary(String checksum) {
        return "COUNT(*), CAST(COALESCE(SUM(" + checksum + "), 0) AS CHAR)";
    }

    /// Quotes keep neighbouring values apart, and NULL from a text. A float is written with six digits otherwise.
    @Override
    public String checksum(SqlSession session, List<SqlColumn> columns, boolean storage) {
        String values = columns.stream()
                .map(column -> column.carrier() == Carrier.FLOAT
                        ? "QUOTE(CAST(q." + name(column.name()) + " AS DOUBLE))"
                        : "QUOTE(q." + name(column.name()) + ")")
                .collect(Collectors.joining(", "));
        return "CAST(CONV(LEFT(MD5(CONCAT_WS(',', " + values + ")), 16), 16, 10) AS UNSIGNED)";
    }

    @Override
    public RowStream open(Connection connection, String select, List<SqlColumn> columns) throws SQLException {
        return new MariadbRows(connection, select, columns);
    }

    @Override
    public void cancel(Connection connection) throws SQLException {
        DriverPlugin.find().cancel(connection);
    }

    @Override
    public String nothing() {
        return "1";
    }
}
