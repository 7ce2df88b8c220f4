package io.nightshift.protocol.wire;

import io.nightshift.protocol.register.BatchRegisterCommand;
import java.io.NotSerializableException;
import java.util.Arrays;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// A node's serializer that corrupts certain messages: a [BatchRegisterCommand.TooManyOpen] whose reason names a
/// fault.
public final class FaultySerializer extends SerializerWithStringManifest {

    private final KryoSerializer sound;

    public FaultySerializer(ExtendedActorSystem system) {
        sound = new KryoSerializer(system);
    }

    @Override
    public int identifier() {
        return sound.identifier();
    }

    @Override
    public String manifest(Object message) {
        return isFault(message, "unknown message") ? "9999" : sound.manifest(message);
    }

    @Override
    public byte[] toBinary(Object message) {
        byte[] bytes = sound.toBinary(message);
        if (isFault(message, "truncated")) {
            return Arrays.copyOf(bytes, bytes.length / 2);
        }
        if (isFault(message, "corrupt length")) {
            // The length of the text: 2 GiB.
            Arrays.fill(bytes, 5, 9, (byte) 0xff);
            bytes[9] = 7;
        }
        if (isFault(message, "unknown class")) {
            bytes[4] = 0x7d;
        }
        return isFault(message, "oversize") ? new byte[WireLimits.MESSAGE + 1] : bytes;
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        return sound.fromBinary(bytes, manifest);
    }

    private static boolean isFault(Object message, String fault) {
        return message.equals(new BatchRegisterCommand.TooManyOpen(fault));
    }
}
