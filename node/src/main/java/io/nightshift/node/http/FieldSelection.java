package io.nightshift.node.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.node.gateway.ProblemException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Some fields of a record of the API, for a caller who needs less: `batch,state,checks.name` asks for three, one
/// of them in each element of a list.
final class FieldSelection {

    private static final PropertyNamingStrategies.NamingBase NAMING = new PropertyNamingStrategies.SnakeCaseStrategy();

    private final Map<String, FieldSelection> fields = new HashMap<>();
    private boolean isWhole;

    private FieldSelection() {}

    /// @param text names of fields, separated by commas; a dot stands before a field of a field
    /// @param type the record that has them
    /// @throws ProblemException if it has no such field
    static FieldSelection parse(String text, Class<? extends Record> type) {
        FieldSelection selection = new FieldSelection();
        for (String path : text.split(",", -1)) {
            FieldSelection at = selection;
            Class<?> in = type;
            for (String name : path.split("\\.", -1)) {
                in = typeOf(in, name, path);
                at = at.fields.computeIfAbsent(name, _ -> new FieldSelection());
            }
            at.isWhole = true;
        }
        return selection;
    }

    private static Class<?> typeOf(Class<?> record, String name, String path) {
        RecordComponent[] components = record.isRecord() ? record.getRecordComponents() : new RecordComponent[0];
        return Arrays.stream(components)
                .filter(component -> NAMING.translate(component.getName()).equals(name))
                .findFirst()
                .map(component -> elementType(component.getGenericType()))
                .orElseThrow(() -> ProblemException.badRequest(
                        "The parameter fields is invalid. There is no field %s.".formatted(path)));
    }

    private static Class<?> elementType(Type type) {
        return switch (type) {
            case Class<?> plain -> plain;
            case ParameterizedType list
            when list.getRawType() == List.class -> elementType(list.getActualTypeArguments()[0]);
            default -> Object.class;
        };
    }

    /// Takes the other fields away.
    ///
    /// @param json a record, or a list of records; is changed
    void retain(JsonNode json) {
        if (isWhole) {
            return;
        }
        switch (json) {
            case ArrayNode list -> list.forEach(this::retain);
            case ObjectNode object -> {
                object.retain(fields.keySet());
                fields.forEach((name, selected) -> {
                    JsonNode value = object.get(name);
                    if (value != null) {
                        selected.retain(value);
                    }
                });
            }
            default -> {}
        }
    }
}
