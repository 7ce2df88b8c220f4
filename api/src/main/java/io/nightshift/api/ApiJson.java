package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// Writes the records of this package as JSON and reads them: names in snake case, times in ISO 8601 (UTC).
///
/// Safe for use by several threads.
public final class ApiJson {

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    static {
        JsonSetter.Value emptyIfAbsent = JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);
        MAPPER.configOverride(List.class).setSetterInfo(emptyIfAbsent);
        MAPPER.configOverride(Map.class).setSetterInfo(emptyIfAbsent);
    }

    private ApiJson() {}

    /// Writes a record of this package as a JSON text.
    ///
    /// @param value a record of this package, or one made of the same types
    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write %s as JSON".formatted(value.getClass()), e);
        }
    }

    /// Turns a record of this package into a JSON tree.
    ///
    /// @param value a record of this package, or one made of the same types
    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /// Reads a record of this package.
    ///
    /// @param <T> the type of the record
    /// @param json a JSON object
    /// @param type the record's class
    /// @throws UncheckedIOException if the text isn't JSON of that type
    public static <T> T read(String json, Class<T> type) {
        try {
            T value = MAPPER.readValue(json, type);
            if (value == null) {
                throw new UncheckedIOException("null isn't a " + type.getSimpleName(), new IOException("null"));
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e.getOriginalMessage(), e);
        }
    }
}
