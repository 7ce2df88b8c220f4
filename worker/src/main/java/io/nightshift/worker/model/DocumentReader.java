package io.nightshift.worker.model;

import java.util.ArrayList;
import java.util.List;

/// Walks a [Document] by what is expected of it; a surprise becomes a sentence that names the place. XGBoost
/// writes many numbers as text, so both are taken for a number.
final class DocumentReader {

    private final String path;
    private final Document document;

    DocumentReader(String path, Document document) {
        this.path = path;
        this.document = document;
    }

    String path() {
        return path;
    }

    boolean has(String name) {
        return document instanceof Document.Members(var members) && members.containsKey(name);
    }

    /// This reader, if it is of an object.
    DocumentReader object() throws MalformedModelException {
        if (document instanceof Document.Members) {
            return this;
        }
        throw unexpected("an object");
    }

    DocumentReader member(String name) throws MalformedModelException {
        if (!(document instanceof Document.Members(var members))) {
            throw new MalformedModelException(path + " is " + document.name() + " and not an object");
        }
        Document found = members.get(name);
        if (found == null) {
            throw new MalformedModelException(path + " has no «" + name + "»");
        }
        return new DocumentReader(path + ", " + name, found);
    }

    String text(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof Document.Text(String value)) {
            return value;
        }
        throw member.unexpected("a text");
    }

    List<DocumentReader> elements(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        List<DocumentReader> readers = new ArrayList<>();
        if (member.document instanceof Document.Elements(List<Document> elements)) {
            for (Document element : elements) {
                readers.add(new DocumentReader(member.path + "[" + readers.size() + "]", element));
            }
            return readers;
        }
        if (member.document instanceof Document.Numbers(double[] values) && values.length == 0) {
            return readers;
        }
        throw member.unexpected("an array");
    }

    List<String> texts(String name) throws MalformedModelException {
        List<String> texts = new ArrayList<>();
        for (DocumentReader element : elements(name)) {
            if (!(element.document instanceof Document.Text(String value))) {
                throw element.unexpected("a text");
            }
            texts.add(value);
        }
        return texts;
    }

    /// An array of numbers; truth values count as 1 and 0.
    double[] numbers(String name) throws MalformedModelException {
        return member(name).numbers();
    }

    double[] numbers() throws MalformedModelException {
        if (document instanceof Document.Numbers(double[] values)) {
            return values;
        }
        if (document instanceof Document.Elements(List<Document> elements)) {
            double[] values = new double[elements.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = switch (elements.get(i)) {
                    case Document.Flag(boolean flag) -> flag ? 1 : 0;
                    case Document.Figure(double number) -> number;
                    case Document.Members ignored -> throw unexpected("an array of numbers");
                    case Document.Elements ignored -> throw unexpected("an array of numbers");
                    case Document.Numbers ignored -> throw unexpected("an array of numbers");
                    case Document.Text ignored -> throw unexpected("an array of numbers");
                    case Document.Null ignored -> throw unexpected("an array of numbers");
                };
            }
            return values;
        }
        throw unexpected("an array of numbers");
    }

    int[] integers(String name) throws MalformedModelException {
        double[] numbers = numbers(name);
        int[] integers = new int[numbers.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (int) numbers[i];
            if (integers[i] != numbers[i]) {
                throw new MalformedModelException(path + ", " + name + " has " + numbers[i] + " among its integers");
            }
        }
        return integers;
    }

    /// A number that counts something, at most a million.
    int count(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        double value = switch (member.document) {
            case Document.Figure(double number) -> number;
            case Document.Text(String text) -> member.parse(text);
            case Document.Members ignored -> throw member.unexpected("a number");
            case Document.Elements ignored -> throw member.unexpected("a number");
            case Document.Numbers ignored -> throw member.unexpected("a number");
            case Document.Flag ignored -> throw member.unexpected("a number");
            case Document.Null ignored -> throw member.unexpected("a number");
        };
        if (!(value >= 0 && value <= 1_000_000 && value == Math.rint(value))) {
            throw new MalformedModelException(member.path + " is " + value + " and not between 0 and a million");
        }
        return (int) value;
    }

    double number(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof Document.Figure(double number)) {
            return number;
        }
        throw member.unexpected("a number");
    }

    boolean flag(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof Document.Flag(boolean value)) {
            return value;
        }
        throw member.unexpected("true or false");
    }

    /// One or more numbers in single precision: a number, a text of one such as `5E-1`, or of several:
    /// `[5E-1,2E-1]`.
    float[] floats(String name) throws MalformedModelException {
        DocumentReader member = member(name);
        if (member.document instanceof Document.Figure(double number)) {
            return new float[] {(float) number};
        }
        if (!(member.document instanceof Document.Text(String text))) {
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
            throw new MalformedModelException(path + " is «" + text + "» and not a number", notANumber);
        }
    }

    private MalformedModelException unexpected(String expected) {
        return new MalformedModelException(path + " is " + document.name() + " and not " + expected);
    }
}
