package io.nightshift.scoring.document;

import java.util.List;
import java.util.Map;

/// A value of a JSON or UBJSON document. Arrays of numbers stay primitive.
public sealed interface DocumentValue {

    /// An object.
    ///
    /// @param members the members by name, in the order of the file
    record ObjectValue(Map<String, DocumentValue> members) implements DocumentValue {}

    /// An array with at least one element that is not a number.
    ///
    /// @param elements the elements, in order
    record ArrayValue(List<DocumentValue> elements) implements DocumentValue {}

    /// An array of numbers, or an empty array. Decimal numbers have the precision that the caller asked for,
    /// single for XGBoost; integers are exact up to 2^53.
    ///
    /// @param values the numbers, in order; not copied
    @SuppressWarnings("ArrayRecordComponent") // private to the importer, never compared
    record NumberArray(double[] values) implements DocumentValue {}

    /// A text.
    ///
    /// @param value the text, without quotes and escapes
    record Text(String value) implements DocumentValue {}

    /// A number outside of an array of numbers.
    ///
    /// @param value the number, with the precision of [NumberArray]
    record NumberValue(double value) implements DocumentValue {}

    /// True or false.
    ///
    /// @param value the value
    record Flag(boolean value) implements DocumentValue {}

    /// The value `null`.
    record Null() implements DocumentValue {}

    /// The deepest nesting of a document; models need less.
    int MAX_DEPTH = 64;

    /// The value in words, for messages.
    default String name() {
        return switch (this) {
            case ObjectValue members -> "an object";
            case ArrayValue elements -> "an array";
            case NumberArray numbers -> "an array of numbers";
            case Text text -> "the text «" + abbreviated(text.value()) + "»";
            case NumberValue figure -> "the number " + figure.value();
            case Flag flag -> "the value " + flag.value();
            case Null none -> "null";
        };
    }

    private static String abbreviated(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
}
