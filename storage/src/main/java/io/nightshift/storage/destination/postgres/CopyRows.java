package io.nightshift.storage.destination.postgres;

import io.nightshift.protocol.batch.RowsDigest;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Sends the rows of one query on one thread to a sink. It collects the values of a vector of rows column by
/// column, as [CopyFunctions] receive them, then writes the rows in the binary format of COPY and adds them
/// to a digest. It keeps one vector and a buffer, whatever the number of rows.
///
/// A row's digest is that of its fields, each a length and its bytes, so it can be computed again from COPY's
/// output.
final class CopyRows {

    static final int VECTOR = 2048;
    private static final int FLUSH = 1 << 16;
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0};

    private static final ThreadLocal<@Nullable CopyRows> CURRENT = new ThreadLocal<>();

    private final String table;
    private final List<CopyColumn> columns;
    private final int digested;
    private final Constants constants;
    private final RowBuffer buffer = new RowBuffer();
    private final RowsDigest digest = new RowsDigest();
    private final long[][] numbers;
    private final double[][] fractions;
    private final byte[][][] texts;
    private final boolean[][] nulls;
    private final String[] lastText;
    private long bytes;
    private long nanos;
    private RowSink sink = RowSink.NONE;
    private @Nullable SQLException problem;

    /// @param table that the rows go to
    /// @param columns whose values come from the query
    /// @param digested how many of them count for the digest, from the first on
    /// @param constants fields that are the same in all rows, written after the others' digested
    ///     ones
    CopyRows(String table, List<CopyColumn> columns, int digested, Constants constants) {
        this.table = table;
        this.columns = columns;
        this.digested = digested;
        this.constants = constants;
        int count = columns.size();
        numbers = new long[count][];
        fractions = new double[count][];
        texts = new byte[count][][];
        nulls = new boolean[count][VECTOR];
        lastText = new String[count];
        for (int i = 0; i < count; i++) {
            switch (columns.get(i).type().carrier) {
                case LONG -> numbers[i] = new long[VECTOR];
                case DOUBLE -> fractions[i] = new double[VECTOR];
                case TEXT -> texts[i] = new byte[VECTOR][];
            }
        }
    }

    /// Fields that are the same in all rows of an attempt.
    static final class Constants {
        private final RowBuffer fields = new RowBuffer();
        private final List<String> names = new ArrayList<>();

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
    }

    /// Rows that are digested and sent nowhere.
    public static CopyRows digesting(List<CopyColumn> columns) {
        return new CopyRows("", columns, columns.size(), new Constants());
    }

    /// Runs a query and digests the rows that this thread hands over meanwhile.
    ///
    /// @throws SQLException the query's
    public void digest(Query<Long> query) throws SQLException {
        into(RowSink.NONE, query);
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

    /// The query that sends each row of another through here, and counts them.
    public String query(String from) {
        String values = IntStream.range(0, columns.size())
                .mapToObj(i -> columns.get(i).handedOver(i))
                .collect(Collectors.joining(", "));
        return "SELECT count(*) FILTER (WHERE nightshift_row(%s)) FROM (%s)".formatted(values, from);
    }

    /// Runs a query and sends the rows that this thread hands over meanwhile to a sink.
    ///
    /// @throws SQLException the query's, and then [#problem] says whether it was the sink that
    ///     failed
    <T> T into(RowSink target, Query<T> query) throws SQLException {
        if (CURRENT.get() != null) {
            throw new IllegalStateException("this thread is copying already");
        }
        CURRENT.set(this);
        sink = target;
        try {
            begin();
            T result = query.run();
            end();
            return result;
        } finally {
            CURRENT.remove();
        }
    }

    @FunctionalInterface
    public interface Query<T> {
        T run() throws SQLException;
    }

    /// The sink's error, if it was the sink that failed.
    @Nullable
    SQLException problem() {
        return problem;
    }

    /// @throws IllegalStateException if no rows are on their way on this thread
    static CopyRows current() {
        CopyRows rows = CURRENT.get();
        if (rows == null) {
            throw new IllegalStateException("a row was handed over outside an attempt");
        }
        return rows;
    }

    private void begin() {
        buffer.put(SIGNATURE);
        buffer.putInt(0);
        buffer.putInt(0);
    }

    private void end() throws SQLException {
        buffer.putShort(-1);
        try {
            sink.write(buffer.bytes(), buffer.length());
        } catch (SQLException e) {
            problem = e;
            throw e;
        }
        buffer.clear();
    }

    /// Where to put a column's values of the next rows.
    long[] numbers(int column) {
        return numbers[column];
    }

    double[] fractions(int column) {
        return fractions[column];
    }

    boolean[] nulls(int column) {
        return nulls[column];
    }

    /// Puts a text. Neighbouring rows often have the same text, and always the same file.
    void text(int column, int row, String text) {
        byte[][] values = texts[column];
        boolean same = row > 0 && text.equals(lastText[column]);
        values[row] = same ? values[row - 1] : text.getBytes(StandardCharsets.UTF_8);
        lastText[column] = text;
    }

    /// Writes the rows whose values have been put.
    void write(int rows) {
        long begin = System.nanoTime();
        for (int row = 0; row < rows; row++) {
            int start = buffer.length();
            buffer.putShort(columns.size() + constants.names.size());
            for (int column = 0; column < digested; column++) {
                field(column, row);
            }
            buffer.put(constants.fields.bytes(), constants.fields.length());
            int fields = buffer.length() - start - Short.BYTES;
            digest.add(buffer.bytes(), start + Short.BYTES, fields);
            for (int column = digested; column < columns.size(); column++) {
                field(column, row);
            }
            bytes += buffer.length() - start;
            if (buffer.length() >= FLUSH) {
                flush();
            }
        }
        nanos += System.nanoTime() - begin;
    }

    private void flush() {
        try {
            sink.write(buffer.bytes(), buffer.length());
        } catch (SQLException e) {
            problem = e;
            throw new IllegalStateException("rows could not be handed on", e);
        }
        buffer.clear();
    }

    private void field(int column, int row) {
        CopyType type = columns.get(column).type();
        if (nulls[column][row]) {
            buffer.putNull();
            return;
        }
        switch (type.carrier) {
            case LONG -> buffer.putField(type, numbers[column][row]);
            case DOUBLE -> buffer.putField(type, fractions[column][row]);
            case TEXT -> buffer.putField(type, texts[column][row]);
        }
    }

    /// The time that writing took, in nanoseconds.
    public long nanos() {
        return nanos;
    }

    /// The number of bytes that the rows came to.
    public long bytes() {
        return bytes;
    }

    public RowsDigest digest() {
        return digest;
    }
}
