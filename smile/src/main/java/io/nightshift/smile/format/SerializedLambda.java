package io.nightshift.smile.format;

import java.io.Serial;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// What is read where a stream has a `java.lang.invoke.SerializedLambda`: the name of a function, and nothing
/// that could be called. Java's own class would look for a method in a class that the stream names, and run
/// it.
///
/// A stream's class may be read as another one of the same simple name and version; so this one has them.
final class SerializedLambda implements Serializable {

    static final String NAME = "java.lang.invoke.SerializedLambda";

    @Serial
    private static final long serialVersionUID = 8025925345765570181L;

    @SuppressWarnings("UnusedVariable") // filled by reading
    private @Nullable String implClass;

    @SuppressWarnings("UnusedVariable") // filled by reading
    private @Nullable String implMethodName;

    @SuppressWarnings("UnusedVariable") // filled by reading
    private @Nullable String implMethodSignature;

    private SerializedLambda() {}

    /// Such as `smile/math/MathEx.distance([D[D)D`.
    String method() {
        return implClass + "." + implMethodName + implMethodSignature;
    }
}
