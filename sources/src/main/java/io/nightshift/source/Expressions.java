package io.nightshift.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.ExpressionCost.Macro;
import io.nightshift.source.FunctionList.Cost;
import io.nightshift.source.FunctionList.Kind;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Checks that a job's SQL is one scalar expression over the row's own columns, using DuckDB's parser.
/// Subqueries and table functions could read other files; functions that depend on more than the row would
/// make a score depend on when and where it was computed.
public final class Expressions {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// The most levels of nested expressions and types. DuckDB binds them recursively, and threads of 1 MiB
    /// overflow at some 400 levels.
    private static final int MOST_LEVELS = 100;

    /// The most characters of an expression in a message.
    private static final int SHOWN = 400;

    private static final String TOO_DEEP =
            "it has more than %d levels of nested expressions. Write a sum or a concatenation of many values with list_sum([...]) or concat(...), or compute a part of it in the source"
                    .formatted(MOST_LEVELS);
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
            "COLLATE");

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
        Map<String, List<Macro>> macros = new HashMap<>();
        walk(key, expression, parsed, 0, macros);
        try {
            ExpressionCost.check(parsed, name -> macros.getOrDefault(name, List.of()));
        } catch (ExpressionCost.TooLarge e) {
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
        if (CaseOperands.areRepeated(selected)) {
            throw refusal(
                    key,
                    expression,
                    "the operand of a CASE is repeated for each WHEN, and it is long or has a CASE itself. Write CASE"
                            + " WHEN x = 1 instead of CASE x WHEN 1");
        }
        String sql = "SELECT json_serialize_sql(" + Sql.text("SELECT " + selected) + ")";
        JsonNode parsed;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            parsed = JSON.readTree(row.getString(1));
        } catch (StreamConstraintsException e) {
            throw refusal(key, expression, TOO_DEEP);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's JSON can't be read", e);
        }
        if (parsed.path("error").asBoolean()) {
            boolean parser = "parser".equals(parsed.path("error_type").asText());
            String message = parsed.path("error_message").asText().replaceAll("\\s+", " ");
            boolean deep = message.contains("expression depth limit");
            throw refusal(key, expression, deep ? TOO_DEEP : parser ? message : NOT_SINGLE);
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

    /// @param depth of the node: the number of expressions and types around it
    private void walk(String key, String expression, JsonNode node, int depth, Map<String, List<Macro>> macros)
            throws SQLException {
        if (depth > MOST_LEVELS) {
            throw refusal(key, expression, TOO_DEEP);
        }
        String kind = node.path("class").asText();
        switch (kind) {
            case "" -> {
                // Not an expression, but a node that may contain some.
            }
            case "FUNCTION" -> checkFunction(key, expression, node, depth, macros);
            case "COLUMN_REF" -> checkColumn(key, expression, node.path("column_names"));
            case "TYPE" -> checkType(key, expression, node);
            default -> {
                if (!ALLOWED.contains(kind)) {
                    throw refusal(
                            key,
                            expression,
                            "a %s is not allowed, only expressions over the row's own columns"
                                    .formatted(kind.toLowerCase(Locale.ROOT)));
                }
            }
        }
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                walk(key, expression, child, kind.isEmpty() ? depth : depth + 1, macros);
            }
        }
    }

    private void checkFunction(String key, String expression, JsonNode call, int depth, Map<String, List<Macro>> macros)
            throws SQLException {
        String name = call.path("function_name").asText().toLowerCase(Locale.ROOT);
        Cost cost = FunctionList.shipped().of(name);
        boolean macro = cost != null && (cost.kind() == Kind.MACRO || cost.kind() == Kind.ROWS);
        if (macro && !macros.containsKey(name)) {
            List<Macro> parsed = new ArrayList<>();
            macros.put(name, parsed);
            for (Functions.Definition definition : functions.macros(name)) {
                JsonNode tree = parse(key, expression, definition.definition());
                // A macro uses other macros, so it is checked where it is called.
                walk(key, expression, tree, depth, macros);
                parsed.add(new Macro(definition.parameters(), tree));
            }
        }
        String refusal = functions.refusal(name, call.path("arguments").size());
        if (refusal != null) {
            throw refusal(key, expression, refusal);
        }
    }

    /// DuckDB's casts from JSON to VARIANT recurse in native code without a bound.
    private static void checkType(String key, String expression, JsonNode type) {
        if (type.path("type_name").asText().equalsIgnoreCase("variant")) {
            throw refusal(
                    key,
                    expression,
                    "the type VARIANT can't be used: a deeply nested value would crash the process. Use JSON, or"
                            + " the type of the field");
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
        // So that a long expression doesn't push the reason out of the message.
        String shown = expression.length() > SHOWN ? expression.substring(0, SHOWN) + "…" : expression;
        return FailureException.permanent("%s: «%s»: %s".formatted(key, shown, why));
    }
}
