package io.nightshift.source.files;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;

/// The ends of objects, each with the whole footer if it is one of a Parquet file. Those that were read last
/// are kept in memory, since a plan and every partition need them. Safe for several threads.
final class ObjectTails {

    /// The footers of most files are shorter.
    private static final int FIRST = 16 * 1024;

    private static final int TRAILER = 8;
    private static final int LONGEST = 256 * 1024 * 1024;
    private static final long KEPT = 64L << 20;
    private static final byte[] PLAIN = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ENCRYPTED = "PARE".getBytes(StandardCharsets.US_ASCII);

    private record Key(String address, String tag) {}

    private final LinkedHashMap<Key, byte[]> tails = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /// @throws FailureException if it can't be read, or the object was replaced
    byte[] of(ObjectStore store, StoredObject object, FetchControl control) {
        Key key = new Key(object.address().toString(), object.tag());
        synchronized (tails) {
            byte[] known = tails.get(key);
            if (known != null) {
                return known;
            }
        }
        byte[] tail = read(store, object, (int) Math.min(FIRST, object.bytes()), control);
        int footer = footer(tail);
        if (footer > tail.length - TRAILER && footer + TRAILER <= object.bytes() && footer <= LONGEST) {
            tail = longer(store, object, tail, footer + TRAILER, control);
        }
        keep(key, tail);
        return tail;
    }

    /// The length that the last bytes say; 0 if they are not those of a Parquet file.
    private static int footer(byte[] tail) {
        if (tail.length < TRAILER) {
            return 0;
        }
        byte[] magic = Arrays.copyOfRange(tail, tail.length - PLAIN.length, tail.length);
        return Arrays.equals(magic, PLAIN) || Arrays.equals(magic, ENCRYPTED)
                ? ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt(tail.length - TRAILER)
                : 0;
    }

    private static byte[] longer(
            ObjectStore store, StoredObject object, byte[] tail, int length, FetchControl control) {
        byte[] longer = new byte[length];
        int more = length - tail.length;
        long start = object.bytes() - length;
        read(store, object, ByteRange.of(start, more), longer, control);
        System.arraycopy(tail, 0, longer, more, tail.length);
        return longer;
    }

    private static byte[] read(ObjectStore store, StoredObject object, int length, FetchControl control) {
        byte[] tail = new byte[length];
        if (length > 0) {
            read(store, object, ByteRange.of(object.bytes() - length, length), tail, control);
        }
        return tail;
    }

    private static void read(ObjectStore store, StoredObject object, ByteRange range, byte[] to, FetchControl control) {
        try {
            store.read(
                    object,
                    range,
                    control,
                    (position, from, count) -> System.arraycopy(from, 0, to, (int) (position - range.start()), count));
        } catch (IOException e) {
            throw new IllegalStateException("an array can be written", e);
        }
    }

    private void keep(Key key, byte[] tail) {
        synchronized (tails) {
            byte[] other = tails.put(key, tail);
            bytes += tail.length - (other == null ? 0 : other.length);
            while (bytes > KEPT && tails.size() > 1) {
                bytes -= tails.pollFirstEntry().getValue().length;
            }
        }
    }
}
