package io.nightshift.protocol.failure;

import java.util.Objects;

/// Why an attempt or a batch failed. Whether it is worth another try is a property of the failure;
/// how often to try is the retry policy's.
///
/// @param kind whether the same work may succeed later
/// @param message one or more sentences for a person: what happened, to which file or column,
///     and what to do; what is longer than [#LONGEST] is cut
public record Failure(Kind kind, String message) {

    public enum Kind {
        /// I/O, database, time-out, lost node: the same attempt may succeed later.
        TRANSIENT,
        /// Wrong schema, missing column, changed input, broken model: trying again cannot help.
        ///
        PERMANENT
    }

    /// Of a message, in characters: a failure crosses from node to node.
    public static final int LONGEST = 8_192;

    public Failure {
        message = shortened(message, LONGEST);
        Objects.requireNonNull(kind);
        if (message.isBlank()) {
            throw new IllegalArgumentException("a failure says what happened");
        }
    }

    /// A text of at most so many characters; where some were cut off, the last one is `…`.
    public static String shortened(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 2)) ? longest - 2 : longest - 1;
        return text.substring(0, end) + "…";
    }

    public static Failure permanent(String message) {
        return new Failure(Kind.PERMANENT, message);
    }

    public static Failure transientFailure(String message) {
        return new Failure(Kind.TRANSIENT, message);
    }

    public boolean isPermanent() {
        return kind == Kind.PERMANENT;
    }
}
