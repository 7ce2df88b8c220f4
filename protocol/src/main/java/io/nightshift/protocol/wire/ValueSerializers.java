package io.nightshift.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/// The serializers of the values in records. Kryo's own serializers allocate as much as a length in the input
/// says before they look for the bytes; these check the length first.
final class ValueSerializers {

    private ValueSerializers() {}

    /// Reads the number of bytes or elements that follow.
    ///
    /// @throws KryoException if fewer bytes follow; each element takes at least one
    static int readLength(Input input) {
        return checked(input.readVarInt(true), input);
    }

    static int checked(int length, Input input) {
        int left = input.limit() - input.position();
        if (length < 0 || length > left) {
            throw new KryoException("a length of %d with %d bytes left".formatted(length, left));
        }
        return length;
    }

    private static void writeText(Output output, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        output.writeVarInt(bytes.length, true);
        output.writeBytes(bytes);
    }

    private static String readText(Input input) {
        return new String(input.readBytes(readLength(input)), StandardCharsets.UTF_8);
    }

    /// A text: its length in bytes, and UTF-8.
    static final class Texts extends Serializer<String> {
        @Override
        public void write(Kryo kryo, Output output, String text) {
            writeText(output, text);
        }

        @Override
        public String read(Kryo kryo, Input input, Class<? extends String> type) {
            return readText(input);
        }
    }

    /// A JSON value as a text.
    static final class JsonTexts extends Serializer<JsonNode> {
        @Override
        public void write(Kryo kryo, Output output, JsonNode json) {
            writeText(output, json.toString());
        }

        @Override
        public JsonNode read(Kryo kryo, Input input, Class<? extends JsonNode> type) {
            try {
                return ApiJson.read(readText(input), JsonNode.class);
            } catch (UncheckedIOException e) {
                throw new KryoException("not JSON: " + e.getMessage(), e);
            }
        }
    }

    /// An enum constant as its name.
    static final class Names extends Serializer<Object> {
        private final Map<String, Object> constants;

        Names(Class<?> type) {
            constants = Arrays.stream(type.getEnumConstants())
                    .collect(Collectors.toMap(constant -> ((Enum<?>) constant).name(), Function.identity()));
        }

        @Override
        public void write(Kryo kryo, Output output, Object constant) {
            writeText(output, ((Enum<?>) constant).name());
        }

        @Override
        public Object read(Kryo kryo, Input input, Class<?> type) {
            String name = readText(input);
            Object constant = constants.get(name);
            if (constant == null) {
                throw new KryoException("no %s is called '%s'".formatted(type.getSimpleName(), name));
            }
            return constant;
        }
    }

    /// A list: the number of elements, and the elements. Reads into an unmodifiable list; refuses null
    /// elements.
    static final class Lists extends Serializer<List<?>> {
        @Override
        public void write(Kryo kryo, Output output, List<?> list) {
            output.writeVarInt(list.size(), true);
            list.forEach(element -> kryo.writeClassAndObject(output, element));
        }

        @Override
        public List<?> read(Kryo kryo, Input input, Class<? extends List<?>> type) {
            int size = readLength(input);
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                list.add(kryo.readClassAndObject(input));
            }
            return List.copyOf(list);
        }
    }

    /// A map: the number of entries, and the keys and values alternately. Reads into an unmodifiable map with
    /// the same order.
    static final class Maps extends Serializer<Map<?, ?>> {
        @Override
        public void write(Kryo kryo, Output output, Map<?, ?> map) {
            output.writeVarInt(map.size(), true);
            map.forEach((key, value) -> {
                kryo.writeClassAndObject(output, key);
                kryo.writeClassAndObject(output, value);
            });
        }

        @Override
        public Map<?, ?> read(Kryo kryo, Input input, Class<? extends Map<?, ?>> type) {
            int size = readLength(input);
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < size; i++) {
                map.put(kryo.readClassAndObject(input), kryo.readClassAndObject(input));
            }
            return Collections.unmodifiableMap(map);
        }
    }

    /// An actor as its address and path.
    static final class ActorRefs extends Serializer<ActorRef<?>> {
        private final ActorRefResolver references;

        ActorRefs(ActorRefResolver references) {
            this.references = references;
        }

        @Override
        public void write(Kryo kryo, Output output, ActorRef<?> actor) {
            writeText(output, references.toSerializationFormat(actor));
        }

        @Override
        public ActorRef<?> read(Kryo kryo, Input input, Class<? extends ActorRef<?>> type) {
            return references.resolveActorRef(readText(input));
        }
    }
}
