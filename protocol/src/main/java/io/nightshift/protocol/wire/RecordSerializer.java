package io.nightshift.protocol.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes a record as the length in bytes of its components (4 bytes, little-endian), followed by the
/// components in order. The last components are left out if they have their defaults: null if they are nullable,
/// otherwise zero, false, or an empty list or map. So a record that doesn't use a new component has the same
/// bytes as before.
///
/// With the length, a record can grow at its end while nodes of two versions work side by side. A reader that
/// knows fewer components skips the rest. A reader that knows more gives the missing components their
/// defaults. It refuses a value of another type than the component's, and any values that the record's
/// constructor refuses.
final class RecordSerializer extends Serializer<Record> {

    private static final int LENGTH_BYTES = 4;

    private final Class<? extends Record> type;
    private final Constructor<? extends Record> constructor;
    private final List<WireComponent> components;

    RecordSerializer(Class<? extends Record> type) {
        this.type = type;
        RecordComponent[] declared = type.getRecordComponents();
        components = Arrays.stream(declared).map(WireComponent::new).toList();
        try {
            constructor = type.getDeclaredConstructor(
                    Arrays.stream(declared).map(RecordComponent::getType).toArray(Class<?>[]::new));
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(e);
        }
        constructor.setAccessible(true);
    }

    @Override
    public void write(Kryo kryo, Output output, Record value) {
        @Nullable Object[] values = new @Nullable Object[components.size()];
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = components.get(i).valueIn(value);
            if (!components.get(i).isDefault(values[i])) {
                count = i + 1;
            }
        }
        int start = output.position();
        output.writeInt(0);
        for (int i = 0; i < count; i++) {
            kryo.writeClassAndObject(output, values[i]);
        }
        int end = output.position();
        output.setPosition(start);
        output.writeInt(end - start - LENGTH_BYTES);
        output.setPosition(end);
    }

    @Override
    public Record read(Kryo kryo, Input input, Class<? extends Record> ignored) {
        int end = ValueSerializers.checked(input.readInt(), input) + input.position();
        int outerEnd = input.limit();
        input.setLimit(end);
        @Nullable Object[] values = new @Nullable Object[components.size()];
        for (int i = 0; i < values.length; i++) {
            WireComponent component = components.get(i);
            values[i] = input.position() < end
                    ? component.checked(kryo.readClassAndObject(input))
                    : component.defaultValue();
        }
        input.setPosition(end);
        input.setLimit(outerEnd);
        return construct(values);
    }

    private Record construct(@Nullable Object[] values) {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new KryoException("no %s: %s".formatted(type.getSimpleName(), e.getCause()), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
