package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The columns of an input, and the columns computed from them: finds the SQL and the type of a name, and
/// refuses expressions that are not allowed. For one thread, like its connection.
public final class SourceColumns {

    /// The place where computed columns are defined, for error messages.
    public enum Origin {
        JOB_FILE("source.select", "."),
        COMMAND_LINE("--select", " ");

        private final String select;
        private final String separator;

        Origin(String select, String separator) {
            this.select = select;
            this.separator = separator;
        }

        private String key(String name) {
            return select + separator + name;
        }
    }

    private static final int LISTED = 40;

    /// DuckDB's report of an unknown column in an expression.
    private static final Pattern UNKNOWN_COLUMN = Pattern.compile("Referenced column \"(.*?)\" not found");

    private final Connection connection;
    private final String relation;
    private final String called;
    private final Map<String, String> select;
    private final Origin origin;
    private final Map<String, String> columns;
    private final Set<String> derived;
    private final Map<String, String> rounding;
    private final Expressions expressions;
    private final boolean checks;

    /// The types of the expressions looked up so far, by their SQL.
    private final Map<String, String> types = new HashMap<>();

    private SourceColumns(
            Connection connection, SourceTable table, Map<String, String> select, Origin origin, boolean checks)
            throws SQLException {
        this.connection = connection;
        this.relation = table.from();
        this.called = table.name();
        this.select = select;
        this.origin = origin;
        this.columns = Collections.unmodifiableMap(describe(table.ownColumns()));
        this.derived = table.derived();
        this.rounding = table.rounding();
        this.checks = checks;
        this.expressions = new Expressions(connection, columns.keySet());
    }

    /// The columns of a table, with expressions that are not known yet: each is checked for what a job may
    /// say.
    ///
    /// @param select computed columns: name to expression
    /// @param origin where those are written down
    public static SourceColumns checked(
            Connection connection, SourceTable table, Map<String, String> select, Origin origin) throws SQLException {
        return new SourceColumns(connection, table, select, origin, true);
    }

    /// The columns of a table of a planned batch, whose expressions were checked when it was planned.
    public static SourceColumns planned(Connection connection, SourceTable table, Map<String, String> select)
            throws SQLException {
        return new SourceColumns(connection, table, select, Origin.JOB_FILE, false);
    }

    /// The input as DuckDB reads it: what stands after FROM.
    public String relation() {
        return relation;
    }

    /// The name of the input in messages.
    public String called() {
        return called;
    }

    /// The input's own columns and their DuckDB types, in order.
    public Map<String, String> columns() {
        return columns;
    }

    /// A computed column, or else one of the input's own.
    ///
    /// @param key where the name is written, for messages
    /// @param name what it is called in the output or the model
    /// @throws FailureException if there is none
    public Bound named(String key, String name, String text) throws SQLException {
        String expression = select.get(text);
        if (expression != null) {
            return new Bound(name, expression, type(origin.key(text), expression));
        }
        String type = columns.get(text);
        if (type == null) {
            Bound nested = nested(name, text);
            if (nested != null) {
                return nested;
            }
            throw FailureException.permanent("%s: \"%s\" is neither a column of %s nor a key of %s; %s"
                    .formatted(key, text, called, origin.select, hint(text, known())));
        }
        return new Bound(name, Sql.name(text), type);
    }

    /// A field of a nested column, such as `address.city`; null if there is none.
    private @Nullable Bound nested(String name, String text) throws SQLException {
        int dot = text.indexOf('.');
        String column = dot < 1 ? "" : text.substring(0, dot);
        if (!columns.getOrDefault(column, "").startsWith("STRUCT")) {
            return null;
        }
        String expression = Stream.of(text.split("\\.", -1)).map(Sql::name).collect(Collectors.joining("."));
        if (!types.containsKey(expression)) {
            try {
                types.put(expression, typesOf(List.of(expression)).getFirst());
            } catch (SQLException e) {
                // DuckDB finds no such field.
                return null;
            }
        }
        return new Bound(name, expression, Objects.requireNonNull(types.get(expression)));
    }

    /// Refuses an ID if the IDs of two records can become equal only because their types round them.
    ///
    /// @throws FailureException naming the column that is rounded
    void refuseRounded(String key, Bound id) throws SQLException {
        if (!checks || rounding.isEmpty()) {
            return;
        }
        for (String column : readBy(key, id.sql())) {
            String type = columns.getOrDefault(column, "");
            boolean isRounded =
                    isFloating(type) || isFloating(id.type()) || id.sql().equals(Sql.name(column));
            String reason = rounding.get(column);
            if (reason != null && isRounded) {
                throw FailureException.permanent(key + ": " + reason);
            }
        }
    }

    private static boolean isFloating(String type) {
        return type.equals("DOUBLE") || type.equals("FLOAT");
    }

    /// Checks several names at once, so that one message names all that are missing.
    ///
    /// @param key where the names are written, for messages
    /// @throws FailureException if two or more are neither computed columns nor columns of the input
    void requireAll(String key, List<String> names) throws SQLException {
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            if (!select.containsKey(name) && !columns.containsKey(name) && nested(name, name) == null) {
                missing.add(name);
            }
        }
        if (missing.size() > 1) {
            String listed = missing.stream()
                    .limit(LISTED)
                    .map(name -> {
                        String nearest = NameSuggestion.closest(name, known());
                        return nearest == null ? name : "%s (did you mean %s?)".formatted(name, nearest);
                    })
                    .collect(Collectors.joining(", "));
            throw FailureException.permanent("%s: %s%s are neither columns of %s nor keys of %s; it has %s"
                    .formatted(key, listed, more(missing), called, origin.select, listed()));
        }
    }

    /// A name, or else an expression.
    public Bound bound(String key, String name, String text) throws SQLException {
        return isExpression(text) ? new Bound(name, text, type(key, text)) : named(key, name, text);
    }

    /// Whether a text is an expression. A single name is not: if no column has that name, it is misspelt.
    boolean isExpression(String text) {
        return !select.containsKey(text) && !columns.containsKey(text) && !text.matches("[\\p{L}_][\\p{L}\\p{N}_]*");
    }

    /// The DuckDB type of an expression over the input's columns.
    ///
    /// @throws FailureException if it is not a single expression, not allowed, or can't be
    public String type(String key, String expression) throws SQLException {
        if (!types.containsKey(expression)) {
            look(Map.of(expression, key));
        }
        return Objects.requireNonNull(types.get(expression));
    }

    /// Finds the types of expressions, with one query if all are right.
    ///
    /// @param keys where each expression is written, by its SQL
    /// @throws FailureException naming the first that is wrong
    void look(Map<String, String> keys) throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        if (checks) {
            for (Map.Entry<String, String> entry : keys.entrySet()) {
                expressions.check(entry.getValue(), entry.getKey());
            }
        }
        List<String> all = List.copyOf(keys.keySet());
        List<String> found;
        try {
            found = typesOf(all);
        } catch (SQLException e) {
            throw blame(keys, e);
        }
        for (int i = 0; i < all.size(); i++) {
            types.put(all.get(i), found.get(i));
        }
    }

    /// @throws SQLException if the input can't be read, which says nothing about an expression
    private RuntimeException blame(Map<String, String> keys, SQLException all) throws SQLException {
        for (Map.Entry<String, String> entry : keys.entrySet()) {
            try {
                typesOf(List.of(entry.getKey()));
            } catch (SQLException e) {
                switch (DuckDbError.of(e)) {
                    case IO, MEMORY, INTERRUPTED, DENIED -> throw e;
                    // The input may be damaged since its columns were read.
                    case ROW, OTHER -> describe("1");
                }
                return Expressions.refusal(entry.getValue(), entry.getKey() + "» over «" + called, reason(e));
            }
        }
        throw all;
    }

    /// Says what to write instead of an unknown name. Any other error is in DuckDB's own words.
    private String reason(SQLException e) {
        String reason = DuckDbError.reason(e);
        Matcher unknown = UNKNOWN_COLUMN.matcher(reason);
        if (!unknown.find()) {
            return reason;
        }
        String name = unknown.group(1);
        String key = equalName(name, select.keySet());
        if (key != null) {
            return "\"%s\" is a key of %s, and an expression sees only the file's own columns; write the expression of \"%s\" here"
                    .formatted(key, origin.select, key);
        }
        return "there is no column \"%s\"; %s".formatted(name, hint(name, columns.keySet()));
    }

    /// The column of the input that has the name of a computed column, or null. Case makes no difference, since
    /// it makes none in SQL.
    @Nullable
    String shadowed(String name) {
        String computed = equalName(name, select.keySet());
        String own = equalName(name, columns.keySet());
        if (own != null && derived.contains(own)) {
            return null;
        }
        return computed == null || own == null || isOnly(select.get(computed), own) ? null : own;
    }

    /// Whether an expression is nothing but a column.
    private static boolean isOnly(@Nullable String expression, String column) {
        return expression != null
                && (expression.strip().equalsIgnoreCase(column)
                        || expression.strip().equalsIgnoreCase(Sql.name(column)));
    }

    private static @Nullable String equalName(String name, Set<String> names) {
        return names.stream().filter(name::equalsIgnoreCase).findFirst().orElse(null);
    }

    private List<String> typesOf(List<String> all) throws SQLException {
        List<String> selected = new ArrayList<>();
        for (String expression : all) {
            selected.add("(%s\n) AS nightshift_%d".formatted(expression, selected.size()));
        }
        return List.copyOf(describe(String.join(", ", selected)).values());
    }

    /// The input's own columns that an expression reads.
    public Set<String> readBy(String key, String expression) throws SQLException {
        return expressions.columnsOf(key, expression);
    }

    private List<String> known() {
        List<String> known = new ArrayList<>(select.keySet());
        known.addAll(columns.keySet());
        return known;
    }

    private String hint(String text, Collection<String> known) {
        String nearest = NameSuggestion.closest(text, known);
        if (nearest != null) {
            return "did you mean \"" + nearest + "\"?";
        }
        return "it has " + listed();
    }

    private String listed() {
        return columns.keySet().stream().limit(LISTED).collect(Collectors.joining(", ")) + more(columns.keySet());
    }

    private static String more(Collection<String> names) {
        return names.size() > LISTED ? ", and %d more".formatted(names.size() - LISTED) : "";
    }

    /// Whether a condition over constants holds.
    boolean isTrue(String condition) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT " + condition)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private Map<String, String> describe(String selected) throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE SELECT %s FROM %s".formatted(selected, relation))) {
            while (rows.next()) {
                found.put(rows.getString(1), rows.getString(2));
            }
        }
        return found;
    }
}
