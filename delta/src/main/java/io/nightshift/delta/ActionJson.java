package io.nightshift.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.delta.kernel.data.ArrayValue;
import io.delta.kernel.data.MapValue;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.data.GenericRow;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The actions of a log as JSON: objects of texts, whole numbers, booleans, lists, and maps of texts.
final class ActionJson {

    /// DuckDB writes NaN as it is, which statistics of another program can have.
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ActionJson() {}

    /// An action as one line.
    static String write(Row action) {
        return object(action).toString();
    }

    private static ObjectNode object(Row row) {
        ObjectNode object = NODES.objectNode();
        for (int i = 0; i < row.getSchema().length(); i++) {
            StructField field = row.getSchema().at(i);
            Object value = value(row, i, field.getDataType());
            if (value != null) {
                object.set(field.getName(), node(value, field.getDataType()));
            }
        }
        return object;
    }

    /// A value of a row, as the kernel has it; null if there is none.
    static @Nullable Object value(Row row, int field, DataType type) {
        if (row.isNullAt(field)) {
            return null;
        }
        return switch (type) {
            case StringType _ -> row.getString(field);
            case LongType _ -> row.getLong(field);
            case IntegerType _ -> row.getInt(field);
            case BooleanType _ -> row.getBoolean(field);
            case StructType _ -> row.getStruct(field);
            case MapType _ -> row.getMap(field);
            case ArrayType _ -> row.getArray(field);
            default -> throw unknown(type);
        };
    }

    private static IllegalArgumentException unknown(DataType type) {
        return new IllegalArgumentException("actions have no values of the type " + type);
    }

    private static JsonNode node(@Nullable Object value, DataType type) {
        return switch (value) {
            case null -> NODES.nullNode();
            case String text -> NODES.textNode(text);
            case Long number -> NODES.numberNode(number);
            case Integer number -> NODES.numberNode(number);
            case Boolean flag -> NODES.booleanNode(flag);
            case Row row -> object(row);
            case MapValue map -> {
                ObjectNode object = NODES.objectNode();
                Map<String, @Nullable String> entries = VectorUtils.toJavaMap(map);
                new TreeMap<>(entries).forEach(object::put);
                yield object;
            }
            case ArrayValue array -> {
                DataType element = ((ArrayType) type).getElementType();
                ArrayNode list = NODES.arrayNode();
                VectorUtils.toJavaList(array).forEach(each -> list.add(node(each, element)));
                yield list;
            }
            default -> throw unknown(type);
        };
    }

    /// The fields of a schema that a line has.
    ///
    /// @throws IllegalArgumentException if the line is not JSON, or lacks a field that must be there
    static Row read(String line, StructType schema) {
        try {
            return row(JSON.readTree(line), schema);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a line is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static Row row(JsonNode object, StructType schema) {
        if (!object.isObject()) {
            throw new IllegalArgumentException("a line has %s instead of an object".formatted(object.getNodeType()));
        }
        Map<Integer, Object> values = new HashMap<>();
        for (int i = 0; i < schema.length(); i++) {
            StructField field = schema.at(i);
            JsonNode value = object.get(field.getName());
            if (value != null && !value.isNull()) {
                values.put(i, parsed(field.getName(), value, field.getDataType()));
            } else if (!field.isNullable()) {
                throw new IllegalArgumentException("an action lacks the field " + field.getName());
            }
        }
        return new GenericRow(schema, values);
    }

    private static Object parsed(String name, JsonNode value, DataType type) {
        return switch (type) {
            case StringType _ -> text(value);
            case LongType _ ->
                require(name, value, value.isIntegralNumber() && value.canConvertToLong())
                        .longValue();
            case IntegerType _ ->
                require(name, value, value.isIntegralNumber() && value.canConvertToInt())
                        .intValue();
            case BooleanType _ -> require(name, value, value.isBoolean()).booleanValue();
            case StructType struct -> row(value, struct);
            case MapType map -> map(name, value, map);
            case ArrayType array -> {
                List<Object> elements = new ArrayList<>();
                require(name, value, value.isArray())
                        .forEach(each -> elements.add(parsed(name, each, array.getElementType())));
                yield VectorUtils.buildArrayValue(elements, array.getElementType());
            }
            default -> throw unknown(type);
        };
    }

    private static JsonNode require(String name, JsonNode value, boolean isRight) {
        if (!isRight) {
            throw new IllegalArgumentException("the field %s of an action is %s".formatted(name, value));
        }
        return value;
    }

    /// Some writers have numbers and booleans where the protocol has texts.
    private static String text(JsonNode value) {
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private static MapValue map(String name, JsonNode value, MapType type) {
        if (!(type.getValueType() instanceof StringType)) {
            throw unknown(type);
        }
        Map<String, @Nullable String> entries = new LinkedHashMap<>();
        require(name, value, value.isObject())
                .properties()
                .forEach(entry ->
                        entries.put(entry.getKey(), entry.getValue().isNull() ? null : text(entry.getValue())));
        return VectorUtils.stringStringMapValue(entries);
    }
}
