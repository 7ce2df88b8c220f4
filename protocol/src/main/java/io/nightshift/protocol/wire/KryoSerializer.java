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

/// Pekko's serializer of the messages between nodes; `docs/reference/wire.md` describes the format. The
/// manifest is the number of the message's class. Safe for use by several threads.
///
/// For any bytes, reading returns a message or throws a [NotSerializableException], and allocates at most a
/// small multiple of the bytes' length. Pekko then drops that message and continues with the next. A
/// serializer that believes a corrupt length could instead end the node with an `OutOfMemoryError`.
public final class KryoSerializer extends SerializerWithStringManifest {

    static final int IDENTIFIER = 720_002;

    /// Codecs kept for reuse. If more threads than this work at the same time, the others create their own.
    private static final int POOLED = 16;

    private final Pool<WireCodec> codecs;

    /// Called by Pekko, whose configuration names this class.
    ///
    /// @param system the actor system whose messages are serialized
    public KryoSerializer(ExtendedActorSystem system) {
        codecs = new Pool<>(true, false, POOLED) {
            @Override
            protected WireCodec create() {
                return new WireCodec(WireTypes.ALL, ActorRefResolver.get(Adapter.toTyped(system)));
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
            throw new IllegalArgumentException("not a class of messages between nodes: " + message.getClass());
        }
        return manifest;
    }

    /// {@inheritDoc}
    ///
    /// @throws IllegalArgumentException if the message is larger than [WireLimits#MESSAGE], or holds a class
    ///     that has no number
    @Override
    public byte[] toBinary(Object message) {
        try {
            return with(codec -> codec.write(message));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "cannot write a %s in %d bytes: %s"
                            .formatted(message.getClass().getSimpleName(), WireLimits.MESSAGE, e.getMessage()),
                    e);
        }
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        Class<?> type = Manifests.CLASSES.get(manifest);
        if (type == null) {
            throw new NotSerializableException("unknown message class number '%s'".formatted(manifest));
        }
        if (bytes.length > WireLimits.MESSAGE) {
            throw new NotSerializableException("a %s of %d bytes exceeds the limit of %d"
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

    private <T> T with(Function<WireCodec, T> work) {
        WireCodec codec = codecs.obtain();
        try {
            return work.apply(codec);
        } finally {
            codecs.free(codec);
        }
    }

    /// Initialized with the first message that leaves the node. A node that is alone never needs it.
    private static final class Manifests {
        static final Map<String, Class<?>> CLASSES = WireTypes.ALL.stream()
                .filter(type -> WireTypes.isMessage(type.type()))
                .collect(Collectors.toUnmodifiableMap(type -> Integer.toString(type.id()), WireType::type));
        static final Map<Class<?>, String> BY_CLASS = CLASSES.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));
    }
}
