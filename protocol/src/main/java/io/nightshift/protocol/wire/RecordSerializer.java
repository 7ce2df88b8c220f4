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

/// A record: the length in bytes of what follows, four of them, and its components in order.
///
/// So a record may grow at its end while nodes of two versions work side by side. A reader that
/// knows fewer components skips the rest; one that knows more gives those that are missing their
/// default: null where that is allowed, else zero, false, or an empty list or map. A value of
/// another type than its component's is refused, and so is what the record's constructor refuses.
final class RecordSerializer extends Serializer<Record> {

    private static final int LENGTH_BYTES = 4;

    private final Class<? extends Record> type;
    private final Constructor<? extends Record> constructor;
    private final List<Component> components;

    RecordSerializer(Class<? extends Record> type) {
        this.type = type;
        RecordComponent[] declared = type.getRecordComponents();
        components = Arrays.stream(declared).map(Component::new).toList();
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
        int start = output.position();
        output.writeInt(0);
        for (Component component : components) {
            kryo.writeClassAndObject(output, component.of(value));
        }
        int end = output.position();
        output.setPosition(start);
        output.writeInt(end - start - LENGTH_BYTES);
        output.setPosition(end);
    }

    @Override
    public Record read(Kryo kryo, Input input, Class<? extends Record> ignored) {
        int end = Values.checked(input.readInt(), input) + input.position();
        int outerEnd = input.limit();
        input.setLimit(end);
        @Nullable Object[] values = new @Nullable Object[components.size()];
        for (int i = 0; i < values.length; i++) {
            Component component = components.get(i);
            values[i] = input.position() < end ? component.checked(kryo.readClassAndObject(input)) : component.absent();
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
