package io.nightshift.protocol.wire;

import com.esotericsoftware.kryo.KryoException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A component of a record: which values it accepts, and which value it gets if the writer didn't write it.
final class WireComponent {

    private final RecordComponent declared;
    private final Class<?> type;
    private final boolean nullable;
    /// The types of a list's elements, or of a map's keys and values.
    private final List<Class<?>> arguments;

    WireComponent(RecordComponent declared) {
        this.declared = declared;
        declared.getAccessor().setAccessible(true);
        type = MethodType.methodType(declared.getType()).wrap().returnType();
        nullable = declared.getAnnotatedType().isAnnotationPresent(Nullable.class);
        arguments = arguments(declared.getGenericType());
    }

    private static List<Class<?>> arguments(Type declared) {
        if (!(declared instanceof ParameterizedType parameterized)
                || !(parameterized.getRawType() == List.class || parameterized.getRawType() == Map.class)) {
            return List.of();
        }
        return Arrays.stream(parameterized.getActualTypeArguments())
                .<Class<?>>map(argument ->
                        (Class<?>) (argument instanceof ParameterizedType generic ? generic.getRawType() : argument))
                .toList();
    }

    @Nullable
    Object valueIn(Record value) {
        try {
            return checked(declared.getAccessor().invoke(value));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Returns the value.
    ///
    /// @throws KryoException if the component doesn't accept it
    @Nullable
    Object checked(@Nullable Object value) {
        if (!accepts(value)) {
            throw new KryoException(
                    "%s can't be %s".formatted(this, value == null ? "null" : "of the class " + value.getClass()));
        }
        return value;
    }

    private boolean accepts(@Nullable Object value) {
        if (value == null) {
            return nullable;
        }
        if (!type.isInstance(value)) {
            return false;
        }
        return switch (value) {
            case List<?> list -> list.stream().allMatch(arguments.getFirst()::isInstance);
            case Map<?, ?> map ->
                map.keySet().stream().allMatch(arguments.getFirst()::isInstance)
                        && map.values().stream().allMatch(arguments.getLast()::isInstance);
            default -> true;
        };
    }

    /// Whether the component may be added to a record that a released version already sends.
    boolean hasDefault() {
        return nullable || declared.getType().isPrimitive() || type == List.class || type == Map.class;
    }

    /// Whether a reader that misses the component gives it this value.
    boolean isDefault(@Nullable Object value) {
        return hasDefault() && Objects.equals(value, defaultValue());
    }

    /// The value for a record whose writer left the component out or didn't know it.
    ///
    /// @throws KryoException if the component has no default
    @Nullable
    Object defaultValue() {
        if (!hasDefault()) {
            throw new KryoException(this + " is missing");
        }
        if (nullable) {
            return null;
        }
        if (type == List.class) {
            return List.of();
        }
        if (type == Map.class) {
            return Map.of();
        }
        // An element of a new array has the primitive type's default.
        return Array.get(Array.newInstance(declared.getType(), 1), 0);
    }

    @Override
    public String toString() {
        return declared.getDeclaringRecord().getSimpleName() + "." + declared.getName();
    }
}
