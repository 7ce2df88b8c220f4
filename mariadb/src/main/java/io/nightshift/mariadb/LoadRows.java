package io.nightshift.mariadb;

import static io.nightshift.mariadb.MariadbTables.literal;
import static io.nightshift.mariadb.MariadbTables.quoted;

import io.nightshift.destination.table.SentRows;
import io.nightshift.destination.table.SourceIds;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Rows as lines of LOAD DATA. A line is the row's number in its attempt and the columns of the query; what is the
/// same in all rows is in the statement.
///
/// A row's digest is that of its fields as the server gives them back: the length and the text of each, and
/// the eight bytes of a fraction.
final class LoadRows extends SentRows {

    /// The bytes of one statement. A server that doesn't take so many in a minute counts as broken.
    private static final int CHUNK = 1 << 20;

    private static final byte[] NULL = {LoadBuffer.ESCAPE, 'N'};

    /// Takes the lines of one statement.
    @FunctionalInterface
    interface Sink {
        /// @param lines valid until the call returns
        /// @param rows how many lines there are
        void load(LoadBuffer lines, int rows) throws SQLException;
    }

    private final String table;
    private final List<LoadColumn> columns;
    private final int digested;
    private final Constants constants;
    private final LoadBuffer lines = new LoadBuffer();
    private final LoadBuffer row = new LoadBuffer();
    private final LoadBuffer field = new LoadBuffer();
    private Sink sink = (nothing, rows) -> {};
    private int waiting;
    private long number;
    private long bytes;

    /// @param table that the rows go to
    /// @param columns whose values come from the query
    /// @param digested how many of them count for the digest, from the first on
    /// @param constants columns that are the same in all rows, digested after the others
    LoadRows(String table, List<LoadColumn> columns, int digested, Constants constants) {
        super(
                columns.stream().map(column -> column.type().carrier).toList(),
                columns.stream().map(LoadColumn::sql).toList());
        this.table = table;
        this.columns = columns;
        this.digested = digested;
        this.constants = constants;
    }

    /// Columns that are the same in all rows of an attempt.
    static final class Constants {
        private final LoadBuffer digested = new LoadBuffer();
        private final List<String> sets = new ArrayList<>();

        Constants with(String name, String text) {
            sets.add(quoted(name) + " = " + literal(text));
            digested.putField(text.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        Constants with(String name, int value) {
            return with(name, String.valueOf(value));
        }
    }

    /// Ids that are digested and sent nowhere.
    static LoadRows digesting(List<SourceIds.Column> ids) {
        List<LoadColumn> columns = ids.stream()
                .map(id -> LoadColumn.id(id.name(), id.name(), id.type()))
                .toList();
        return new LoadRows("", columns, columns.size(), new Constants());
    }

    String table() {
        return table;
    }

    /// The column list of LOAD DATA, and what it sets: the constants, and binary data, which is sent as digits.
    String target() {
        List<String> targets = new ArrayList<>(List.of(quoted(MariadbTables.ROW)));
        List<String> sets = new ArrayList<>(constants.sets);
        for (int i = 0; i < columns.size(); i++) {
            String name = quoted(columns.get(i).column().name());
            if (columns.get(i).type() == LoadType.BYTES) {
                targets.add("@v" + i);
                sets.add("%s = UNHEX(@v%d)".formatted(name, i));
            } else {
                targets.add(name);
            }
        }
        return "(%s) SET %s".formatted(String.join(", ", targets), String.join(", ", sets));
    }

    /// Runs a query and sends the rows that this thread hands over meanwhile.
    ///
    /// @throws SQLException the query's, and then [#problem] says whether it was the database that failed
    <T> T into(Sink target, Query<T> query) throws SQLException {
        sink = target;
        return collect(query);
    }

    @Override
    protected void end() throws SQLException {
        if (waiting > 0) {
            sink.load(lines, waiting);
        }
        lines.clear();
        waiting = 0;
    }

    @Override
    protected void write(int rows) throws SQLException {
        for (int i = 0; i < rows; i++) {
            int start = lines.length();
            lines.putNumber(number++);
            row.clear();
            for (int column = 0; column < digested; column++) {
                field(column, i, true);
            }
            row.put(constants.digested.bytes(), 0, constants.digested.length());
            digest().add(row.bytes(), 0, row.length());
            for (int column = digested; column < columns.size(); column++) {
                field(column, i, false);
            }
            lines.put(LoadBuffer.LINE);
            bytes += lines.length() - start;
            waiting++;
            if (lines.length() >= CHUNK) {
                end();
            }
        }
    }

    private void field(int column, int i, boolean counts) {
        LoadType type = columns.get(column).type();
        lines.put(LoadBuffer.FIELD);
        if (nulls(column)[i] || (type == LoadType.FRACTION && !Double.isFinite(fractions(column)[i]))) {
            lines.put(NULL);
            if (counts) {
                row.putNull();
            }
            return;
        }
        switch (type.carrier) {
            case TEXT -> {
                byte[] text = textOf(column, i);
                lines.putEscaped(text);
                if (counts) {
                    row.putField(text);
                }
            }
            case DOUBLE -> {
                double fraction = fractions(column)[i];
                lines.putAscii(Double.toString(fraction));
                if (counts) {
                    row.putField(fraction);
                }
            }
            case LONG -> {
                field.clear();
                put(field, type, numbers(column)[i]);
                lines.put(field.bytes(), 0, field.length());
                if (counts) {
                    row.putInt(field.length());
                    row.put(field.bytes(), 0, field.length());
                }
            }
        }
    }

    private static void put(LoadBuffer field, LoadType type, long value) {
        switch (type) {
            case DATE -> field.putDate(value);
            case TIMESTAMP -> field.putTimestamp(value);
            case TIME -> field.putTime(value);
            default -> field.putNumber(value);
        }
    }

    @Override
    public long bytes() {
        return bytes;
    }
}
