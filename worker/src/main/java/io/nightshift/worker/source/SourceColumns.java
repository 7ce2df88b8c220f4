package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.source.BoundJob.Bound;
import java.nio.file.Path;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The columns of an input and those computed from them: finds a name's SQL and its type, and refuses
/// what an expression may not be. For the use of one thread, as its connection is.
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

    private static final Pattern RESERVED =
            Pattern.compile("adds column \"([^\"]+)\", but a column with this name is also in the file");

    private final Connection connection;
    private final String relation;
    private final String called;
    private final Map<String, String> select;
    private final Origin origin;
    private final Map<String, String> columns;
    private final Expressions expressions;
    private final boolean checks;

    /// The types of the expressions that were looked at, by their SQL.
    private final Map<String, String> types = new HashMap<>();

    private SourceColumns(
            Connection connection,
            String relation,
            String own,
            String called,
            Map<String, String> select,
            Origin origin,
            boolean checks)
            throws SQLException {
        this.connection = connection;
        this.relation = relation;
        this.called = called;
        this.select = select;
        this.origin = origin;
        this.columns = Collections.unmodifiableMap(describe(own));
        this.checks = checks;
        this.expressions = new Expressions(connection, columns.keySet());
    }

    /// Those of one file of a job's source.
    ///
    /// @param checks whether expressions are held to what a job may say; they were, where a batch is
    ///     planned
    static SourceColumns ofFile(Connection connection, String file, Map<String, String> select, boolean checks)
            throws SQLException {
        try {
            return new SourceColumns(
                    connection,
                    Sql.parquet(List.of(file)),
                    "* EXCLUDE (file_row_number, nightshift_file)",
                    file,
                    select,
                    Origin.JOB_FILE,
                    checks);
        } catch (SQLException e) {
            Matcher reserved = RESERVED.matcher(DuckDbError.reason(e));
            if (reserved.find()) {
                throw FailureException.permanent(
                        "source: %s has a column \"%s\", a name that is needed to tell rows apart; rename the column"
                                .formatted(file, reserved.group(1)));
            }
            throw e;
        }
    }

    /// Those of files, folders and globs, taken for one table: a column that some files lack is NULL there.
    ///
    /// @throws FailureException if a path names nothing, or what it names is not Parquet
    public static SourceColumns of(
            Connection connection, List<String> paths, Map<String, String> select, Origin origin) {
        List<Path> files = SourceFiles.expand(paths);
        files.forEach(SourceFiles::checkMagic);
        String relation = "read_parquet(%s, union_by_name = true)"
                .formatted(Sql.texts(files.stream().map(Path::toString).toList()));
        String called = files.size() == 1 ? files.getFirst().toString() : "these %,d files".formatted(files.size());
        try {
            return new SourceColumns(connection, relation, "*", called, select, origin, true);
        } catch (SQLException e) {
            throw FailureException.permanent("%s can't be read: %s".formatted(called, DuckDbError.reason(e)));
        }
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

    /// Whether a text is an expression of its own. A lone name is none: where no column has it, it is
    /// misspelt.
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

    /// Finds the types of expressions, by one query if none is wrong.
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
