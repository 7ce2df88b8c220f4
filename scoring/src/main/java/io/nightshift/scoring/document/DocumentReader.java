package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a [DocumentValue] by the types that its reader expects. A value of another type is refused with a
/// message that names its place in the document.
/// A number, or a number written as text, as XGBoost does.
public final class DocumentReader {

    /// The reader of the object or array that has this value, or null.
    private final @Nullable DocumentReader parent;
    /// The name of the document or the member, or null for an element of an array.
    private final @Nullable String name;
    /// The position of an element, or 0.
    private final int index;

    private final DocumentValue document;

    /// @param name what messages call the document
    /// @param document the value
    public DocumentReader(String name, DocumentValue document) {
        this(null, name, 0, document);
    }

    private DocumentReader(@Nullable DocumentReader parent, @Nullable String name, int index, DocumentValue document) {
        this.parent = parent;
        this.name = name;
        this.index = index;
        this.document = document;
    }

    /// The place of the value in the document, for messages.
    public String path() {
        if (parent == null) {
            return String.valueOf(name);
        }
        return parent.path() + (name == null ? "[" + index + "]" : ", " + name);
    }

    /// Whether the value is an object with this member.
    ///
    /// @param name the name of the member
    public boolean has(String name) {
        return document instanceof DocumentValue.ObjectValue(var members) && members.containsKey(name);
    }

    /// The names of the members of an object, in the order of the file.
    public Set<String> names() throws MalformedModelException {
        if (document instanceof DocumentValue.ObjectValue(var members)) {
            return members.keySet();
        }
        throw unexpected("an object");
    }

    /// This reader, if its value is an object.
    public DocumentReader object() throws MalformedModelException {
        if (document instanceof DocumentValue.ObjectValue) {
            return this;
        }
        throw unexpected("an object");
    }

    /// A member of an object, which must be there.
    ///
    /// @param name the name of the member
    public DocumentReader member(String name) throws MalformedModelException {
        if (!(document instanceof DocumentValue.ObjectValue(var members))) {
            throw unexpected("an object");
        }
        DocumentValue found = members.get(name);
        if (found == null) {
            throw new MalformedModelException(path() + " has no «" + name + "»");
        }
        return new DocumentReader(this, name, 0, found);
    }

    /// The text of a member.
    ///
    /// @param name the name of the member
    public String text(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof DocumentValue.Text(String value)) {
            return value;
        }
        throw member.unexpected("a text");
    }

    /// The elements of an array that is a member.
    ///
    /// @param name the name of the member
    public List<DocumentReader> elements(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        List<DocumentReader> readers = new ArrayList<>();
        if (member.document instanceof DocumentValue.ArrayValue(List<DocumentValue> elements)) {
            for (DocumentValue element : elements) {
                readers.add(new DocumentReader(member, null, readers.size(), element));
            }
            return readers;
        }
        if (member.document instanceof DocumentValue.NumberArray(double[] values) && values.length == 0) {
            return readers;
        }
        throw member.unexpected("an array");
    }

    /// The value itself, an array.
    public List<DocumentValue> values() throws MalformedModelException {
        if (document instanceof DocumentValue.ArrayValue(List<DocumentValue> elements)) {
            return elements;
        }
        if (document instanceof DocumentValue.NumberArray(double[] numbers)) {
            List<DocumentValue> values = new ArrayList<>();
            for (double number : numbers) {
                values.add(new DocumentValue.NumberValue(number));
            }
            return values;
        }
        throw unexpected("an array");
    }

    /// The texts of an array that is a member.
    ///
    /// @param name the name of the member
    public List<String> texts(String name) throws MalformedModelException {
        return member(name).texts();
    }

    /// The value itself, an array of texts.
    public List<String> texts() throws MalformedModelException {
        List<String> texts = new ArrayList<>();
        for (DocumentValue element : values()) {
            if (!(element instanceof DocumentValue.Text(String value))) {
                throw new DocumentReader(this, null, texts.size(), element).unexpected("a text");
            }
            texts.add(value);
        }
        return texts;
    }

    /// An array of numbers; booleans count as 1 and 0.
    public double[] numbers(String name) throws MalformedModelException {
        return member(name).numbers();
    }

    /// The value itself, an array of numbers.
    public double[] numbers() throws MalformedModelException {
        if (document instanceof DocumentValue.NumberArray(double[] values)) {
            return values;
        }
        if (document instanceof DocumentValue.ArrayValue(List<DocumentValue> elements)) {
            double[] values = new double[elements.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (elements.get(i)) {
                    case DocumentValue.Flag(boolean flag) -> flag ? 1 : 0;
                    case DocumentValue.NumberValue(double number) -> number;
                    case DocumentValue.ObjectValue ignored -> throw unexpected("an array of numbers");
                    case DocumentValue.ArrayValue ignored -> throw unexpected("an array of numbers");
                    case DocumentValue.NumberArray ignored -> throw unexpected("an array of numbers");
                    case DocumentValue.Text ignored -> throw unexpected("an array of numbers");
                    case DocumentValue.Null ignored -> throw unexpected("an array of numbers");
                };
            }
            return values;
        }
        throw unexpected("an array of numbers");
    }

    /// The whole numbers of an array that is a member.
    ///
    /// @param name the name of the member
    public int[] integers(String name) throws MalformedModelException {
        double[] numbers = numbers(name);
        int[] integers = new int[numbers.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (int) numbers[i];
            if (integers[i] != numbers[i]) {
                throw new MalformedModelException(path() + ", " + name + " has " + numbers[i] + " among its integers");
            }
        }
        return integers;
    }

    /// A count: a whole number from 0 to a million.
    ///
    /// @param name the name of the member
    public int count(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        double value = switch (member.document) {
            case DocumentValue.NumberValue(double number) -> number;
            case DocumentValue.Text(String text) -> member.parse(text);
            case DocumentValue.ObjectValue ignored -> throw member.unexpected("a number");
            case DocumentValue.ArrayValue ignored -> throw member.unexpected("a number");
            case DocumentValue.NumberArray ignored -> throw member.unexpected("a number");
            case DocumentValue.Flag ignored -> throw member.unexpected("a number");
            case DocumentValue.Null ignored -> throw member.unexpected("a number");
        };
        if (!(value >= 0 && value <= 1_000_000 && value == Math.rint(value))) {
            throw new MalformedModelException(member.path() + " is " + value + " and not between 0 and a million");
        }
        return (int) value;
    }

    /// The number of a member.
    ///
    /// @param name the name of the member
    public double number(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof DocumentValue.NumberValue(double number)) {
            return number;
        }
        throw member.unexpected("a number");
    }

    /// The boolean of a member.
    ///
    /// @param name the name of the member
    public boolean flag(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof DocumentValue.Flag(boolean value)) {
            return value;
        }
        throw member.unexpected("true or false");
    }

    /// One or more numbers in single precision: a number, a text of one such as `5E-1`, or of several:
    /// `[5E-1,2E-1]`.
    ///
    /// @param name the name of the member
    public float[] floats(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof DocumentValue.NumberValue(double number)) {
            return new float[] {(float) number};
        }
        if (!(member.document instanceof DocumentValue.Text(String text))) {
            throw member.unexpected("a number");
        }
        String list = text.strip();
        if (list.startsWith("[") && list.endsWith("]")) {
            list = list.substring(1, list.length() - 1);
        }
        String[] parts = list.split(",", -1);
        float[] values = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            values[i] = member.parse(parts[i]);
        }
        return values;
    }

    private float parse(String text) throws MalformedModelException {
        try {
            return Float.parseFloat(text.strip());
        } catch (NumberFormatException notANumber) {
            throw new MalformedModelException(path() + " is «" + text + "» and not a number", notANumber);
        }
    }

    private MalformedModelException unexpected(String expected) {
        return new MalformedModelException(path() + " is " + document.name() + " and not " + expected);
    }
}
