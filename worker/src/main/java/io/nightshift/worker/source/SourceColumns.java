package io.nightshift.worker.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NearMiss;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.source.BoundJob.Bound;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

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

    private final Connection connection;
    private final String relation;
    private final String called;
    private final Map<String, String> select;
    private final Origin origin;
    private final Map<String, String> columns;

    private SourceColumns(
            Connection connection, String relation, String called, Map<String, String> select, Origin origin)
            throws SQLException {
        this.connection = connection;
        this.relation = relation;
        this.called = called;
        this.select = select;
        this.origin = origin;
        this.columns = describe("SELECT * FROM " + relation);
    }

    /// Those of one file of a job's source.
    static SourceColumns ofFile(Connection connection, String file, Map<String, String> select) throws SQLException {
        return new SourceColumns(connection, "read_parquet(" + Sql.text(file) + ")", file, select, Origin.JOB_FILE);
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
            return new SourceColumns(connection, relation, called, select, origin);
        } catch (SQLException e) {
            throw FailureException.permanent("%s can't be read: %s".formatted(called, DuckDbError.firstLine(e)));
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
        boolean isKnown = select.containsKey(text) || columns.containsKey(text);
        boolean isMisspelt =
                text.matches("[A-Za-z_]\\w*") && columns.keySet().stream().noneMatch(text::equalsIgnoreCase);
        return isKnown || isMisspelt ? named(key, name, text) : new Bound(name, text, type(key, text));
    }

    /// The DuckDB type of an expression over the input's columns.
    ///
    /// @throws FailureException if it is not a single expression, not allowed, or can't be
    public String type(String key, String expression) throws SQLException {
        Expressions.check(connection, key, expression);
        try {
            return describe("SELECT (%s\n) AS e FROM %s".formatted(expression, relation))
                    .values()
                    .iterator()
                    .next();
        } catch (SQLException e) {
            throw Expressions.refusal(key, expression + "» over «" + called, e);
        }
    }

    /// The input's own columns that an expression reads.
    public Set<String> readBy(String key, String expression) throws SQLException {
        return Expressions.columns(connection, key, expression, columns.keySet());
    }

    private String hint(String text) {
        List<String> near = SourceFiles.near(text, columns.keySet());
        if (!near.isEmpty()) {
            return "did you mean " + String.join(" or ", near) + "?";
        }
        Set<String> known = new java.util.LinkedHashSet<>(select.keySet());
        known.addAll(columns.keySet());
        String nearest = NearMiss.of(text, known);
        if (nearest != null) {
            return "did you mean " + nearest + "?";
        }
        List<String> listed = columns.keySet().stream().limit(LISTED).toList();
        String more = columns.size() > LISTED ? ", and %d more".formatted(columns.size() - LISTED) : "";
        return "it has " + String.join(", ", listed) + more;
    }

    private Map<String, String> describe(String query) throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE " + query)) {
            while (rows.next()) {
                types.put(rows.getString(1), rows.getString(2).toUpperCase(Locale.ROOT));
            }
        }
        return types;
    }
}
