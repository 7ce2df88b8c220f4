package io.nightshift.redis.destination;

import io.nightshift.destination.table.SentRows;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.redis.RedisConnection;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows on their way to a server, in pieces that the scripts take.
///
/// A row's digest is that of its fields as they are read back. For a hash these are the ID and the text of
/// each column; for JSON, the ID and the object; for a quarantined row, the object.
final class RecordRows extends SentRows {

    /// The most rows of a piece: a script passes their keys to the server as arguments.
    private static final int PIECE_ROWS = 1000;

    private static final byte[] NOTHING = {};

    /// How rows are encoded.
    private enum Form {
        HASH,
        JSON,
        /// Nothing but the ID, for a digest.
        ID,
        /// An object that has the ID too.
        QUARANTINE
    }

    /// Takes pieces.
    @FunctionalInterface
    interface Sink {
        /// @param piece an array of rows in MessagePack, or one quarantined row; the receiver may keep it
        void send(byte[] piece);
    }

    private final List<RecordColumn> columns;
    private final Form form;
    private final byte[][] names;
    private final int idInObject;
    private final RecordBuffer piece = new RecordBuffer();
    private final RecordBuffer row = new RecordBuffer();
    private final RecordBuffer json = new RecordBuffer();
    private Sink sink = waiting -> {};
    private int waiting;
    private long bytes;

    private RecordRows(List<RecordColumn> columns, Form form) {
        super(
                columns.stream().map(column -> column.type().carrier).toList(),
                columns.stream().map(RecordColumn::sql).toList());
        this.columns = columns;
        this.form = form;
        this.names = columns.stream()
                .map(column -> column.name().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        this.idInObject = form == Form.QUARANTINE
                ? columns.stream().map(RecordColumn::name).toList().indexOf(RecordColumn.ID)
                : -1;
    }

    /// @param columns the ID first
    static RecordRows predictions(List<RecordColumn> columns, Format format) {
        return new RecordRows(
                columns,
                switch (format) {
                    case HASH -> Form.HASH;
                    case JSON -> Form.JSON;
                });
    }

    static RecordRows quarantine(List<RecordColumn> columns) {
        return new RecordRows(columns, Form.QUARANTINE);
    }

    /// IDs that are digested and sent nowhere.
    static RecordRows digesting(List<SourceIds.Column> ids) {
        return new RecordRows(
                ids.stream()
                        .map(id -> RecordColumn.of(id.name(), id.name(), id.type()))
                        .toList(),
                Form.ID);
    }

    /// Runs a query and sends the rows that this thread hands over meanwhile.
    <T> T into(Sink target, Query<T> query) throws SQLException {
        sink = target;
        return collect(query);
    }

    @Override
    protected void write(int rows) {
        for (int i = 0; i < rows; i++) {
            row.clear();
            switch (form) {
                case HASH -> hash(i);
                case JSON -> {
                    byte[] id = id(i);
                    object(i, 1);
                    begin();
                    piece.putArray(2);
                    piece.putText(id);
                    byte[] object = json.copy();
                    piece.putText(object);
                    row.putField(id);
                    row.putField(object);
                }
                case ID -> row.putField(id(i));
                case QUARANTINE -> {
                    object(i, 0);
                    byte[] object = json.copy();
                    row.putField(object);
                    bytes += object.length;
                    sink.send(object);
                }
            }
            digest().add(row.bytes(), 0, row.length());
            if (waiting == PIECE_ROWS || piece.length() >= RedisConnection.SENT) {
                end();
            }
        }
    }

    private void begin() {
        if (waiting == 0) {
            piece.clear();
            piece.putArray(0);
        }
        waiting++;
    }

    /// The ID, then the name and the value of each column that has one.
    private void hash(int i) {
        begin();
        int at = piece.length();
        int elements = 1;
        byte[] id = id(i);
        piece.putArray(1);
        piece.putText(id);
        row.putField(id);
        for (int column = 1; column < columns.size(); column++) {
            byte[] text = text(column, i);
            if (text == null) {
                row.putNoField();
            } else {
                row.putField(text);
                piece.putText(names[column]);
                piece.putText(text);
                elements += 2;
            }
        }
        if (elements == 1) {
            // A hash has at least one field.
            piece.putText(NOTHING);
            piece.putText(NOTHING);
            elements = 3;
        }
        piece.setArray(at, elements);
    }

    private void object(int i, int first) {
        json.clear();
        json.put('{');
        for (int column = first; column < columns.size(); column++) {
            if (column > first) {
                json.put(',');
            }
            RecordType.putQuoted(json, names[column]);
            json.put(':');
            byte[] text = text(column, i);
            if (text == null) {
                RecordType.putNull(json);
            } else if (column == idInObject) {
                // It must keep its digits.
                RecordType.putQuoted(json, text);
            } else {
                columns.get(column).type().putJson(json, text);
            }
        }
        json.put('}');
    }

    /// A row whose ID is NULL is quarantined.
    private byte[] id(int i) {
        byte[] id = text(0, i);
        return id == null ? NOTHING : id;
    }

    private byte @Nullable [] text(int column, int i) {
        if (nulls(column)[i]) {
            return null;
        }
        RecordType type = columns.get(column).type();
        return switch (type.carrier) {
            case TEXT -> textOf(column, i);
            case DOUBLE -> type.text(fractions(column)[i]);
            case LONG -> RecordType.text(numbers(column)[i]);
        };
    }

    @Override
    protected void end() {
        if (waiting > 0) {
            piece.setArray(0, waiting);
            bytes += piece.length();
            sink.send(piece.copy());
        }
        piece.clear();
        waiting = 0;
    }

    @Override
    public long bytes() {
        return bytes;
    }
}
