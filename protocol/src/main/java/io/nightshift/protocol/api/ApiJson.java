package io.nightshift.protocol.api;

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
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.ledger.EventCodec;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// The records of this package as JSON: names in snake case, times in ISO 8601.
public final class ApiJson {

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private static final ObjectMapper CBOR = new CBORMapper();

    static {
        JsonSetter.Value emptyIfAbsent = JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);
        MAPPER.configOverride(List.class).setSetterInfo(emptyIfAbsent);
        MAPPER.configOverride(Map.class).setSetterInfo(emptyIfAbsent);
    }

    private ApiJson() {}

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of this package can always be written", e);
        }
    }

    public static JsonNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /// @throws UncheckedIOException if the text isn't such a record
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

    /// An entry of a batch's ledger: `number`, `hash`, and the event as it is stored, whatever it holds.
    ///
    /// @throws UncheckedIOException if the entry is damaged
    public static ObjectNode entry(long number, LedgerEntry entry) {
        try {
            ObjectNode json = MAPPER.createObjectNode();
            json.put("number", number);
            json.put("hash", entry.hash());
            CBOR.readTree(entry.bytes()).properties().forEach(field -> json.set(field.getKey(), field.getValue()));
            return json;
        } catch (IOException e) {
            throw new UncheckedIOException("entry %d is damaged".formatted(number), e);
        }
    }

    /// The event of what [#entry(long, LedgerEntry)] wrote.
    ///
    /// @throws UncheckedIOException if it isn't an event
    public static BatchEvent event(JsonNode entry) {
        try {
            return EventCodec.decode(CBOR.writeValueAsBytes(entry));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e.getOriginalMessage(), e);
        }
    }
}
