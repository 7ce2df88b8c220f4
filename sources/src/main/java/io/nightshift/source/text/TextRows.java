package io.nightshift.source.text;

import io.nightshift.source.text.TextTableFunction.Extra;
import io.nightshift.storage.duckdb.VectorMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.duckdb.DuckDBDataChunkWriter;
import org.duckdb.DuckDBTableFunctionState;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/// One reading of the records of a [TextSpec]. For one thread.
final class TextRows implements DuckDBTableFunctionState {

    private static final VectorMemory MEMORY = VectorMemory.ofTheDriver();
    private static final List<Extra> EXTRAS = List.of(Extra.values());

    /// The most characters of a wrong value that are kept.
    private static final int LONGEST_VALUE = 200;

    private final TextSpec spec;
    private final int[] wanted;
    private final Encoding encoding;
    private final List<Active> columns = new ArrayList<>();
    private final @Nullable ValueColumn[] written;
    private final long[] rowNumbers = new long[ValueColumn.ROWS];
    private final long[] lineNumbers = new long[ValueColumn.ROWS];
    private final long[] offsets = new long[ValueColumn.ROWS];
    private final Map<Extra, ValueColumn.Texts> texts = new EnumMap<>(Extra.class);
    private final List<byte[]> nulls = new ArrayList<>();
    private byte[] unescaped = new byte[1024];

    private int piece = -1;
    private @Nullable Records records;
    private @Nullable JsonRecords objects;
    private long row;
    private long left;

    /// A column whose values are looked at.
    private record Active(int column, String name, boolean isChecked, ValueColumn values) {}

    /// @param wanted the positions of the columns that the query reads
    TextRows(TextSpec spec, int[] wanted) {
        this.spec = spec;
        this.wanted = wanted.clone();
        this.encoding = Encoding.of(spec.encoding());
        CsvDialect dialect = spec.dialect();
        NumberReader numbers = dialect == null
                ? new NumberReader(".", null)
                : new NumberReader(dialect.decimal(), dialect.thousands());
        if (dialect != null) {
            dialect.nulls().forEach(text -> nulls.add(text.getBytes(StandardCharsets.UTF_8)));
        }
        this.written = new ValueColumn[wanted.length];
        for (int i = 0; i < spec.columns().size(); i++) {
            TextSpec.Column column = spec.columns().get(i);
            int position = i;
            int output = Arrays.stream(wanted).boxed().toList().indexOf(position);
            // What is wrong with a record must not depend on the columns that a query reads.
            if (output >= 0 || column.isChecked()) {
                ValueColumn values =
                        ValueColumn.of(column.type(), column.called(), column.isDetected(), numbers, encoding);
                columns.add(new Active(i, column.name(), column.isChecked(), values));
                if (output >= 0) {
                    written[output] = values;
                }
            }
        }
        for (int i = 0; i < wanted.length; i++) {
            int extra = wanted[i] - spec.columns().size();
            if (extra >= 0 && extra < EXTRAS.size() && isText(EXTRAS.get(extra))) {
                ValueColumn.Texts values = new ValueColumn.Texts("", Encoding.of("utf-8"));
                texts.put(EXTRAS.get(extra), values);
                written[i] = values;
            }
        }
    }

    private static boolean isText(Extra extra) {
        return switch (extra) {
            case FILE, FAULT, VALUE, TEXT -> true;
            case ROW, LINE, BYTE -> false;
        };
    }

    /// The bytes of records after which a block of rows ends. So a node's memory does not depend on how long
    /// they are.
    private static final long MOST_BYTES = 4 << 20;

    /// Reads the next rows: as many as the block has room for, or fewer if they are long.
    ///
    /// @return how many; 0 if there are no more
    int read(DuckDBDataChunkWriter chunk) throws IOException {
        int most = (int) Math.min(ValueColumn.ROWS, chunk.capacity());
        int count = 0;
        long bytes = 0;
        while (count < most && bytes < MOST_BYTES) {
            if (left == 0 && !nextPiece()) {
                break;
            }
            Records current = Objects.requireNonNull(records);
            if (!current.next(true)) {
                throw new IOException("\"%s\" ends before record %,d: it has changed".formatted(file(), row + 1));
            }
            take(current, count);
            bytes += Math.max(0, current.end - current.start);
            row++;
            left--;
            count++;
        }
        for (int i = 0; i < wanted.length; i++) {
            write(i, chunk.vector(i), count);
        }
        for (Active column : columns) {
            column.values.clear();
        }
        return count;
    }

    private void write(int output, DuckDBWritableVector vector, int count) {
        ValueColumn values = written[output];
        if (values != null) {
            values.write(vector, count);
            return;
        }
        int extra = wanted[output] - spec.columns().size();
        if (extra < 0 || extra >= EXTRAS.size()) {
            // The query reads no column, and only counts the rows.
            return;
        }
        switch (EXTRAS.get(extra)) {
            case ROW -> MEMORY.write(rowNumbers, count, vector);
            case LINE -> MEMORY.write(lineNumbers, count, vector);
            case BYTE -> MEMORY.write(offsets, count, vector);
            case FILE, FAULT, VALUE, TEXT -> throw new IllegalStateException("a text has a column of values");
        }
    }

    private String file() {
        return spec.pieces().get(piece).file();
    }

    private void take(Records current, int count) throws IOException {
        String wrong = null;
        if (current instanceof CsvRecords csv) {
            wrong = takeValues(csv, count);
        } else {
            wrong = Objects.requireNonNull(objects).take(current, count);
        }
        rowNumbers[count] = row;
        lineNumbers[count] = current.line();
        offsets[count] = current.offset();
        put(Extra.FILE, count, file());
        put(Extra.FAULT, count, current.fault());
        put(Extra.VALUE, count, wrong);
        if (texts.containsKey(Extra.TEXT)) {
            put(Extra.TEXT, count, current.text(encoding));
        }
    }

    private void put(Extra extra, int count, @Nullable String text) {
        ValueColumn.Texts values = texts.get(extra);
        if (values == null) {
            return;
        }
        if (text == null) {
            values.takeNull(count);
        } else {
            values.takeAny(count, text);
        }
    }

    /// @return the first value that is wrong, or null
    private @Nullable String takeValues(CsvRecords csv, int count) {
        TextSpec.Piece current = spec.pieces().get(piece);
        if (csv.fault() == null && csv.fields() != current.fields()) {
            csv.refuse("it has %,d %s, and the file has %,d %s"
                    .formatted(
                            csv.fields(),
                            csv.fields() == 1 ? "value" : "values",
                            current.fields(),
                            current.fields() == 1 ? "column" : "columns"));
        }
        if (csv.fault() != null) {
            for (Active column : columns) {
                column.values.takeNull(count);
            }
            return null;
        }
        String wrong = null;
        for (Active column : columns) {
            int field = current.field(column.column);
            if (field < 0) {
                column.values.takeNull(count);
                continue;
            }
            byte[] bytes = csv.bytes();
            int from = csv.startOf(field);
            int to = csv.endOf(field);
            byte kind = csv.kindOf(field);
            if (kind == CsvRecords.ESCAPED) {
                if (unescaped.length < to - from) {
                    unescaped = new byte[Math.max(2 * unescaped.length, to - from)];
                }
                to = csv.unescape(field, unescaped);
                bytes = unescaped;
                from = 0;
            }
            if (isNull(bytes, from, to, kind)) {
                column.values.takeNull(count);
                continue;
            }
            String problem = column.values.take(count, bytes, from, to);
            if (problem != null) {
                if (column.isChecked) {
                    if (wrong == null) {
                        wrong = encoding.text(bytes, from, Math.min(to, from + LONGEST_VALUE));
                    }
                    csv.refuse("column \"%s\" %s".formatted(column.name, problem));
                } else {
                    replaceNull(column, count, encoding.text(bytes, from, to));
                }
            }
        }
        return wrong;
    }

    /// A value that no expression reads is shown as far as it is text.
    private static void replaceNull(Active column, int count, String text) {
        if (column.values instanceof ValueColumn.Texts values) {
            values.replaceNull(count, text.replace('\0', '\ufffd'));
        }
    }

    private boolean isNull(byte[] bytes, int from, int to, byte kind) {
        if (kind != CsvRecords.PLAIN && !Objects.requireNonNull(spec.dialect()).quotedNulls()) {
            return false;
        }
        for (byte[] text : nulls) {
            if (text.length == to - from && Arrays.equals(bytes, from, to, text, 0, text.length)) {
                return true;
            }
        }
        return false;
    }

    private boolean nextPiece() throws IOException {
        while (piece + 1 < spec.pieces().size()) {
            close();
            piece++;
            TextSpec.Piece next = spec.pieces().get(piece);
            if (next.rows() == 0) {
                continue;
            }
            Records opened = open(next);
            records = opened;
            for (long i = 0; i < next.skip(); i++) {
                if (!opened.next(false)) {
                    throw new IOException("\"%s\" ends too early: it has changed".formatted(next.file()));
                }
            }
            row = next.row() + next.skip();
            left = next.rows();
            return true;
        }
        return false;
    }

    private Records open(TextSpec.Piece next) throws IOException {
        ByteWindow window = new ByteWindow(stream(next), next.offset());
        CsvDialect dialect = spec.dialect();
        if (dialect != null) {
            return new CsvRecords(window, next.line(), next.fields() > 1, dialect, next.fields());
        }
        List<JsonRecords.Target> targets = columns.stream()
                .map(column -> new JsonRecords.Target(
                        spec.columns().get(column.column).key(),
                        spec.columns().get(column.column).type(),
                        column.isChecked,
                        column.values))
                .toList();
        objects = new JsonRecords(targets);
        return new LineRecords(window, next.line());
    }

    private InputStream stream(TextSpec.Piece next) throws IOException {
        Path path = Path.of(next.path());
        if (next.compression() == Compression.NONE && !next.isTranslated()) {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            channel.position(next.offset());
            return Channels.newInputStream(channel);
        }
        InputStream in = next.compression().open(path);
        if (next.isTranslated()) {
            in = encoding.translate(in);
        }
        in.skipNBytes(next.offset());
        return in;
    }

    @Override
    public void close() throws IOException {
        Records open = records;
        records = null;
        if (open != null) {
            open.close();
        }
    }
}
