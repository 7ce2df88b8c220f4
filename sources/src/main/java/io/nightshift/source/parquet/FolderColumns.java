package io.nightshift.source.parquet;

import io.nightshift.storage.duckdb.Sql;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The columns that the names of folders make, as Hive and Spark write them: the files below
/// `dt=2026-11-25/region=eu` have the columns `dt` and `region`, with these values.
///
/// A column of the file itself takes precedence over a folder's of the same name, as it does in the file.
/// A file that lacks a folder that others have has NULL there.
final class FolderColumns {

    /// The name that Hive gives the folder of NULL.
    private static final String NULL = "__HIVE_DEFAULT_PARTITION__";

    private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,18}");
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");
    private static final Pattern SCALE = Pattern.compile("DECIMAL\\([0-9]+,([0-9]+)\\)");
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final Pattern TIMESTAMP =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?");

    private FolderColumns() {}

    /// The values of a file's folders, as texts, by the names of their columns.
    ///
    /// @param path a path or an address, whose last part is the file's own name
    static Map<String, @Nullable String> of(String path) {
        Map<String, @Nullable String> values = new LinkedHashMap<>();
        if (path.indexOf('=') < 0) {
            return values;
        }
        String[] parts = path.split("[/\\\\]", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            int equals = parts[i].indexOf('=');
            String name = equals < 1 ? "" : decoded(parts[i].substring(0, equals));
            if (!name.isEmpty() && !isReserved(name)) {
                String value = decoded(parts[i].substring(equals + 1));
                values.keySet().removeIf(name::equalsIgnoreCase);
                values.put(name, value.equals(NULL) || value.isEmpty() ? null : value);
            }
        }
        return values;
    }

    private static boolean isReserved(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.startsWith("nightshift_") || lower.equals("file_row_number");
    }

    /// The types of all columns that the folders of files make.
    ///
    /// @param declared the types that the job declares, by name. If there are any, the others are VARCHAR
    /// @return DuckDB's names of the types
    static Map<String, String> types(Collection<String> paths, Map<String, String> declared) {
        if (declared.isEmpty()) {
            return types(paths);
        }
        Map<String, String> known = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        known.putAll(declared);
        Map<String, String> types = new LinkedHashMap<>();
        for (String path : paths) {
            of(path).keySet().forEach(name -> types.computeIfAbsent(name, each -> known.getOrDefault(each, "VARCHAR")));
        }
        return types;
    }

    /// The detected types of all columns that the folders of files make.
    ///
    /// @return DuckDB's names of the types: for each column the narrowest of BIGINT, DATE, TIMESTAMP and
    ///     VARCHAR that takes all of its values
    static Map<String, String> types(Collection<String> paths) {
        Map<String, Set<String>> values = new LinkedHashMap<>();
        for (String path : paths) {
            of(path).forEach((name, value) -> {
                Set<String> known = values.computeIfAbsent(name, first -> new HashSet<>());
                if (value != null) {
                    known.add(value);
                }
            });
        }
        Map<String, String> types = new LinkedHashMap<>();
        values.forEach((name, known) -> types.put(name, detected(known)));
        return types;
    }

    /// Whether the type of a column is the same, whichever of these folders have files.
    static boolean isTypeOfEach(Collection<String> folders, String name) {
        Set<String> types = new HashSet<>();
        for (String folder : folders) {
            String value = of(folder).get(name);
            if (value != null) {
                types.add(detected(Set.of(value)));
            }
        }
        return types.size() == 1;
    }

    private static String detected(Set<String> values) {
        if (values.isEmpty()) {
            return "VARCHAR";
        }
        if (all(values, value -> WHOLE.matcher(value).matches())) {
            return "BIGINT";
        }
        if (all(values, value -> DATE.matcher(value).matches() && parses(value, LocalDate::parse))) {
            return "DATE";
        }
        if (all(
                values,
                value -> TIMESTAMP.matcher(value).matches() && parses(value.replace(' ', 'T'), LocalDateTime::parse))) {
            return "TIMESTAMP";
        }
        return "VARCHAR";
    }

    /// Whether a declared type may hold a value without changing it, as far as its form tells. DuckDB would round
    /// `1.5` to a whole number, and cut a timestamp to a date.
    private static boolean hasForm(String value, String type) {
        if (type.endsWith("INT") || type.equals("INTEGER")) {
            return INTEGER.matcher(value).matches();
        }
        Matcher decimal = SCALE.matcher(type);
        if (decimal.matches()) {
            return value.matches("[-+]?[0-9]*([.][0-9]{0,%s})?".formatted(decimal.group(1)));
        }
        return !type.equals("DATE") || DATE.matcher(value).matches();
    }

    /// The columns whose values in the folders of some paths are not of their types.
    ///
    /// @return by path the first such column
    static Map<String, String> mismatches(Connection connection, Collection<String> paths, Map<String, String> types)
            throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        Map<String, Map<String, List<String>>> pathsByValue = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String path : paths) {
            of(path).forEach((name, value) -> {
                if (value != null) {
                    pathsByValue
                            .computeIfAbsent(name, column -> new LinkedHashMap<>())
                            .computeIfAbsent(value, text -> new ArrayList<>())
                            .add(path);
                }
            });
        }
        for (Map.Entry<String, String> column : types.entrySet()) {
            Map<String, List<String>> values = pathsByValue.getOrDefault(column.getKey(), Map.of());
            for (String value : mismatches(connection, List.copyOf(values.keySet()), column.getValue())) {
                values.getOrDefault(value, List.of()).forEach(path -> found.putIfAbsent(path, column.getKey()));
            }
        }
        return found;
    }

    private static List<String> mismatches(Connection connection, List<String> values, String type)
            throws SQLException {
        if (values.isEmpty() || type.equals("VARCHAR")) {
            return List.of();
        }
        List<String> found = new ArrayList<>(
                values.stream().filter(value -> !hasForm(value, type)).toList());
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT value FROM (SELECT unnest(?) AS value) WHERE TRY_CAST(value AS %s) IS NULL".formatted(type))) {
            statement.setArray(1, connection.createArrayOf("VARCHAR", values.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }

    private static boolean all(Set<String> values, Predicate<String> condition) {
        return values.stream().allMatch(condition);
    }

    private interface Parse {
        Object of(String text);
    }

    private static boolean parses(String value, Parse parse) {
        try {
            parse.of(value);
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /// A value as SQL.
    ///
    /// @param type DuckDB's name of the column's type
    static String literal(@Nullable String value, String type) {
        return "CAST(%s AS %s)".formatted(value == null ? "NULL" : Sql.text(value), type);
    }

    /// The value of a column for rows of several files, as SQL over `nightshift_file`.
    ///
    /// @param files by their names in `nightshift_file`, with the paths whose folders give the values
    static String sql(Map<String, String> files, String name, String type) {
        Map<@Nullable String, List<String>> byValue = new LinkedHashMap<>();
        files.forEach((file, path) -> byValue.computeIfAbsent(of(path).get(name), value -> new ArrayList<>())
                .add(file));
        if (byValue.size() == 1) {
            return literal(byValue.keySet().iterator().next(), type);
        }
        StringBuilder sql = new StringBuilder("CASE");
        byValue.forEach((value, names) -> sql.append(" WHEN nightshift_file IN (")
                .append(String.join(", ", names.stream().map(Sql::text).toList()))
                .append(") THEN ")
                .append(literal(value, type)));
        return sql.append(" END").toString();
    }

    /// A name with its `%XX` replaced by the bytes that they stand for, in UTF-8. What is no such sequence stays.
    private static String decoded(String name) {
        if (name.indexOf('%') < 0) {
            return name;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i++) {
            int high = i + 2 < text.length ? Character.digit(text[i + 1], 16) : -1;
            int low = i + 2 < text.length ? Character.digit(text[i + 2], 16) : -1;
            if (text[i] == '%' && high >= 0 && low >= 0) {
                bytes.write(high * 16 + low);
                i += 2;
            } else {
                bytes.write(text[i]);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
