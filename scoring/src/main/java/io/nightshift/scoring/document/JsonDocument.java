package io.nightshift.scoring.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a JSON model file into a [DocumentValue].
public final class JsonDocument {

    /// XGBoost writes an infinite threshold as `Infinity`, which JSON does not have.
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DocumentValue.MAX_DEPTH)
                    .maxNumberLength(100)
                    .maxStringLength(1 << 20)
                    .maxNameLength(1 << 10)
                    .build())
            .build();

    private JsonDocument() {}

    /// Reads a document.
    ///
    /// @param content the document, in UTF-8, UTF-16 or UTF-32
    /// @param decimals the precision of numbers that are not written as integers
    public static DocumentValue read(byte[] content, Precision decimals) throws MalformedModelException {
        try (JsonParser parser = FACTORY.createParser(content)) {
            parser.nextToken();
            DocumentValue document = value(parser, decimals);
            if (parser.nextToken() != null) {
                throw new MalformedModelException("it has content after the end of the JSON document");
            }
            return document;
        } catch (com.fasterxml.jackson.core.JacksonException broken) {
            throw new MalformedModelException("it is not valid JSON: " + broken.getOriginalMessage(), broken);
        } catch (CharConversionException broken) {
            // Jackson reads UTF-32 by a reader of its own, which reports broken characters so.
            throw new MalformedModelException("it is not valid JSON: " + broken.getMessage(), broken);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /// The first byte after a byte order mark and white space, or -1 if there is none.
    ///
    /// @param content the content of a file
    public static int firstCharacter(byte[] content) {
        int at = content.length > 2
                        && content[0] == (byte) 0xEF
                        && content[1] == (byte) 0xBB
                        && content[2] == (byte) 0xBF
                ? 3
                : 0;
        while (at < content.length
                && (content[at] == ' ' || content[at] == '\n' || content[at] == '\r' || content[at] == '\t')) {
            at++;
        }
        return at < content.length ? content[at] : -1;
    }

    private static DocumentValue value(JsonParser parser, Precision decimals)
            throws IOException, MalformedModelException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new MalformedModelException("the JSON document ends early");
        }
        return switch (token) {
            case START_OBJECT -> members(parser, decimals);
            case START_ARRAY -> array(parser, decimals);
            case VALUE_STRING -> new DocumentValue.Text(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new DocumentValue.NumberValue(number(parser, decimals));
            case VALUE_TRUE -> new DocumentValue.Flag(true);
            case VALUE_FALSE -> new DocumentValue.Flag(false);
            case VALUE_NULL -> new DocumentValue.Null();
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new MalformedModelException("the JSON document has " + token + " in the place of a value");
        };
    }

    private static DocumentValue members(JsonParser parser, Precision decimals)
            throws IOException, MalformedModelException {
        Map<String, DocumentValue> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (members.put(name, value(parser, decimals)) != null) {
                throw new MalformedModelException("the member «" + name + "» occurs twice in one JSON object");
            }
        }
        return new DocumentValue.ObjectValue(members);
    }

    private static DocumentValue array(JsonParser parser, Precision decimals)
            throws IOException, MalformedModelException {
        double[] numbers = new double[8];
        int count = 0;
        JsonToken token = parser.nextToken();
        while (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            numbers[count++] = number(parser, decimals);
            token = parser.nextToken();
        }
        numbers = Arrays.copyOf(numbers, count);
        if (token == JsonToken.END_ARRAY) {
            return new DocumentValue.NumberArray(numbers);
        }
        List<DocumentValue> elements = new ArrayList<>();
        for (double number : numbers) {
            elements.add(new DocumentValue.NumberValue(number));
        }
        for (; token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(value(parser, decimals));
        }
        return new DocumentValue.ArrayValue(elements);
    }

    private static double number(JsonParser parser, Precision decimals) throws IOException {
        if (parser.isNaN()) {
            return parser.getDoubleValue();
        }
        String text = parser.getText();
        return parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT && decimals == Precision.FLOAT32
                ? Float.parseFloat(text)
                : Double.parseDouble(text);
    }
}
