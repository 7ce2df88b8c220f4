package io.nightshift.storage.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/// Checks that a job's SQL is one scalar expression over the row's own columns, using DuckDB's parser.
/// Subqueries and table functions could read other files; functions that depend on more than the row would
/// make a score depend on when and where it was computed.
public final class Expressions {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOT_SINGLE = "it is not a single expression";
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
            "TYPE");

    private final Connection connection;
    private final Functions functions;
    private final Collection<String> named;
    private final Set<String> columns = new HashSet<>();

    /// @param columns of the file
    public Expressions(Connection connection, Collection<String> columns) throws SQLException {
        this.connection = connection;
        this.functions = Functions.of(connection);
        this.named = columns;
        columns.forEach(column -> this.columns.add(column.toLowerCase(Locale.ROOT)));
    }

    /// @param key where the job file has it, e.g. `source.where`
    /// @throws FailureException saying what is not allowed
    public void check(String key, String expression) throws SQLException {
        // It is used in parentheses, where a clause could hide behind a closing one: `1) HAVING (true`. So it must
        // also be an expression without them.
        parse(key, expression, expression + "\n");
        JsonNode parsed = parse(key, expression, "(" + expression + "\n)");
        walk(key, expression, parsed, new HashSet<>());
        try {
            ExpressionSize.check(parsed);
        } catch (ExpressionSize.TooLarge e) {
            throw refusal(key, expression, String.valueOf(e.getMessage()));
        }
    }

    /// The file's columns that an expression reads, as the file writes their names.
    Set<String> columnsOf(String key, String expression) throws SQLException {
        Set<String> read = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        collect(parse(key, expression, "(" + expression + "\n)"), read);
        Set<String> known = new TreeSet<>(named);
        known.removeIf(name -> !read.contains(name));
        return known;
    }

    private static void collect(JsonNode node, Set<String> names) {
        node.path("column_names").forEach(name -> names.add(name.asText()));
        node.forEach(child -> collect(child, names));
    }

    private JsonNode parse(String key, String expression, String selected) throws SQLException {
        String sql = "SELECT json_serialize_sql(" + Sql.text("SELECT " + selected) + ")";
        JsonNode parsed;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            parsed = JSON.readTree(row.getString(1));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's JSON can't be read", e);
        }
        if (parsed.path("error").asBoolean()) {
            boolean parser = "parser".equals(parsed.path("error_type").asText());
            String message = parsed.path("error_message").asText().replaceAll("\\s+", " ");
            throw refusal(key, expression, parser ? message : NOT_SINGLE);
        }
        JsonNode select = parsed.path("statements").path(0).path("node");
        JsonNode list = select.path("select_list");
        boolean single = parsed.path("statements").size() == 1
                && "SELECT_NODE".equals(select.path("type").asText())
                && list.size() == 1
                && list.get(0).path("alias").asText().isEmpty()
                && "EMPTY".equals(select.path("from_table").path("type").asText())
                && select.path("where_clause").isNull()
                && select.path("group_expressions").isEmpty()
                && "STANDARD_HANDLING".equals(select.path("aggregate_handling").asText())
                && select.path("having").isNull()
                && select.path("qualify").isNull()
                && select.path("sample").isNull()
                && select.path("modifiers").isEmpty();
        if (!single) {
            throw refusal(key, expression, NOT_SINGLE);
        }
        return list.get(0);
    }

    private void walk(String key, String expression, JsonNode node, Set<String> macrosSeen) throws SQLException {
        switch (node.path("class").asText()) {
            case "" -> {
                // Not an expression, but a node that may contain some.
            }
            case "FUNCTION" -> checkFunction(key, expression, node, macrosSeen);
            case "COLUMN_REF" -> checkColumn(key, expression, node.path("column_names"));
            case String kind
            when !ALLOWED.contains(kind) ->
                throw refusal(
                        key,
                        expression,
                        "a %s is not allowed, only expressions over the row's own columns"
                                .formatted(kind.toLowerCase(Locale.ROOT)));
            default -> {
                // Allowed.
            }
        }
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                walk(key, expression, child, macrosSeen);
            }
        }
    }

    private void checkFunction(String key, String expression, JsonNode call, Set<String> macrosSeen)
            throws SQLException {
        String name = call.path("function_name").asText().toLowerCase(Locale.ROOT);
        String refusal = functions.refusal(name, call.path("arguments").size());
        if (refusal != null) {
            throw refusal(key, expression, refusal);
        }
        if (macrosSeen.add(name)) {
            for (String macro : functions.macros(name)) {
                walk(key, expression, parse(key, expression, macro), macrosSeen);
            }
        }
    }

    private void checkColumn(String key, String expression, JsonNode names) {
        String name = names.path(0).asText();
        if (columns.contains(name.toLowerCase(Locale.ROOT))) {
            return;
        }
        if (names.size() == 1 && Functions.isBare(name)) {
            throw refusal(
                    key,
                    expression,
                    "there is no column %s, and what DuckDB calls by that name depends on more than the row"
                            .formatted(name));
        }
        if (name.toLowerCase(Locale.ROOT).startsWith("nightshift_")) {
            throw refusal(key, expression, "there is no column " + name);
        }
    }

    static FailureException refusal(String key, String expression, String why) {
        return FailureException.permanent("%s: «%s»: %s".formatted(key, expression, why));
    }
}
