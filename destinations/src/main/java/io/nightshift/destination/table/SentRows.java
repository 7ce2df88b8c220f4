package io.nightshift.destination.table;

import io.nightshift.protocol.batch.RowsDigest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The rows of one query on one thread, on their way to a database. It collects the values of a vector of rows
/// column by column, as [RowFunctions] receive them; then a subclass encodes the rows, sends them and adds them
/// to the digest. It keeps one vector, whatever the number of rows, and the long texts of one outside the heap:
/// a node ends if its heap is full, and a vector has 2,048 texts of any length.
public abstract class SentRows {

    private static final int VECTOR = 2048;

    /// The bytes of texts that are kept on the heap.
    static final int MOST_BYTES = 4 << 20;

    /// Stands for a text that is kept outside the heap.
    private static final byte[] OUTSIDE = {};

    private static final MemorySegment[] NONE = {};

    private static final ThreadLocal<@Nullable SentRows> CURRENT = new ThreadLocal<>();

    private final List<Carrier> carriers;
    private final List<String> values;
    private final RowsDigest digest = new RowsDigest();
    private final long[][] numbers;
    private final double[][] fractions;
    private final byte[][][] texts;
    private final MemorySegment[][] longTexts;
    private @Nullable Arena arena;
    private long heapBytes;
    private final boolean[][] nulls;
    private final String[] lastText;
    private long nanos;
    private @Nullable SQLException problem;

    /// @param carriers of the columns
    /// @param values of the columns, as the carriers take them
    protected SentRows(List<Carrier> carriers, List<String> values) {
        this.carriers = carriers;
        this.values = values;
        int count = carriers.size();
        numbers = new long[count][];
        fractions = new double[count][];
        texts = new byte[count][][];
        longTexts = new MemorySegment[count][];
        Arrays.fill(longTexts, NONE);
        nulls = new boolean[count][VECTOR];
        lastText = new String[count];
        for (int i = 0; i < count; i++) {
            switch (carriers.get(i)) {
                case LONG -> numbers[i] = new long[VECTOR];
                case DOUBLE -> fractions[i] = new double[VECTOR];
                case TEXT -> texts[i] = new byte[VECTOR][];
            }
        }
    }

    /// The query that sends each row of another through here, and counts them.
    public final String query(String from) {
        String calls = IntStream.range(0, values.size())
                .mapToObj(i -> carriers.get(i).call(i, values.get(i)))
                .collect(Collectors.joining(", "));
        return "SELECT count(*) FILTER (WHERE nightshift_row(%s)) FROM (%s)".formatted(calls, from);
    }

    @FunctionalInterface
    public interface Query<T> {
        T run() throws SQLException;
    }

    /// Runs a query and encodes the rows that this thread hands over meanwhile.
    ///
    /// @throws SQLException the query's, and then [#problem] says whether it was the database that failed
    public final <T> T collect(Query<T> query) throws SQLException {
        if (CURRENT.get() != null) {
            throw new IllegalStateException("this thread is sending rows already");
        }
        CURRENT.set(this);
        try {
            T result = query.run();
            try {
                end();
            } catch (SQLException e) {
                problem = e;
                throw e;
            }
            return result;
        } finally {
            CURRENT.remove();
            forgetTexts();
        }
    }

    /// The database's error, if it was the database that failed.
    public final @Nullable SQLException problem() {
        return problem;
    }

    /// @throws IllegalStateException if no rows are on their way on this thread
    static SentRows current() {
        SentRows rows = CURRENT.get();
        if (rows == null) {
            throw new IllegalStateException("a row was handed over outside an attempt");
        }
        return rows;
    }

    /// A column's values of the next rows, of a [Carrier#LONG].
    protected final long[] numbers(int column) {
        return numbers[column];
    }

    /// A column's values of the next rows, of a [Carrier#DOUBLE].
    protected final double[] fractions(int column) {
        return fractions[column];
    }

    /// A column's value of one of the next rows in UTF-8, of a [Carrier#TEXT].
    protected final byte[] textOf(int column, int row) {
        byte[] text = texts[column][row];
        return text == OUTSIDE ? longTexts[column][row].toArray(ValueLayout.JAVA_BYTE) : text;
    }

    /// The bytes of texts that are kept on the heap now.
    final long heapBytes() {
        return heapBytes;
    }

    /// Which of a column's values are NULL.
    protected final boolean[] nulls(int column) {
        return nulls[column];
    }

    /// Puts a text. Neighbouring rows often have the same text, and always the same file.
    void text(int column, int row, String text) {
        byte[][] of = texts[column];
        boolean isSame = row > 0 && of[row - 1] != OUTSIDE && text.equals(lastText[column]);
        if (isSame) {
            of[row] = of[row - 1];
            return;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (heapBytes + utf8.length <= MOST_BYTES) {
            heapBytes += utf8.length;
            of[row] = utf8;
            lastText[column] = text;
        } else {
            of[row] = OUTSIDE;
            putOutside(column, row, utf8);
        }
    }

    private void putOutside(int column, int row, byte[] utf8) {
        Arena open = arena == null ? Arena.ofConfined() : arena;
        arena = open;
        if (longTexts[column].length == 0) {
            longTexts[column] = new MemorySegment[VECTOR];
        }
        longTexts[column][row] = open.allocateFrom(ValueLayout.JAVA_BYTE, utf8);
    }

    private void forgetTexts() {
        heapBytes = 0;
        Arena open = arena;
        if (open != null) {
            arena = null;
            Arrays.fill(longTexts, NONE);
            open.close();
        }
    }

    /// Encodes the rows whose values have been put.
    void put(int rows) {
        long begin = System.nanoTime();
        try {
            write(rows);
        } catch (SQLException e) {
            problem = e;
            throw new IllegalStateException("rows could not be handed on", e);
        } finally {
            forgetTexts();
        }
        nanos += System.nanoTime() - begin;
    }

    /// Encodes rows, adds them to the digest, and sends them once there are enough.
    ///
    /// @param rows how many values of each column there are
    /// @throws SQLException if the database does not take them
    protected abstract void write(int rows) throws SQLException;

    /// Sends what is left.
    ///
    /// @throws SQLException if the database does not take it
    protected abstract void end() throws SQLException;

    /// The time that encoding and sending took, in nanoseconds.
    public final long nanos() {
        return nanos;
    }

    /// The number of bytes that the rows came to.
    public abstract long bytes();

    /// The digest of the rows until now.
    public final RowsDigest digest() {
        return digest;
    }
}
