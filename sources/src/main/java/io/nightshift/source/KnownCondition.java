package io.nightshift.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Evaluates a job's condition for rows of which only some columns are known, such as those of a file that is not
/// opened yet.
public final class KnownCondition {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// The expressions that are evaluated for known columns. Anything else, a subquery above all, counts as
    /// not known.
    private static final Set<String> EVALUATED = Set.of(
            "BETWEEN",
            "CASE",
            "CAST",
            "COLUMN_REF",
            "COMPARISON",
            "CONJUNCTION",
            "CONSTANT",
            "FUNCTION",
            "OPERATOR",
            "TYPE");

    private final Connection connection;
    private final Functions functions;
    private final Set<String> known = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    private KnownCondition(Connection connection, Collection<String> known) throws SQLException {
        this.connection = connection;
        this.functions = Functions.of(connection);
        this.known.addAll(known);
    }

    /// A condition over the known columns that holds wherever a job's condition may hold.
    ///
    /// @param condition the job's, as it is written; need not be right
    /// @param known the names of columns, whose case makes no difference
    /// @return null if the job's condition says nothing of these columns alone
    public static @Nullable String over(Connection connection, String condition, Collection<String> known)
            throws SQLException {
        return known.isEmpty() ? null : new KnownCondition(connection, known).over(condition);
    }

    private @Nullable String over(String condition) throws SQLException {
        JsonNode parsed = json("SELECT json_serialize_sql(" + Sql.text("SELECT (" + condition + "\n)") + ")");
        JsonNode list = parsed.path("statements").path(0).path("node").path("select_list");
        return parsed.path("error").asBoolean() || parsed.path("statements").size() != 1 || list.size() != 1
                ? null
                : possible(parsed, list.get(0));
    }

    /// @param statement a parsed SELECT, by which an expression is written as SQL again
    private @Nullable String possible(JsonNode statement, JsonNode expression) throws SQLException {
        String type = expression.path("type").asText();
        if (type.equals("CONJUNCTION_AND") || type.equals("CONJUNCTION_OR")) {
            boolean isAnd = type.equals("CONJUNCTION_AND");
            List<String> parts = new ArrayList<>();
            for (JsonNode child : expression.path("children")) {
                String part = possible(statement, child);
                if (part != null) {
                    parts.add(part);
                } else if (!isAnd) {
                    return null;
                }
            }
            return parts.isEmpty() ? null : "(" + String.join(isAnd ? " AND " : " OR ", parts) + ")";
        }
        return isKnown(expression) && !columns(expression).isEmpty()
                // An error is that of a row, which is quarantined. A condition that is NULL lets no row through.
                ? "(TRY([%1$s]) IS NULL OR coalesce(TRY([%1$s])[1], FALSE))".formatted(sql(statement, expression))
                : null;
    }

    private static List<String> columns(JsonNode node) {
        List<String> names = new ArrayList<>();
        if (node.path("class").asText().equals("COLUMN_REF")) {
            names.add(node.path("column_names").path(0).asText());
        }
        node.forEach(child -> names.addAll(columns(child)));
        return names;
    }

    private boolean isKnown(JsonNode node) {
        String kind = node.path("class").asText();
        if (!kind.isEmpty() && !EVALUATED.contains(kind)) {
            return false;
        }
        if (kind.equals("COLUMN_REF")
                && (node.path("column_names").size() != 1
                        || !known.contains(node.path("column_names").path(0).asText()))) {
            return false;
        }
        if (kind.equals("FUNCTION")) {
            String name = node.path("function_name").asText().toLowerCase(Locale.ROOT);
            if (functions.refusal(name, node.path("arguments").size()) != null
                    || !functions.macros(name).isEmpty()) {
                return false;
            }
        }
        for (JsonNode child : node) {
            if (child.isContainerNode() && !isKnown(child)) {
                return false;
            }
        }
        return true;
    }

    private String sql(JsonNode statement, JsonNode expression) throws SQLException {
        ObjectNode copy = statement.deepCopy();
        ArrayNode list =
                (ArrayNode) copy.path("statements").path(0).path("node").path("select_list");
        list.removeAll();
        list.add(expression);
        String select = text("SELECT json_deserialize_sql(%s)".formatted(Sql.text(copy.toString())));
        return "(" + select.substring("SELECT ".length()) + ")";
    }

    private JsonNode json(String sql) throws SQLException {
        try {
            return JSON.readTree(text(sql));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's JSON can't be read", e);
        }
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
