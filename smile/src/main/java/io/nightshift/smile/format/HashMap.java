package io.nightshift.smile.format;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serial;
import java.io.Serializable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Replaces `java.util.HashMap` when a stream is read, and becomes one. It looks at each key before it is hashed.
///
/// Keys of one hash are easy to make. If all keys are texts, or numbers of one class, Java puts those of one hash
/// in order, so that an insertion takes logarithmic time. Among keys of several classes it searches all of them,
/// and reading them would take time that is quadratic in their number.
///
/// See [SerializedLambda] for how a class is replaced.
final class HashMap implements Serializable {

    static final String NAME = "java.util.HashMap";

    @Serial
    private static final long serialVersionUID = 362498820763181265L;

    private transient Map<Object, Object> map = Map.of();

    private HashMap() {}

    /// The table grows with the entries that are there, not with their number as the stream has it.
    @Serial
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.readFields();
        in.readInt();
        int entries = in.readInt();
        Map<Object, Object> read = new java.util.HashMap<>();
        Class<?> kind = null;
        for (int i = 0; i < entries; i++) {
            Object key = in.readObject();
            Object value = in.readObject();
            if (!isScalar(key) || !isScalar(value) || (kind != null && kind != key.getClass())) {
                throw new InvalidObjectException(SmileObjectReader.STRANGE_COLLECTION);
            }
            kind = key.getClass();
            read.put(key, value);
        }
        map = read;
    }

    static boolean isScalar(@Nullable Object value) {
        return value instanceof String || value instanceof Number;
    }

    @Serial
    private Object readResolve() {
        return map;
    }
}
