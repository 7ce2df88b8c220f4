package io.nightshift.source.lake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.source.lake.RowFilter.Constant;
import io.nightshift.source.lake.RowFilter.Kind;
import io.nightshift.source.lake.RowFilter.Operator;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds the parts of a job's condition that compare a column with constants.
final class RowFilters {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RowFilters() {}

    /// A filter that holds wherever a condition may hold.
    ///
    /// @param condition as the job has it; need not be right
    /// @return null if no part of the condition is such a comparison
    static @Nullable RowFilter of(Connection connection, String condition) throws SQLException {
        JsonNode parsed;
        String sql = "SELECT json_serialize_sql(" + Sql.text("SELECT (" + condition + "\n)") + ")";
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            parsed = JSON.readTree(row.getString(1));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("DuckDB's JSON can't be read", e);
        }
        JsonNode list = parsed.path("statements").path(0).path("node").path("select_list");
        return parsed.path("error").asBoolean() || parsed.path("statements").size() != 1 || list.size() != 1
                ? null
                : filter(list.get(0));
    }

    private static @Nullable RowFilter filter(JsonNode node) {
        String type = node.path("type").asText();
        return switch (type) {
            case "CONJUNCTION_AND" -> and(node.path("children"));
            case "CONJUNCTION_OR" -> or(node.path("children"));
            case "COMPARE_EQUAL" -> comparison(node, Operator.EQUAL, Operator.EQUAL);
            case "COMPARE_LESSTHAN" -> comparison(node, Operator.LESS, Operator.GREATER);
            case "COMPARE_LESSTHANOREQUALTO" -> comparison(node, Operator.LESS_OR_EQUAL, Operator.GREATER_OR_EQUAL);
            case "COMPARE_GREATERTHAN" -> comparison(node, Operator.GREATER, Operator.LESS);
            case "COMPARE_GREATERTHANOREQUALTO" -> comparison(node, Operator.GREATER_OR_EQUAL, Operator.LESS_OR_EQUAL);
            case "COMPARE_BETWEEN" -> between(node);
            case "COMPARE_IN" -> in(node.path("children"));
            case "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL" -> {
                String column = column(node.path("children").path(0));
                yield column == null ? null : new RowFilter.Null(column, type.equals("OPERATOR_IS_NULL"));
            }
            default -> null;
        };
    }

    private static @Nullable RowFilter and(JsonNode children) {
        List<RowFilter> parts = new ArrayList<>();
        for (JsonNode child : children) {
            RowFilter part = filter(child);
            if (part != null) {
                parts.add(part);
            }
        }
        return parts.isEmpty() ? null : new RowFilter.And(parts);
    }

    private static @Nullable RowFilter or(JsonNode children) {
        List<RowFilter> parts = new ArrayList<>();
        for (JsonNode child : children) {
            RowFilter part = filter(child);
            if (part == null) {
                return null;
            }
            parts.add(part);
        }
        return new RowFilter.Or(parts);
    }

    private static @Nullable RowFilter comparison(JsonNode node, Operator operator, Operator reversed) {
        String left = column(node.path("left"));
        Constant constant = constant(node.path(left == null ? "left" : "right"));
        String column = left == null ? column(node.path("right")) : left;
        return column == null || constant == null
                ? null
                : new RowFilter.Comparison(column, left == null ? reversed : operator, constant);
    }

    private static @Nullable RowFilter between(JsonNode node) {
        String column = column(node.path("input"));
        Constant lower = constant(node.path("lower"));
        Constant upper = constant(node.path("upper"));
        return column == null || lower == null || upper == null
                ? null
                : new RowFilter.And(List.of(
                        new RowFilter.Comparison(column, Operator.GREATER_OR_EQUAL, lower),
                        new RowFilter.Comparison(column, Operator.LESS_OR_EQUAL, upper)));
    }

    private static @Nullable RowFilter in(JsonNode children) {
        String column = column(children.path(0));
        List<Constant> constants = new ArrayList<>();
        for (int i = 1; i < children.size(); i++) {
            Constant constant = constant(children.get(i));
            if (constant == null) {
                return null;
            }
            constants.add(constant);
        }
        return column == null || constants.isEmpty() ? null : new RowFilter.In(column, constants);
    }

    private static @Nullable String column(JsonNode node) {
        JsonNode names = node.path("column_names");
        return node.path("class").asText().equals("COLUMN_REF") && names.size() == 1
                ? names.get(0).asText()
                : null;
    }

    private static @Nullable Constant constant(JsonNode node) {
        if (node.path("class").asText().equals("CAST") && !node.path("try_cast").asBoolean()) {
            Constant cast = constant(node.path("child"));
            String type = node.path("type_expr").path("type_name").asText().toUpperCase(Locale.ROOT);
            return cast == null || cast.kind() != Kind.TEXT
                    ? null
                    : switch (type) {
                        case "DATE" -> new Constant(Kind.DATE, cast.text());
                        case "TIMESTAMP" -> new Constant(Kind.TIMESTAMP, cast.text());
                        default -> null;
                    };
        }
        JsonNode literal = node.path("literal");
        String text = literal.path("text").asText();
        return switch (literal.path("kind").asText()) {
            case "INTEGER" -> new Constant(Kind.INTEGER, text);
            case "STRING" -> new Constant(Kind.TEXT, text);
            default -> null;
        };
    }
}
