package io.nightshift.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.TimeSerializers.DurationSerializer;
import com.esotericsoftware.kryo.serializers.TimeSerializers.InstantSerializer;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import com.esotericsoftware.kryo.util.Pool;
import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.protocol.wire.WireTypes.WireType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.jspecify.annotations.Nullable;

/// Writes and reads values with a Kryo that trusts neither the lengths nor the class names in its input. For
/// use by one thread at a time.
///
/// A value is the number of its class, followed by what that class's serializer writes; null is the number 0.
/// There are no references between values: an object that occurs twice is written twice.
final class WireCodec {

    /// The deepest nesting of values: far more than any message needs, so anything deeper is an attack.
    private static final int DEPTH = 16;

    private static final byte[] NOTHING = {};

    /// For [#sizeOf]. A new codec looks at the components of all classes, which takes milliseconds.
    private static final Pool<WireCodec> SIZES = new Pool<>(true, false, 4) {
        @Override
        protected WireCodec create() {
            return new WireCodec(WireTypes.ALL, null);
        }
    };

    private final Kryo kryo;
    private final Output output = new Output(1024, WireLimits.MESSAGE);
    private final Input input = new Input(NOTHING);

    /// @param references translates actors to text and back; null if no value holds an actor
    WireCodec(List<WireType> types, @Nullable ActorRefResolver references) {
        kryo = new RegisteredTypesKryo();
        kryo.setRegistrationRequired(true);
        kryo.setMaxDepth(DEPTH);
        // Kryo itself uses the numbers 0 to 9 for primitive types and String.
        kryo.register(String.class, new ValueSerializers.Texts(), 1);
        kryo.register(List.class, new ValueSerializers.Lists(), 10);
        kryo.register(Map.class, new ValueSerializers.Maps(), 11);
        kryo.register(Instant.class, new InstantSerializer(), 12);
        kryo.register(Duration.class, new DurationSerializer(), 13);
        kryo.register(JsonNode.class, new ValueSerializers.JsonTexts(), 15);
        if (references != null) {
            kryo.register(ActorRef.class, new ValueSerializers.ActorRefs(references), 14);
        }
        types.forEach(type -> kryo.register(type.type(), serializer(type.type()), type.id()));
    }

    private static Serializer<?> serializer(Class<?> type) {
        if (type.isRecord()) {
            return new RecordSerializer(type.asSubclass(Record.class));
        }
        if (type.isEnum()) {
            return new ValueSerializers.Names(type);
        }
        throw new IllegalArgumentException(type + " is neither a record nor an enum");
    }

    /// @throws RuntimeException if the class of the value or of a part of it has no number, or if the bytes
    ///     would exceed [WireLimits#MESSAGE]
    byte[] write(Object value) {
        output.reset();
        kryo.writeObject(output, value);
        return output.toBytes();
    }

    /// @throws RuntimeException if the bytes are not exactly one value of the type
    <T> T read(byte[] bytes, Class<T> type) {
        input.setBuffer(bytes);
        try {
            T value = kryo.readObject(input, type);
            if (input.position() < bytes.length) {
                throw new KryoException((bytes.length - input.position()) + " bytes too many");
            }
            return value;
        } finally {
            input.setBuffer(NOTHING);
        }
    }

    /// The size of a value in bytes, even if it is too large for a message.
    ///
    /// @param value holds no actor
    static long sizeOf(Object value) {
        WireCodec codec = SIZES.obtain();
        try (Output counted = new Output(1024, -1)) {
            codec.kryo.writeObject(counted, value);
            return counted.total();
        } finally {
            SIZES.free(codec);
        }
    }

    /// Identifies classes by number only. All classes of lists have one number; so have maps, JSON nodes and
    /// actors.
    private static final class RegisteredTypesKryo extends Kryo {
        RegisteredTypesKryo() {
            super(
                    new DefaultClassResolver() {
                        @Override
                        protected Registration readName(Input input) {
                            throw new KryoException("a class by name");
                        }
                    },
                    null);
        }

        @Override
        @SuppressWarnings("rawtypes") // as Kryo declares it
        public Registration getRegistration(Class type) {
            return super.getRegistration(family(type));
        }

        private static Class<?> family(Class<?> type) {
            if (List.class.isAssignableFrom(type)) {
                return List.class;
            }
            if (Map.class.isAssignableFrom(type)) {
                return Map.class;
            }
            if (JsonNode.class.isAssignableFrom(type)) {
                return JsonNode.class;
            }
            return ActorRef.class.isAssignableFrom(type) ? ActorRef.class : type;
        }
    }
}
