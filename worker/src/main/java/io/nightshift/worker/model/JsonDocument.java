package io.nightshift.worker.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.nightshift.protocol.model.FeatureType.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a JSON model file into a [Document].
final class JsonDocument {

    /// XGBoost writes a threshold beyond all numbers as `Infinity`, which JSON doesn't have.
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Document.MAX_DEPTH)
                    .maxNumberLength(100)
                    .maxStringLength(1 << 20)
                    .maxNameLength(1 << 10)
                    .build())
            .build();

    private JsonDocument() {}

    /// @param decimals the precision of numbers that aren't written as integers
    static Document read(InputStream in, Precision decimals) throws IOException, MalformedModelException {
        try (JsonParser parser = FACTORY.createParser(in)) {
            parser.nextToken();
            Document document = value(parser, decimals);
            if (parser.nextToken() != null) {
                throw new MalformedModelException("it goes on behind the end of the JSON document");
            }
            return document;
        } catch (com.fasterxml.jackson.core.JacksonException broken) {
            throw new MalformedModelException("it is not valid JSON: " + broken.getOriginalMessage(), broken);
        }
    }

    private static Document value(JsonParser parser, Precision decimals) throws IOException, MalformedModelException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new MalformedModelException("the JSON document ends early");
        }
        return switch (token) {
            case START_OBJECT -> members(parser, decimals);
            case START_ARRAY -> array(parser, decimals);
            case VALUE_STRING -> new Document.Text(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Document.Figure(number(parser, decimals));
            case VALUE_TRUE -> new Document.Flag(true);
            case VALUE_FALSE -> new Document.Flag(false);
            case VALUE_NULL -> new Document.Null();
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
                throw new MalformedModelException("the JSON document has " + token + " in the place of a value");
        };
    }

    private static Document members(JsonParser parser, Precision decimals) throws IOException, MalformedModelException {
        Map<String, Document> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (members.put(name, value(parser, decimals)) != null) {
                throw new MalformedModelException("the member «" + name + "» stands twice in one JSON object");
            }
        }
        return new Document.Members(members);
    }

    private static Document array(JsonParser parser, Precision decimals) throws IOException, MalformedModelException {
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
            return new Document.Numbers(numbers);
        }
        List<Document> elements = new ArrayList<>();
        for (double number : numbers) {
            elements.add(new Document.Figure(number));
        }
        for (; token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(value(parser, decimals));
        }
        return new Document.Elements(elements);
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
