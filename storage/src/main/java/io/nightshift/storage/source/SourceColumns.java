package io.nightshift.storage.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob.Bound;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The columns of an input, and the columns computed from them: finds the SQL and the type of a name, and
/// refuses expressions that are not allowed. For one thread, like its connection.
public final class SourceColumns {

    /// Where computed columns are written down, for error messages.
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

    private final Connection connection;
    private final String relation;
    private final String called;
    private final Map<String, String> select;
    private final Origin origin;
    private final Map<String, String> columns;
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

    /// What the input is called in messages.
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
            throw FailureException.permanent("%s: \"%s\" is neither a column of %s nor a key of %s; %s"
                    .formatted(key, text, called, origin.select, hint(text)));
        }
        return new Bound(name, Sql.name(text), type);
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

    private RuntimeException blame(Map<String, String> keys, SQLException all) throws SQLException {
        for (Map.Entry<String, String> entry : keys.entrySet()) {
            try {
                typesOf(List.of(entry.getKey()));
            } catch (SQLException e) {
                return Expressions.refusal(entry.getValue(), entry.getKey() + "» over «" + called, e);
            }
        }
        throw all;
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

    private String hint(String text) {
        List<String> known = new ArrayList<>(select.keySet());
        known.addAll(columns.keySet());
        String nearest = NameSuggestion.closest(text, known);
        if (nearest != null) {
            return "did you mean \"" + nearest + "\"?";
        }
        List<String> listed = columns.keySet().stream().limit(LISTED).toList();
        String more = columns.size() > LISTED ? ", and %d more".formatted(columns.size() - LISTED) : "";
        return "it has " + String.join(", ", listed) + more;
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
