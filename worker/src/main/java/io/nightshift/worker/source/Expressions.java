package io.nightshift.worker.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.TreeSet;

/// Holds a job's SQL to what it may be: one scalar expression over the row's own columns. DuckDB's
/// parser does the reading. Subqueries and table functions could read other files; functions that
/// change from call to call would make a score depend on when it was computed.
final class Expressions {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> ALLOWED = Set.of(
            "BETWEEN",
            "CASE",
            "CAST",
            "COLUMN_REF",
            "COMPARISON",
            "CONJUNCTION",
            "CONSTANT",
            "FUNCTION",
            "LAMBDA",
            "OPERATOR",
            "COLLATE",
            "POSITIONAL_REFERENCE",
            "TYPE");

    private Expressions() {}

    /// @param key where the job file has it, e.g. `source.where`
    /// @throws FailureException saying what is not allowed
    static void check(Connection connection, String key, String expression) throws SQLException {
        JsonNode statement = parse(connection, key, expression);
        JsonNode select = statement.path("node");
        JsonNode list = select.path("select_list");
        boolean single = "SELECT_NODE".equals(select.path("type").asText())
                && list.size() == 1
                && "EMPTY".equals(select.path("from_table").path("type").asText())
                && select.path("where_clause").isNull()
                && select.path("modifiers").isEmpty();
        if (!single) {
            throw refusal(key, expression, "it is not a single expression");
        }
        Set<String> functions = new TreeSet<>();
        walk(key, expression, list.get(0), functions);
        refuseChanging(connection, key, expression, functions);
    }

    /// The names among `known` that an expression reads, upper and lower case being the same.
    static Set<String> columns(Connection connection, String key, String expression, Set<String> known)
            throws SQLException {
        Set<String> read = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        collect(parse(connection, key, expression), read);
        Set<String> columns = new TreeSet<>(known);
        columns.removeIf(name -> !read.contains(name));
        return columns;
    }

    private static void collect(JsonNode node, Set<String> names) {
        node.path("column_names").forEach(name -> names.add(name.asText()));
        node.forEach(child -> collect(child, names));
    }

    private static JsonNode parse(Connection connection, String key, String expression) throws SQLException {
        String sql = "SELECT json_serialize_sql(" + Sql.text("SELECT (" + expression + "\n)") + ")";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            JsonNode parsed = JSON.readTree(row.getString(1));
            if (parsed.path("error").asBoolean()) {
                throw refusal(key, expression, parsed.path("error_message").asText());
            }
            if (parsed.path("statements").size() != 1) {
                throw refusal(key, expression, "it is not a single expression");
            }
            return parsed.path("statements").get(0);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's JSON can't be read", e);
        }
    }

    private static void walk(String key, String expression, JsonNode node, Set<String> functions) {
        JsonNode kind = node.path("class");
        if (kind.isTextual()) {
            if (!ALLOWED.contains(kind.asText())) {
                throw refusal(
                        key,
                        expression,
                        "a %s is not allowed, only expressions over the row's own columns"
                                .formatted(kind.asText().toLowerCase(java.util.Locale.ROOT)));
            }
            if ("FUNCTION".equals(kind.asText())) {
                functions.add(node.path("function_name").asText());
            }
        }
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                walk(key, expression, child, functions);
            }
        }
    }

    private static void refuseChanging(Connection connection, String key, String expression, Set<String> functions)
            throws SQLException {
        if (functions.isEmpty()) {
            return;
        }
        String sql = """
                SELECT DISTINCT function_name, stability FROM duckdb_functions()
                WHERE stability <> 'CONSISTENT' AND list_contains(%s, function_name)
                """.formatted(Sql.texts(functions));
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (rows.next()) {
                throw refusal(
                        key,
                        expression,
                        "%s() gives another value each time, so scores could not be repeated. Write the value itself, or set it with --set"
                                .formatted(rows.getString(1)));
            }
        }
    }

    static FailureException refusal(String key, String expression, SQLException e) {
        return refusal(key, expression, DuckDbError.firstLine(e));
    }

    private static FailureException refusal(String key, String expression, String why) {
        return FailureException.permanent("%s: «%s»: %s".formatted(key, expression, why));
    }
}
