package io.nightshift.worker.model;

import java.util.List;
import java.util.Map;

/// A value of a JSON or UBJSON document. Arrays of numbers stay primitive.
sealed interface Document {

    /// An object's members, in the order of the file.
    record Members(Map<String, Document> members) implements Document {}

    /// An array with at least one element that is no number.
    record Elements(List<Document> elements) implements Document {}

    /// An array of numbers, or an empty one. Numbers written as text have the precision that was asked for, single
    /// for XGBoost; integers are exact up to 2^53.
    @SuppressWarnings("ArrayRecordComponent") // private to the importer, never compared
    record Numbers(double[] values) implements Document {}

    record Text(String value) implements Document {}

    record Figure(double value) implements Document {}

    record Flag(boolean value) implements Document {}

    record Null() implements Document {}

    /// The deepest nesting that any model needs, with room to spare.
    int MAX_DEPTH = 64;

    /// What a person would call this value.
    default String name() {
        return switch (this) {
            case Members members -> "an object";
            case Elements elements -> "an array";
            case Numbers numbers -> "an array of numbers";
            case Text text -> "the text «" + abbreviated(text.value()) + "»";
            case Figure figure -> "the number " + figure.value();
            case Flag flag -> "the value " + flag.value();
            case Null none -> "null";
        };
    }

    private static String abbreviated(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
