package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The columns that a job's lookups add to those of its source, where the job is bound to them. Only their
/// names and types count there: each value is NULL.
///
/// @param lookups in the order of the job
public record JoinedColumns(List<Joined> lookups) {

    /// Those of a job without lookups.
    public static final JoinedColumns NONE = new JoinedColumns(List.of());

    /// Types that have the same keys as all others of these: whole numbers of any width.
    private static final String WHOLE = "a whole number";

    private static final Pattern NOT_A_KEY = Pattern.compile("FLOAT|DOUBLE|.*[(\\[].*[)\\]].*|JSON|VARIANT");

    private static final Pattern TIME = Pattern.compile("DATE|TIMESTAMP.*");

    /// The columns of one lookup.
    ///
    /// @param types DuckDB's types of the lookup's columns that are read, by their names there
    public record Joined(Lookup lookup, Map<String, String> types) {

        private String type(String column) {
            return Objects.requireNonNull(types.get(column), column);
        }
    }

    public JoinedColumns {
        lookups = List.copyOf(lookups);
    }

    /// Whether there is no lookup.
    public boolean isEmpty() {
        return lookups.isEmpty();
    }

    /// A text that differs where the names or the types do.
    public String text() {
        return lookups.stream()
                .map(joined -> joined.lookup.columns() + " " + joined.types)
                .collect(Collectors.joining("\n"));
    }

    /// A table with the columns, for a job that was checked when its batch was planned.
    public SourceTable added(SourceTable table) {
        String columns = lookups.stream()
                .flatMap(joined -> joined.lookup.columns().entrySet().stream()
                        .map(column -> "CAST(NULL AS %s) AS %s"
                                .formatted(joined.type(column.getValue()), Sql.name(column.getKey()))))
                .collect(Collectors.joining(", "));
        return columns.isEmpty()
                ? table
                : new SourceTable(
                        "(SELECT *, %s FROM %s)".formatted(columns, table.from()),
                        table.ownColumns(),
                        table.name(),
                        table.derived(),
                        table.rounding());
    }

    /// As [#added], for a new job.
    ///
    /// @throws FailureException if the table lacks a key, a key has another type than in its lookup, or a
    ///     column is there already
    public SourceTable checked(Connection connection, SourceTable table) throws SQLException {
        if (isEmpty()) {
            return table;
        }
        Map<String, String> known = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        known.putAll(types(connection, table));
        for (int i = 0; i < lookups.size(); i++) {
            Joined joined = lookups.get(i);
            String key = key(i);
            joined.lookup
                    .on()
                    .forEach((own, other) -> checkKey(key, table.name(), own, known.get(own), joined, other, known));
            joined.lookup
                    .asOf()
                    .forEach((own, other) -> checkTime(key, table.name(), own, known.get(own), joined, other, known));
            joined.lookup.columns().forEach((name, column) -> {
                if (known.put(name, joined.type(column)) != null) {
                    throw FailureException.permanent(
                            "%s.columns: the column \"%s\" is also in %s, or in a lookup before this one; give it a new name: columns: {%s_2: %s}"
                                    .formatted(key, name, table.name(), name, column));
                }
            });
        }
        return added(table);
    }

    /// The key of a lookup in the job file.
    ///
    /// @param position of the lookup in the job, from 0
    public static String key(int position) {
        return "source.join[%d]".formatted(position);
    }

    private static void checkKey(
            String key,
            String table,
            String own,
            @Nullable String type,
            Joined joined,
            String other,
            Map<String, String> known) {
        if (type == null) {
            throw noColumn(key + ".on", own, table, known);
        }
        String otherType = joined.type(other);
        for (String each : List.of(type, otherType)) {
            if (NOT_A_KEY.matcher(each).matches() && !each.startsWith("DECIMAL") && !each.startsWith("ENUM")) {
                throw FailureException.permanent(
                        "%s.on: a column of the type %s can't be a key; use whole numbers, texts, dates, timestamps or decimals"
                                .formatted(key, each));
            }
        }
        if (!comparable(type).equals(comparable(otherType))) {
            throw FailureException.permanent(
                    "%s.on: the keys have different types: \"%s\" is %s in %s, and \"%s\" is %s in %s; write them with the same type, or declare it where the format allows that"
                            .formatted(key, own, type, table, other, otherType, joined.lookup));
        }
    }

    private static FailureException noColumn(String key, String name, String table, Map<String, String> known) {
        String nearest = NameSuggestion.closest(name, known.keySet());
        return FailureException.permanent("%s: \"%s\" is not a column of %s; %s"
                .formatted(
                        key,
                        name,
                        table,
                        nearest == null
                                ? "it has " + String.join(", ", known.keySet())
                                : "did you mean \"" + nearest + "\"?"));
    }

    /// A row of a lookup that is valid from a date on is valid from midnight on. Other times of different types are
    /// refused: the source's date has no time of the day, and DuckDB can't compare all timestamps with those in
    /// nanoseconds.
    private static void checkTime(
            String key,
            String table,
            String own,
            @Nullable String type,
            Joined joined,
            String other,
            Map<String, String> known) {
        if (type == null) {
            throw noColumn(key + ".as-of", own, table, known);
        }
        String otherType = joined.type(other);
        boolean isFromMidnight = type.equals("TIMESTAMP") && otherType.equals("DATE");
        if (!isFromMidnight && (!TIME.matcher(type).matches() || !type.equals(otherType))) {
            throw FailureException.permanent(
                    "%s.as-of: \"%s\" is %s in %s, and \"%s\" is %s in %s; both must be dates, or timestamps of the same type; or a timestamp without time zone of the source and a date of the lookup"
                            .formatted(key, own, type, table, other, otherType, joined.lookup));
        }
    }

    private static String comparable(String type) {
        return BoundJob.isInteger(type) ? WHOLE : BoundJob.isText(type) ? "VARCHAR" : type;
    }

    private static Map<String, String> types(Connection connection, SourceTable table) throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "DESCRIBE SELECT %s FROM %s".formatted(table.ownColumns(), table.from()))) {
            while (rows.next()) {
                types.put(rows.getString(1), rows.getString(2));
            }
        }
        return types;
    }
}
