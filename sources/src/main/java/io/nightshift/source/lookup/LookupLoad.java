package io.nightshift.source.lookup;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Loads one lookup into a table: the columns that a job reads, of the rows whose key is not NULL. For one thread.
final class LookupLoad {

    /// The repeated keys that a message shows.
    private static final int SHOWN = 3;

    private static final String MALFORMED = "malformed record: ";

    private final DuckDb duckDb;
    private final LookupSource source;
    private final List<SourceFile> files;
    private final FetchControl control;
    private @Nullable Map<String, String> types;

    LookupLoad(DuckDb duckDb, LookupSource source, List<SourceFile> files, FetchControl control) {
        this.duckDb = duckDb;
        this.source = source;
        this.files = files;
        this.control = control;
    }

    /// @param table the name of the table that is made
    /// @throws FailureException if the files are not those of the plan, a record is malformed, or a key is
    ///     there twice; there is no table then
    LookupTables.Loaded load(String table) {
        boolean isLoaded = false;
        try (Connection connection = duckDb.connect()) {
            source.reader()
                    .requireReadable(
                            files.stream().map(file -> new Slice(file, 0, 0)).toList());
            refuseChanged();
            eachPart(connection, part -> insert(connection, table, part));
            refuseChanged();
            refuseRepeated(connection, table);
            LookupTables.Versions versions = source.lookup().asOf().isEmpty() ? null : addEnds(connection, table);
            isLoaded = true;
            return new LookupTables.Loaded(table, Objects.requireNonNull(types), versions);
        } catch (SQLException e) {
            LookupTables.refuseIfCancelled(control);
            refuseChanged();
            String reason = DuckDbError.reason(e);
            if (reason.contains(MALFORMED)) {
                throw FailureException.permanent("%s: %s: %s. A lookup can't be loaded in part; repair the record"
                        .formatted(source.key(), source.lookup(), reason.substring(reason.indexOf(MALFORMED))));
            }
            throw new FailureException(
                    DuckDbError.failure("%s: %s can't be loaded".formatted(source.key(), source.lookup()), e), e);
        } finally {
            if (!isLoaded) {
                LookupTables.drop(duckDb, table);
            }
        }
    }

    /// Where the reader compares what it reads with the plan, there is nothing to compare.
    private void refuseChanged() {
        PinComparison pins = source.reader().pins();
        if (pins.isDoneByReaders()) {
            return;
        }
        for (SourceFile file : files) {
            List<String> differences;
            try {
                differences = pins.differences(file);
            } catch (IOException e) {
                throw SourcePins.unreadable(file.path(), e);
            }
            control.progressed();
            if (differences.equals(SourcePins.GONE)) {
                throw SourcePins.missing(file.path(), "%s: %s: it is gone".formatted(source.key(), file.path()));
            }
            if (!differences.isEmpty()) {
                throw FailureException.permanent(
                        "%s: the lookup changed after the batch was planned: %s: %s. Put the file back as it was and run again, or start over with --new"
                                .formatted(source.key(), file.path(), String.join(", ", differences)));
            }
        }
    }

    private interface Work {
        void on(BoundSlices part) throws SQLException;
    }

    /// Reads the rows in parts that can be read together. A reader that compares what it reads with the plan
    /// gets all pieces at a time, so that they are of one state.
    private void eachPart(Connection connection, Work work) throws SQLException {
        List<List<Slice>> parts = new ArrayList<>();
        if (source.reader().pins().isDoneByReaders()) {
            parts.add(
                    files.stream().map(file -> new Slice(file, 0, file.rows())).toList());
        } else {
            for (SourceFile file : files) {
                long first = 0;
                do {
                    long rows = Math.min(LookupSource.ROWS, file.rows() - first);
                    parts.add(List.of(new Slice(file, first, rows)));
                    first += rows;
                } while (first < file.rows());
            }
        }
        for (List<Slice> part : parts) {
            LookupTables.refuseIfCancelled(control);
            try (HeldSlices held = source.reader().hold(part, control)) {
                for (BoundSlices bound : source.bind(connection, part)) {
                    try {
                        watched(held, () -> work.on(bound));
                    } catch (SQLException e) {
                        FailureException cause = held.failure();
                        if (cause != null) {
                            throw cause;
                        }
                        throw e;
                    }
                }
            }
            control.progressed();
        }
    }

    private interface Statements {
        void run() throws SQLException;
    }

    /// Lets a database's statement, which ends by a time limit of its own, count as progress, and ends it if the
    /// attempt is cancelled.
    private void watched(HeldSlices held, Statements statements) throws SQLException {
        Thread watch = Thread.ofVirtual().name("watch-lookup").start(() -> {
            try {
                while (true) {
                    Thread.sleep(200);
                    if (control.isCancelled()) {
                        held.cancel();
                    } else if (held.hasTimeLimit()) {
                        control.progressed();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            statements.run();
        } finally {
            watch.interrupt();
        }
    }

    private void insert(Connection connection, String table, BoundSlices part) throws SQLException {
        Map<String, String> found = LookupSource.types(part.job());
        if (types == null) {
            types = found;
            String columns = found.entrySet().stream()
                    .map(column -> Sql.name(column.getKey()) + " " + column.getValue())
                    .collect(Collectors.joining(", "));
            execute(connection, "CREATE TABLE %s (%s)".formatted(Sql.name(table), columns));
        } else if (!types.equals(found)) {
            throw FailureException.permanent("%s: the files of %s have different types of columns: %s and %s"
                    .formatted(source.key(), source.lookup(), types, found));
        }
        SourceRelation relation = part.relation();
        SourceRelation.TextRecord record = relation.record();
        String select = part.job().output().stream().map(Bound::sql).collect(Collectors.joining(", "));
        String wanted = keys(part).entrySet().stream()
                .map(key -> key.getValue() + " IS NOT NULL")
                .collect(Collectors.joining(" AND "));
        if (record != null) {
            wanted =
                    "CASE WHEN %1$s IS NOT NULL THEN error(%2$s || %1$s || ' (' || %3$s || ' of ' || %4$s || ')') ELSE %5$s END"
                            .formatted(record.fault(), Sql.text(MALFORMED), record.place(), relation.file(), wanted);
        }
        execute(
                connection,
                "INSERT INTO %s SELECT %s FROM %s WHERE %s%s"
                        .formatted(
                                Sql.name(table),
                                select,
                                relation.from(),
                                relation.range().isEmpty() ? "" : relation.range() + " AND ",
                                wanted));
    }

    /// The SQL of each column of the key, by its name in the lookup.
    private Map<String, String> keys(BoundSlices part) {
        Map<String, String> keys = new LinkedHashMap<>();
        for (Bound column : part.job().output()) {
            if (source.lookup().matched().containsValue(column.name())) {
                keys.put(column.name(), column.sql());
            }
        }
        return keys;
    }

    /// Adds when each row's values end, so that rows of the source need not be sorted: see [LookupJoin].
    private LookupTables.Versions addEnds(Connection connection, String table) throws SQLException {
        String keys =
                source.lookup().on().values().stream().distinct().map(Sql::name).collect(Collectors.joining(", "));
        String column = source.lookup().asOf().values().iterator().next();
        String time = Sql.name(column);
        Duration tolerance = source.lookup().tolerance();
        String last = tolerance == null
                ? ""
                : ", %s AS %s"
                        .formatted(
                                later(time, Objects.requireNonNull(types).get(column), tolerance.toSeconds()),
                                LookupJoin.last(source.lookup()));
        String name = Sql.name(table);
        String unsorted = Sql.name(table + "_unsorted");
        execute(connection, "ALTER TABLE %s RENAME TO %s".formatted(name, unsorted));
        try {
            execute(
                    connection,
                    "CREATE TABLE %s AS SELECT *, lead(%s) OVER (PARTITION BY %s ORDER BY %s) AS %s%s FROM %s"
                            .formatted(name, time, keys, time, LookupJoin.next(source.lookup()), last, unsorted));
        } finally {
            LookupTables.drop(duckDb, table + "_unsorted");
        }
        String count =
                "SELECT coalesce(sum(n), 0), coalesce(sum(n * n) / sum(n), 0) FROM (SELECT count(*) AS n FROM %s GROUP BY %s)";
        List<String> counts = rows(connection, 2, count.formatted(name, keys)).getFirst();
        return new LookupTables.Versions(Long.parseLong(counts.getFirst()), Double.parseDouble(counts.getLast()));
    }

    /// A time some seconds later; NULL if it is beyond all times. DuckDB's sums of times have microseconds.
    private static String later(String time, @Nullable String type, long seconds) {
        return "TIMESTAMP_NS".equals(type)
                ? "CASE WHEN isfinite(%1$s) THEN TRY(make_timestamp_ns(epoch_ns(%1$s) + %2$d::BIGINT * 1000000000)) ELSE %1$s END"
                        .formatted(time, seconds)
                : "TRY(%s + to_seconds(%d))".formatted(time, seconds);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// A key that is there twice would double rows of the source.
    private void refuseRepeated(Connection connection, String table) throws SQLException {
        List<String> names =
                source.lookup().matched().values().stream().distinct().toList();
        String keys = names.stream().map(Sql::name).collect(Collectors.joining(", "));
        List<List<String>> repeated = rows(
                connection,
                names.size(),
                "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SELECT %s FROM %s GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT %d)"
                        .formatted(keys, Sql.name(table), SHOWN + 1));
        if (repeated.isEmpty()) {
            return;
        }
        List<String> shown = new ArrayList<>();
        for (List<String> key : repeated.subList(0, Math.min(SHOWN, repeated.size()))) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                values.add(names.get(i) + " = " + key.get(i));
            }
            shown.add("%s in %s".formatted(String.join(", ", values), places(connection, names, key)));
        }
        throw FailureException.permanent(
                "%s: %s has a key more than once, which would multiply rows of the source: %s%s. Remove the repeated rows, or add a column to the key"
                        .formatted(
                                source.key(),
                                source.lookup(),
                                String.join("; ", shown),
                                repeated.size() > SHOWN ? "; and more" : ""));
    }

    /// Where a key is, for people.
    private String places(Connection connection, List<String> names, List<String> key) throws SQLException {
        List<String> places = new ArrayList<>();
        eachPart(connection, part -> {
            if (places.size() >= 2) {
                return;
            }
            Map<String, String> sql = keys(part);
            List<String> conditions = new ArrayList<>();
            if (!part.relation().range().isEmpty()) {
                conditions.add(part.relation().range());
            }
            for (int i = 0; i < names.size(); i++) {
                conditions.add("CAST(%s AS VARCHAR) = %s".formatted(sql.get(names.get(i)), Sql.text(key.get(i))));
            }
            rows(
                            connection,
                            2,
                            "SELECT %s, %s FROM %s WHERE %s LIMIT 2"
                                    .formatted(
                                            part.relation().file(),
                                            part.relation().row(),
                                            part.relation().from(),
                                            String.join(" AND ", conditions)))
                    .forEach(row -> places.add("row %s of %s".formatted(row.getLast(), row.getFirst())));
        });
        return String.join(" and ", places.subList(0, Math.min(2, places.size())));
    }

    private static List<List<String>> rows(Connection connection, int columns, String sql) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    row.add(String.valueOf(result.getString(i)));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
