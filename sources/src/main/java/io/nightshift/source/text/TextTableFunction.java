package io.nightshift.source.text;

import io.nightshift.storage.duckdb.DuckDb;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBTableFunction;
import org.duckdb.DuckDBTableFunctionBindInfo;
import org.duckdb.DuckDBTableFunctionCallInfo;
import org.duckdb.DuckDBTableFunctionInitInfo;

/// The table function `nightshift_text(specification)` in DuckDB: the records of text files as rows, in order.
///
/// Its columns are those of the [TextSpec], and after them those of [Extra], which say where a record is and
/// what is wrong with it. A malformed record is a row too.
final class TextTableFunction implements DuckDBTableFunction<TextSpec, TextRows, Object> {

    /// The columns that say something about a record.
    enum Extra {
        /// The file's name.
        FILE("nightshift_file", DuckDBColumnType.VARCHAR),
        /// The record's number in the file, from 0.
        ROW("nightshift_row", DuckDBColumnType.BIGINT),
        /// The number of its first line in the file, from 1.
        LINE("nightshift_line", DuckDBColumnType.BIGINT),
        /// The number of bytes before it in the file, without compression.
        BYTE("nightshift_byte", DuckDBColumnType.BIGINT),
        /// Why it is malformed; NULL if it is not.
        FAULT("nightshift_fault", DuckDBColumnType.VARCHAR),
        /// The value that is wrong, if it is one; NULL otherwise.
        VALUE("nightshift_value", DuckDBColumnType.VARCHAR),
        /// The record itself, or its beginning.
        TEXT("nightshift_text", DuckDBColumnType.VARCHAR);

        private final String column;
        private final DuckDBColumnType type;

        Extra(String column, DuckDBColumnType type) {
            this.column = column;
            this.type = type;
        }

        String column() {
            return column;
        }
    }

    static final String NAME = "nightshift_text";

    private static final Map<DuckDb, Boolean> REGISTERED = Collections.synchronizedMap(new WeakHashMap<>());

    private TextTableFunction() {}

    /// Registers the function with an instance, for all its connections, if it is not registered.
    static void register(DuckDb duckDb) throws SQLException {
        synchronized (REGISTERED) {
            if (REGISTERED.containsKey(duckDb)) {
                return;
            }
            try (Connection connection = duckDb.connect()) {
                DuckDBFunctions.tableFunction()
                        .withName(NAME)
                        .withParameter(DuckDBColumnType.VARCHAR)
                        .withProjectionPushdown()
                        .withFunction(new TextTableFunction())
                        .register(connection);
            }
            REGISTERED.put(duckDb, true);
        }
    }

    @Override
    public TextSpec bind(DuckDBTableFunctionBindInfo info) {
        TextSpec spec = TextSpec.parse(info.getParameter(0).getString());
        Encoding encoding = Encoding.of(spec.encoding());
        NumberReader numbers = new NumberReader(".", null);
        for (TextSpec.Column column : spec.columns()) {
            info.addResultColumn(
                    column.name(),
                    ValueColumn.of(column.type(), column.called(), column.isDetected(), numbers, encoding)
                            .vectorType());
        }
        for (Extra extra : Extra.values()) {
            info.addResultColumn(extra.column, extra.type);
        }
        info.setCardinality(
                spec.pieces().stream().mapToLong(TextSpec.Piece::rows).sum(), true);
        return spec;
    }

    @Override
    public TextRows init(DuckDBTableFunctionInitInfo info) {
        info.setMaxThreads(1);
        int[] wanted = new int[Math.toIntExact(info.getColumnCount())];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = Math.toIntExact(info.getColumnIndex(i));
        }
        TextSpec spec = info.getBindData();
        return new TextRows(spec, wanted);
    }

    @Override
    public long apply(DuckDBTableFunctionCallInfo call, DuckDBDataChunkWriter chunk) throws IOException {
        TextRows rows = call.getInitData();
        return rows.read(chunk);
    }
}
