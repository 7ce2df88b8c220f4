package io.nightshift.scoring.text;

/// Takes the n-grams of a text, in any order.
@FunctionalInterface
public interface NgramSink {

    /// @param chars an array with the n-gram, which is only read, and only during the call
    /// @param from the position of its first character
    /// @param to the position behind its last one
    void accept(char[] chars, int from, int to);
}
