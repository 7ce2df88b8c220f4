package io.nightshift.storage.destination.table;

import io.nightshift.protocol.batch.RowsDigest;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The rows of one query on one thread, on their way to a database. It collects the values of a vector of rows
/// column by column, as [RowFunctions] receive them; then a subclass encodes the rows, sends them and adds them to
/// the digest. It keeps one vector, whatever the number of rows.
public abstract class SentRows {

    private static final int VECTOR = 2048;

    private static final ThreadLocal<@Nullable SentRows> CURRENT = new ThreadLocal<>();

    private final List<Carrier> carriers;
    private final List<String> values;
    private final RowsDigest digest = new RowsDigest();
    private final long[][] numbers;
    private final double[][] fractions;
    private final byte[][][] texts;
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

    /// A column's values of the next rows in UTF-8, of a [Carrier#TEXT].
    protected final byte[][] texts(int column) {
        return texts[column];
    }

    /// Which of a column's values are NULL.
    protected final boolean[] nulls(int column) {
        return nulls[column];
    }

    /// Puts a text. Neighbouring rows often have the same text, and always the same file.
    void text(int column, int row, String text) {
        byte[][] of = texts[column];
        boolean same = row > 0 && text.equals(lastText[column]);
        of[row] = same ? of[row - 1] : text.getBytes(StandardCharsets.UTF_8);
        lastText[column] = text;
    }

    /// Encodes the rows whose values have been put.
    void put(int rows) {
        long begin = System.nanoTime();
        try {
            write(rows);
        } catch (SQLException e) {
            problem = e;
            throw new IllegalStateException("rows could not be handed on", e);
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
