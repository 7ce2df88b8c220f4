package io.nightshift.protocol.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.protocol.job.ValueType.Section;
import java.util.List;
import java.util.Map;

/// Says in JSON Schema 2020-12 what [JobKeys] says.
final class JobSchema {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private JobSchema() {}

    static ObjectNode of(Section root) {
        ObjectNode schema = JSON.objectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Nightshift job file");
        return schema.setAll(section(root));
    }

    private static ObjectNode section(Section section) {
        ObjectNode properties = JSON.objectNode();
        ArrayNode required = JSON.arrayNode();
        ObjectNode needs = JSON.objectNode();
        for (JobKey key : section.keys()) {
            properties.set(key.name(), property(key));
            if (key.required()) {
                required.add(key.name());
            }
            if (key.needs() != null) {
                needs.putArray(key.name()).add(key.needs());
            }
        }
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("properties", properties);
        if (!required.isEmpty()) {
            schema.set("required", required);
        }
        if (section.choice()) {
            schema.put("minProperties", 1).put("maxProperties", 1);
        } else if (!section.kinds().isEmpty()) {
            ArrayNode kinds = schema.putArray("oneOf");
            section.kinds()
                    .forEach(kind -> kinds.addObject().putArray("required").add(kind));
        }
        if (!needs.isEmpty()) {
            schema.set("dependentRequired", needs);
        }
        return schema.put("additionalProperties", false);
    }

    private static ObjectNode property(JobKey key) {
        ObjectNode schema = JSON.objectNode().put("description", key.meaning());
        if (key.fallback() instanceof List<?> list) {
            ArrayNode values = schema.putArray("default");
            list.forEach(value -> values.add((String) value));
        } else if (key.fallback() instanceof Map) {
            schema.putObject("default");
        } else if (key.fallback() != null) {
            schema.putPOJO("default", key.fallback());
        }
        return schema.setAll(type(key.type()));
    }

    private static ObjectNode type(ValueType type) {
        return switch (type) {
            case Section section -> section(section);
            case ValueType.SectionOr either -> anyOf(type(either.only().type()), section(either.section()));
            case ValueType.Text text -> text(text.form());
            case ValueType.Texts texts -> texts(texts);
            case ValueType.TextLists lists -> lists(lists);
            case ValueType.Expressions ignored -> expressions();
            case ValueType.ColumnTypes types -> columnTypes(types);
            case ValueType.CategoryLists ignored -> categories();
            case ValueType.ParameterList ignored -> parameters();
            case ValueType.Templates ignored -> templates();
            case ValueType.AlertRules ignored -> alerts();
            case ValueType.ColumnLimits limits -> limits(limits);
            case ValueType.Labels ignored -> labels();
            case ValueType.Decisions ignored -> decisions();
            case ValueType.Thresholds ignored -> thresholds();
            case ValueType.Constants ignored -> constants();
            case ValueType.NewNames ignored -> newNames();
            case ValueType.Decimal ignored -> JSON.objectNode().put("type", "number");
            case ValueType.Index ignored -> index();
            case ValueType.Renames renames -> renames(renames);
            case ValueType.Lookups ignored -> lookups();
            case ValueType.Members ignored -> members();
            case ValueType.Flag ignored -> JSON.objectNode().put("type", "boolean");
            case ValueType.Choice choice -> choice(choice);
            case ValueType.Whole whole ->
                JSON.objectNode()
                        .put("type", "integer")
                        .put("minimum", whole.least())
                        .put("maximum", whole.most());
            case ValueType.Share ignored -> share();
            case ValueType.Threads ignored ->
                anyOf(
                        JSON.objectNode()
                                .put("type", "integer")
                                .put("minimum", 1)
                                .put("maximum", ValueType.Threads.MOST),
                        JSON.objectNode().put("type", "string").put("pattern", ValueType.Threads.PER_CENT));
            case ValueType.Time ignored ->
                JSON.objectNode().put("type", "string").put("pattern", ValueType.Time.PATTERN);
        };
    }

    private static ObjectNode text(Form form) {
        ObjectNode text = JSON.objectNode().put("type", "string").put("pattern", form.regex);
        return switch (form) {
            case BOUND, REF -> anyOf(text, JSON.objectNode().put("type", "number"));
            case SNAPSHOT, VERSION -> anyOf(text, JSON.objectNode().put("type", "integer"));
            default -> text;
        };
    }

    private static ObjectNode texts(ValueType.Texts type) {
        ObjectNode list = JSON.objectNode().put("type", "array");
        list.set("items", text(type.form()));
        list.put("minItems", type.least()).put("uniqueItems", true);
        return type.orOne() ? anyOf(text(type.form()), list) : list;
    }

    private static ObjectNode lists(ValueType.TextLists type) {
        ObjectNode lists = JSON.objectNode().put("type", "array");
        lists.set("items", texts(new ValueType.Texts(type.form(), 1, false)));
        return lists.put("uniqueItems", true);
    }

    private static ObjectNode expressions() {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.COLUMN.regex));
        schema.set(
                "additionalProperties",
                anyOf(
                        text(Form.EXPRESSION),
                        JSON.objectNode().put("type", "number"),
                        JSON.objectNode().put("type", "boolean")));
        return schema;
    }

    private static ObjectNode columnTypes(ValueType.ColumnTypes type) {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.COLUMN.regex));
        schema.set(
                "additionalProperties",
                JSON.objectNode().put("type", "string").put("pattern", ColumnType.pattern(type.nested())));
        return schema;
    }

    private static ObjectNode categories() {
        ObjectNode list = JSON.objectNode().put("type", "array");
        list.set(
                "items",
                anyOf(
                        text(Form.CATEGORY),
                        JSON.objectNode().put("type", "number"),
                        JSON.objectNode().put("type", "boolean")));
        list.put("minItems", 1).put("uniqueItems", true);
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.EXPRESSION.regex));
        schema.set("additionalProperties", list);
        return schema;
    }

    private static ObjectNode parameters() {
        ObjectNode type = JSON.objectNode().put("type", "string");
        List.of(ParameterType.values()).forEach(value -> type.withArray("enum").add(value.text()));
        ObjectNode withDefault = JSON.objectNode().put("type", "object");
        ObjectNode keys = withDefault.putObject("properties");
        keys.set("type", type.deepCopy());
        keys.set(
                "default",
                anyOf(JSON.objectNode().put("type", "string"), JSON.objectNode().put("type", "integer")));
        withDefault.putArray("required").add("type");
        withDefault.put("additionalProperties", false);
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", JobParameters.NAME.pattern()));
        schema.set("additionalProperties", anyOf(type, withDefault));
        return schema;
    }

    private static ObjectNode templates() {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set(
                "additionalProperties",
                anyOf(
                        JSON.objectNode().put("type", "string"),
                        JSON.objectNode().put("type", "number"),
                        JSON.objectNode().put("type", "boolean")));
        return schema;
    }

    private static ObjectNode alerts() {
        ObjectNode cause = JSON.objectNode().put("type", "string");
        for (AlertCause each : AlertCause.values()) {
            cause.withArray("enum").add(each.text());
        }
        ObjectNode causes = JSON.objectNode().put("type", "array").put("minItems", 1);
        causes.set("items", cause.deepCopy());
        causes.put("uniqueItems", true);
        ObjectNode rule = JSON.objectNode().put("type", "object");
        ObjectNode keys = rule.putObject("properties");
        keys.set("on", anyOf(cause, causes));
        keys.set("to", text(Form.NAME));
        rule.putArray("required").add("on").add("to");
        rule.put("additionalProperties", false);
        ObjectNode schema = JSON.objectNode().put("type", "array");
        schema.set("items", rule);
        return schema;
    }

    private static ObjectNode limits(ValueType.ColumnLimits type) {
        ObjectNode longForm = section(type.section());
        ObjectNode pair =
                JSON.objectNode().put("type", "array").put("minItems", 2).put("maxItems", 2);
        pair.set("items", JSON.objectNode().put("type", "number"));
        if (type.ranges()) {
            ArrayNode ends = longForm.putArray("anyOf");
            ends.addObject().putArray("required").add("min");
            ends.addObject().putArray("required").add("max");
        }
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.COLUMN.regex));
        schema.set(
                "additionalProperties",
                anyOf(type.ranges() ? pair : type.limit() instanceof ValueType.Index ? index() : share(), longForm));
        return schema;
    }

    private static ObjectNode index() {
        return JSON.objectNode().put("type", "number").put("minimum", 0);
    }

    private static ObjectNode renames(ValueType.Renames type) {
        ObjectNode map = JSON.objectNode().put("type", "object");
        map.set("propertyNames", JSON.objectNode().put("pattern", Form.COLUMN.regex));
        map.set("additionalProperties", text(Form.COLUMN));
        map.put("minProperties", type.least());
        ObjectNode list = texts(new ValueType.Texts(Form.COLUMN, type.least(), false));
        return anyOf(text(Form.COLUMN), list, map);
    }

    private static ObjectNode lookups() {
        ObjectNode schema = JSON.objectNode().put("type", "array");
        schema.set("items", section(Lookup.KEYS));
        return schema;
    }

    private static ObjectNode members() {
        ObjectNode schema = JSON.objectNode().put("type", "array").put("minItems", 2);
        schema.set("items", section(ValueType.Members.section()));
        return schema;
    }

    private static ObjectNode labels() {
        ObjectNode schema = JSON.objectNode().put("type", "object").put("minProperties", 1);
        schema.set("additionalProperties", text(Form.CATEGORY));
        return schema;
    }

    private static ObjectNode decisions() {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.OUTPUT_COLUMN.regex));
        schema.set(
                "additionalProperties",
                anyOf(JSON.objectNode().put("type", "number"), section(ValueType.Decisions.SECTION)));
        return schema;
    }

    private static ObjectNode thresholds() {
        ObjectNode schema = JSON.objectNode().put("type", "object").put("minProperties", 1);
        schema.set("additionalProperties", JSON.objectNode().put("type", "number"));
        return schema;
    }

    private static ObjectNode constants() {
        ObjectNode typed = JSON.objectNode().put("type", "object");
        ObjectNode types = typed.putObject("properties");
        for (OutputConstant.Type type : OutputConstant.Type.values()) {
            types.putObject(type.text());
        }
        typed.put("minProperties", 1).put("maxProperties", 1).put("additionalProperties", false);
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("propertyNames", JSON.objectNode().put("pattern", Form.OUTPUT_COLUMN.regex));
        schema.set(
                "additionalProperties",
                anyOf(
                        text(Form.VALUE),
                        JSON.objectNode().put("type", "number"),
                        JSON.objectNode().put("type", "boolean"),
                        typed));
        return schema;
    }

    private static ObjectNode newNames() {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        schema.set("additionalProperties", text(Form.OUTPUT_COLUMN));
        return schema;
    }

    private static ObjectNode choice(ValueType.Choice type) {
        ObjectNode schema = JSON.objectNode().put("type", "string");
        type.texts().forEach(schema.putArray("enum")::add);
        return schema;
    }

    private static ObjectNode share() {
        return anyOf(
                JSON.objectNode().put("type", "number").put("minimum", 0).put("maximum", 1),
                JSON.objectNode().put("type", "string").put("pattern", ValueType.Share.PER_CENT));
    }

    private static ObjectNode anyOf(ObjectNode... schemas) {
        ObjectNode schema = JSON.objectNode();
        ArrayNode choices = schema.putArray("anyOf");
        for (ObjectNode choice : schemas) {
            choices.add(choice);
        }
        return schema;
    }
}
