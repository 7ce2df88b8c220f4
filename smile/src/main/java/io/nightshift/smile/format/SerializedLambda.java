package io.nightshift.smile.format;

import java.io.Serial;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// Replaces `java.lang.invoke.SerializedLambda` when a stream is read. It holds the name of a function and
/// cannot be called. Java's own class would look up a method in a class that the stream names, and call it.
///
/// A class in a stream may be replaced by another one of the same simple name and version, so this class has
/// both.
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

    /// The function, for example `smile/math/MathEx.distance([D[D)D`.
    String method() {
        return implClass + "." + implMethodName + implMethodSignature;
    }
}
