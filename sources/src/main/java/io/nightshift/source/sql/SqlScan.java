package io.nightshift.source.sql;

import io.nightshift.source.sql.SqlColumn.Carrier;
import io.nightshift.storage.duckdb.DuckDb;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;
import org.jspecify.annotations.Nullable;

/// The SQL function `nightshift_rows(number)`: the rows of a database as a table of DuckDB's, of which only
/// the columns that a query uses are read. The number stands for a [Rows] of this process; it can't be
/// guessed.
///
/// Its first column is the position of the row in its piece, which costs the database nothing, so that is
/// what DuckDB asks for when it only counts rows. With several pieces, the second is the piece's name.
final class SqlScan implements DuckDBTableFunction<SqlScan.Rows, SqlScan.Projection, Object> {

    static final String ROW = "nightshift_row";
    static final String FILE = "nightshift_file";

    /// The columns before those of the table.
    static final int OWN = 2;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Map<Long, Rows> ROWS = new ConcurrentHashMap<>();
    private static final Map<DuckDb, Boolean> REGISTERED = new WeakHashMap<>();

    private SqlScan() {}

    /// Registers the function with an instance of DuckDB, unless that was done before.
    static synchronized void register(DuckDb duckDb) throws SQLException {
        if (REGISTERED.containsKey(duckDb)) {
            return;
        }
        try (Connection connection = duckDb.connect()) {
            register(connection);
        }
        REGISTERED.put(duckDb, true);
    }

    private static void register(Connection connection) throws SQLException {
        DuckDBFunctions.tableFunction()
                .withName("nightshift_rows")
                .withParameter(DuckDBColumnType.BIGINT)
                .withProjectionPushdown()
                .withFunction(new SqlScan())
                .register(connection);
    }

    /// Rows that queries may read, by the thread that has opened them.
    interface Rows {

        List<SqlColumn> columns();

        /// Begins to read.
        ///
        /// @param columns positions among [#columns]
        Reading read(int[] columns);
    }

    /// One pass over the rows.
    interface Reading {

        /// The next rows of one piece.
        ///
        /// @param vectors one for each column that is read
        /// @return how many; 0 at the end
        int next(ColumnVector[] vectors, int most);

        /// The position of the block's first row in its piece.
        long firstRow();

        /// The name of the block's piece, in UTF-8.
        byte[] file();
    }

    /// The columns that a query reads.
    static final class Projection {
        private final Rows rows;
        /// For each of the query's columns its place among those that are read; -1: the position, -2: the
        /// piece's name.
        private final int[] places;
        private final int[] columns;
        private @Nullable Reading reading;

        private Projection(Rows rows, int[] places, int[] columns) {
            this.rows = rows;
            this.places = places;
            this.columns = columns;
        }
    }

    static long put(Rows rows) {
        long number;
        do {
            number = RANDOM.nextLong() & Long.MAX_VALUE;
        } while (ROWS.putIfAbsent(number, rows) != null);
        return number;
    }

    static void remove(long number) {
        ROWS.remove(number);
    }

    @Override
    public Rows bind(DuckDBTableFunctionBindInfo info) throws SQLException {
        Rows rows = ROWS.get(info.getParameter(0).getLong());
        if (rows == null) {
            throw new IllegalStateException("these rows are not open");
        }
        info.addResultColumn(ROW, DuckDBColumnType.BIGINT);
        info.addResultColumn(FILE, DuckDBColumnType.VARCHAR);
        for (SqlColumn column : rows.columns()) {
            Carrier carrier = Objects.requireNonNull(column.carrier());
            if (carrier == Carrier.DECIMAL) {
                try (DuckDBLogicalType type = DuckDBLogicalType.decimal(column.precision(), column.scale())) {
                    info.addResultColumn(column.name(), type);
                }
            } else {
                info.addResultColumn(column.name(), carrier.type);
            }
        }
        return rows;
    }

    @Override
    public Projection init(DuckDBTableFunctionInitInfo info) {
        info.setMaxThreads(1);
        Rows rows = info.getBindData();
        int[] places = new int[Math.toIntExact(info.getColumnCount())];
        List<Integer> read = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            int index = Math.toIntExact(info.getColumnIndex(i));
            places[i] = index < OWN ? -1 - index : read.size();
            if (index >= OWN) {
                read.add(index - OWN);
            }
        }
        return new Projection(
                rows, places, read.stream().mapToInt(Integer::intValue).toArray());
    }

    @Override
    public long apply(DuckDBTableFunctionCallInfo call, DuckDBDataChunkWriter out) {
        Projection projection = call.getInitData();
        Reading reading = projection.reading;
        if (reading == null) {
            reading = projection.rows.read(projection.columns);
            projection.reading = reading;
        }
        int most = Math.toIntExact(out.capacity());
        List<SqlColumn> columns = projection.rows.columns();
        ColumnVector[] vectors = new ColumnVector[projection.columns.length];
        for (int i = 0; i < projection.places.length; i++) {
            int place = projection.places[i];
            if (place >= 0) {
                SqlColumn column = columns.get(projection.columns[place]);
                vectors[place] = new ColumnVector(
                        Objects.requireNonNull(column.carrier()), column.precision(), out.vector(i), most);
            }
        }
        int count = reading.next(vectors, most);
        for (ColumnVector vector : vectors) {
            vector.end(count);
        }
        for (int i = 0; i < projection.places.length; i++) {
            switch (projection.places[i]) {
                case -1 -> {
                    ColumnVector positions = new ColumnVector(Carrier.LONG, 0, out.vector(i), most);
                    for (int row = 0; row < count; row++) {
                        positions.putLong(row, reading.firstRow() + row);
                    }
                }
                case -2 -> {
                    ColumnVector files = new ColumnVector(Carrier.TEXT, 0, out.vector(i), most);
                    for (int row = 0; row < count; row++) {
                        files.putText(row, reading.file());
                    }
                    files.end(count);
                }
                default -> {}
            }
        }
        return count;
    }
}
