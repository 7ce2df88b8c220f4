package io.nightshift.destination.postgres;

import io.nightshift.destination.table.SentRows;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.protocol.batch.BatchId;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Rows in the binary format of COPY, for a sink.
///
/// A row's digest is that of its fields, each a length and its bytes, so it can be computed again from COPY's
/// output. It leaves out the ID of the batch, which the table guarantees, so the same rows have the same digest
/// in every batch.
final class CopyRows extends SentRows {

    private static final int FLUSH = 1 << 16;
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0};

    private final String table;
    private final List<CopyColumn> columns;
    private final int digested;
    private final Constants constants;
    private final RowBuffer buffer = new RowBuffer();
    private RowSink sink = RowSink.NONE;
    private long bytes;

    /// @param table that the rows go to
    /// @param columns whose values come from the query
    /// @param digested how many of them count for the digest, from the first on
    /// @param constants fields that are the same in all rows, written after the digested columns
    CopyRows(String table, List<CopyColumn> columns, int digested, Constants constants) {
        super(
                columns.stream().map(column -> column.type().carrier).toList(),
                columns.stream().map(CopyColumn::sql).toList());
        this.table = table;
        this.columns = columns;
        this.digested = digested;
        this.constants = constants;
    }

    /// Fields that are the same in all rows of an attempt.
    static final class Constants {
        private final RowBuffer fields = new RowBuffer();
        private final List<String> names = new ArrayList<>();
        private int digested;

        Constants text(String name, String value) {
            fields.putField(CopyType.TEXT, value.getBytes(StandardCharsets.UTF_8));
            names.add(name);
            return this;
        }

        Constants number(String name, int value) {
            fields.putField(CopyType.INT4, value);
            names.add(name);
            return this;
        }

        /// @param microseconds since 1970
        Constants timestamp(String name, long microseconds) {
            fields.putField(CopyType.TIMESTAMP, microseconds);
            names.add(name);
            return this;
        }

        /// Ends the digested fields.
        Constants batch(BatchId batch) {
            digested = fields.length();
            return text(BatchTables.BATCH, batch.value());
        }
    }

    /// Ids that are digested and sent nowhere.
    static CopyRows digesting(List<SourceIds.Column> ids) {
        List<CopyColumn> columns =
                ids.stream().map(id -> CopyColumn.id(id.name(), id.type())).toList();
        return new CopyRows("", columns, columns.size(), new Constants());
    }

    String table() {
        return table;
    }

    /// The columns' names, in the order in which they are written.
    List<String> names() {
        List<String> names = new ArrayList<>();
        columns.subList(0, digested).forEach(column -> names.add(column.column().name()));
        names.addAll(constants.names);
        columns.subList(digested, columns.size())
                .forEach(column -> names.add(column.column().name()));
        return names;
    }

    /// Runs a query and sends the rows that this thread hands over meanwhile to a sink.
    ///
    /// @throws SQLException the query's, and then [#problem] says whether it was the sink that
    ///     failed
    <T> T into(RowSink target, Query<T> query) throws SQLException {
        sink = target;
        buffer.put(SIGNATURE);
        buffer.putInt(0);
        buffer.putInt(0);
        return collect(query);
    }

    @Override
    protected void end() throws SQLException {
        buffer.putShort(-1);
        flush();
    }

    @Override
    protected void write(int rows) throws SQLException {
        for (int row = 0; row < rows; row++) {
            int start = buffer.length();
            buffer.putShort(columns.size() + constants.names.size());
            for (int column = 0; column < digested; column++) {
                field(column, row);
            }
            int end = buffer.length() + constants.digested;
            buffer.put(constants.fields.bytes(), constants.fields.length());
            int begin = start + Short.BYTES;
            digest().add(buffer.bytes(), begin, end - begin);
            for (int column = digested; column < columns.size(); column++) {
                field(column, row);
            }
            bytes += buffer.length() - start;
            if (buffer.length() >= FLUSH) {
                flush();
            }
        }
    }

    private void flush() throws SQLException {
        sink.write(buffer.bytes(), buffer.length());
        buffer.clear();
    }

    private void field(int column, int row) {
        CopyType type = columns.get(column).type();
        if (nulls(column)[row]) {
            buffer.putNull();
            return;
        }
        switch (type.carrier) {
            case LONG -> buffer.putField(type, numbers(column)[row]);
            case DOUBLE -> buffer.putField(type, fractions(column)[row]);
            case TEXT -> buffer.putField(type, textOf(column, row));
        }
    }

    @Override
    public long bytes() {
        return bytes;
    }
}
