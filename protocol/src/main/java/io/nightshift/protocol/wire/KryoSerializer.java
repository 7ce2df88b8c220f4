package io.nightshift.protocol.wire;

import com.esotericsoftware.kryo.util.Pool;
import io.nightshift.protocol.wire.WireTypes.WireType;
import java.io.NotSerializableException;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// How messages cross from node to node; `docs/reference/wire.md` has the format. The manifest is the
/// number of the message's class.
///
/// Whatever the bytes are, reading them gives a message or a [NotSerializableException] and allocates
/// no more than a small multiple of them. The transport then drops the message and goes on with the
/// next; an `OutOfMemoryError` over a corrupt length would end the node. Safe for several threads.
public final class KryoSerializer extends SerializerWithStringManifest {

    static final int IDENTIFIER = 720_002;

    /// More threads at a time than this make a codec of their own.
    private static final int POOLED = 16;

    private final Pool<Codec> codecs;

    /// As Pekko makes it, from the configuration.
    public KryoSerializer(ExtendedActorSystem system) {
        codecs = new Pool<>(true, false, POOLED) {
            @Override
            protected Codec create() {
                return new Codec(WireTypes.ALL, ActorRefResolver.get(Adapter.toTyped(system)));
            }
        };
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        String manifest = Manifests.BY_CLASS.get(message.getClass());
        if (manifest == null) {
            throw new IllegalArgumentException("not a message between nodes: " + message.getClass());
        }
        return manifest;
    }

    /// @throws IllegalArgumentException if the message is larger than [WireLimits#MESSAGE], or holds
    ///     what has no number
    @Override
    public byte[] toBinary(Object message) {
        try {
            return with(codec -> codec.write(message));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "a %s could not be written in %d bytes: %s"
                            .formatted(message.getClass().getSimpleName(), WireLimits.MESSAGE, e.getMessage()),
                    e);
        }
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        Class<?> type = Manifests.CLASSES.get(manifest);
        if (type == null) {
            throw new NotSerializableException(
                    "a message of the class number '%s', which this version does not know".formatted(manifest));
        }
        if (bytes.length > WireLimits.MESSAGE) {
            throw new NotSerializableException("a %s of %d bytes, where %d are the most"
                    .formatted(type.getSimpleName(), bytes.length, WireLimits.MESSAGE));
        }
        try {
            return with(codec -> codec.read(bytes, type));
        } catch (RuntimeException e) {
            NotSerializableException problem =
                    new NotSerializableException("not a %s: %s".formatted(type.getSimpleName(), e.getMessage()));
            problem.initCause(e);
            throw problem;
        }
    }

    private <T> T with(Function<Codec, T> work) {
        Codec codec = codecs.obtain();
        try {
            return work.apply(codec);
        } finally {
            codecs.free(codec);
        }
    }

    /// Loaded with the first message that leaves the node: a node alone needs none of it.
    private static final class Manifests {
        static final Map<String, Class<?>> CLASSES = WireTypes.ALL.stream()
                .filter(type -> WireTypes.isMessage(type.type()))
                .collect(Collectors.toUnmodifiableMap(type -> Integer.toString(type.id()), WireType::type));
        static final Map<Class<?>, String> BY_CLASS = CLASSES.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));
    }
}
