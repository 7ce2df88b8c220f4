package io.nightshift.protocol.failure;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Why an attempt or a batch failed. The failure says whether another try can succeed; the retry policy says
/// how often to try.
///
/// @param kind whether the same work may succeed later
/// @param message one or more sentences for people: what happened, to which file or column, and what to do.
///     It is not blank, and is cut to [#LONGEST] characters
/// @param resource the resource whose failure caused this one; null if the work itself failed. A failure of a
///     resource is transient: it does not count as an attempt at the work, and is retried for a time
public record Failure(Kind kind, String message, @Nullable FailedResource resource) {

    /// Whether another try can succeed.
    public enum Kind {
        /// I/O, database, timeout, lost node: the same work may succeed later.
        TRANSIENT,
        /// Wrong schema, missing column, changed input, damaged model: the same work fails again.
        PERMANENT
    }

    /// The most characters of a message. Failures are sent between nodes, so their size is bounded.
    public static final int LONGEST = 8_192;

    public Failure {
        message = shortened(message, LONGEST);
        Objects.requireNonNull(kind);
        if (resource != null && kind == Kind.PERMANENT) {
            throw new IllegalArgumentException("a resource fails for a time, not permanently");
        }
        if (message.isBlank()) {
            throw new IllegalArgumentException("a failure needs a message");
        }
    }

    /// A failure of the work itself.
    ///
    /// @param kind whether the same work may succeed later
    /// @param message what happened and what to do, for people
    public Failure(Kind kind, String message) {
        this(kind, message, null);
    }

    /// A failure of a resource.
    ///
    /// @param type the type of the resource
    /// @param name the file, folder or database
    /// @param message what happened and what to do, for people
    public static Failure of(FailedResource.Type type, String name, String message) {
        return new Failure(Kind.TRANSIENT, message, new FailedResource(type, name));
    }

    /// The text, cut to a number of characters. A text that was cut ends in `…`.
    ///
    /// @param text the text
    /// @param longest the most characters, at least 2
    public static String shortened(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 2)) ? longest - 2 : longest - 1;
        return text.substring(0, end) + "…";
    }

    /// A failure that another try can't fix.
    ///
    /// @param message what happened and what to do, for people
    public static Failure permanent(String message) {
        return new Failure(Kind.PERMANENT, message);
    }

    /// A failure after which another try may succeed.
    ///
    /// @param message what happened and what to do, for people
    public static Failure transientFailure(String message) {
        return new Failure(Kind.TRANSIENT, message);
    }

    /// Whether another try can't succeed.
    public boolean isPermanent() {
        return kind == Kind.PERMANENT;
    }
}
