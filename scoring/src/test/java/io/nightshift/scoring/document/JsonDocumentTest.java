package io.nightshift.scoring.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Jackson is the judge of documents; the JDK is the judge of numbers.
class JsonDocumentTest {

    private static final JsonFactory JACKSON = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DocumentValue.MAX_DEPTH)
                    .maxNumberLength(100)
                    .build())
            .build();

    private final Random random = new Random(8);

    @ParameterizedTest
    @EnumSource
    void aDocumentHasTheValuesOfAnotherReader(Precision decimals) throws Exception {
        for (int i = 0; i < 2_000; i++) {
            String document = value(0);

            assertThat(read(document, decimals)).as(document).isEqualTo(judged(document, decimals));
        }
    }

    @Test
    void anAlteredDocumentIsReadAsByAnotherReaderOrRefusedAsByIt() {
        String alphabet = "{}[]\",:0123456789.eE+-tfn \\/u\n\t";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder document = new StringBuilder(value(0));
            int at = random.nextInt(document.length());
            char other = alphabet.charAt(random.nextInt(alphabet.length()));
            switch (random.nextInt(3)) {
                case 0 -> document.setCharAt(at, other);
                case 1 -> document.insert(at, other);
                default -> document.deleteCharAt(at);
            }
            String altered = document.toString();

            assertThat(readOrNull(altered)).as(altered).isEqualTo(judgedOrNull(altered));
        }
    }

    @Test
    void namesOfNumbersAndUnusualNumbersAreRead() throws Exception {
        assertThat(numbers("[NaN,Infinity,-Infinity,-0,-0.0,0e9,1E+2,123456789012345678901234567890,4.9e-324,1e400]"))
                .containsExactly(
                        Double.NaN,
                        Double.POSITIVE_INFINITY,
                        Double.NEGATIVE_INFINITY,
                        -0.0,
                        -0.0,
                        0,
                        100,
                        123456789012345678901234567890.0,
                        4.9e-324,
                        Double.POSITIVE_INFINITY);
    }

    @Test
    void textMayBeLongAndInAnyLanguage() throws Exception {
        String text = "schön".repeat(1 << 19) + "\"\\/\b\f\n\r\tz\ud83d\ude00";
        String written = text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\b", "\\b")
                .replace("\f", "\\f")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t")
                .replace("z", "\\u007A");

        assertThat(JsonDocument.read(bytes("\ufeff \"" + written + "\" "), Precision.FLOAT64))
                .isEqualTo(new DocumentValue.Text(text));
    }

    @Test
    void unreadArraysAreEmptyAndChecked() throws Exception {
        DocumentValue document = JsonDocument.read(
                bytes("{\"a\": [1, 2.5], \"b\": [1e3], \"c\": {\"a\": [-1]}, \"d\": [[7]]}"),
                Precision.FLOAT64,
                Set.of("a", "d"));

        DocumentReader reader = new DocumentReader("it", document);
        assertThat(reader.numbers("a")).isEmpty();
        assertThat(reader.numbers("b")).containsExactly(1000);
        assertThat(reader.member("c").numbers("a")).isEmpty();
        assertThat(reader.elements("d").getFirst().numbers()).containsExactly(7);
        assertThatThrownBy(() -> JsonDocument.read(bytes("{\"a\": [1, 2.]}"), Precision.FLOAT64, Set.of("a")))
                .isInstanceOf(MalformedModelException.class)
                .hasMessageContaining("expected a digit");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": 1 | it ends early, before a comma or }",
                "{\"a\" 1} | at byte 5: expected a colon",
                "{a: 1} | expected the name of a member",
                "[1, 2 | it ends early, before a comma or ]",
                "[01] | needless 0",
                "[1.] | expected a digit",
                "[-] | it is not valid JSON at byte 2",
                "[nul] | expected null",
                "[\"\\x\"] | unknown escape",
                "[\"\\u00g0\"] | hexadecimal",
                "\"abc | ends early, in a text",
                "[1] [2] | content after the end",
                "{\"a\": 1, \"a\": 2} | occurs twice"
            })
    void aBrokenDocumentIsRefusedWithThePlace(String document, String found) {
        assertRefused(document, found);
    }

    @Test
    void whatIsTooLongOrTooDeepIsRefused() {
        assertRefused("[" + "1".repeat(101) + "]", "more than 100 characters");
        assertRefused("{\"" + "n".repeat(1025) + "\": 1}", "more than 1024 characters");
        assertRefused("[".repeat(66) + "]".repeat(66), "nested deeper than 64 levels");
        assertRefused("", "ends early");
        assertRefused("[\"a\tb\"]", "control character");
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        assertThatThrownBy(() -> JsonDocument.read(new byte[] {'"', (byte) 0xC0, 'a', '"'}, Precision.FLOAT64))
                .isInstanceOf(MalformedModelException.class)
                .hasMessageContaining("UTF-8");
    }

    /// Its first byte is -1 as a signed number.
    @Test
    void aByteThatIsNotUtf8IsRefusedBehindTheDocument() {
        assertThatThrownBy(() -> JsonDocument.read(new byte[] {'1', (byte) 0xFF, '2'}, Precision.FLOAT64))
                .isInstanceOf(MalformedModelException.class);
    }

    private static void assertRefused(String document, String found) {
        assertThatThrownBy(() -> read(document, Precision.FLOAT64))
                .isInstanceOf(MalformedModelException.class)
                .hasMessageContaining(found);
    }

    private static byte[] bytes(String document) {
        return document.getBytes(StandardCharsets.UTF_8);
    }

    private static double[] numbers(String document) throws MalformedModelException {
        return new DocumentReader("it", JsonDocument.read(bytes(document), Precision.FLOAT64)).numbers();
    }

    /// The document as a text, in which equal numbers, and no others, are equal.
    private static String read(String document, Precision decimals) throws MalformedModelException {
        StringBuilder text = new StringBuilder();
        append(JsonDocument.read(bytes(document), decimals), text);
        return text.toString();
    }

    private static @Nullable String readOrNull(String document) {
        try {
            return read(document, Precision.FLOAT64);
        } catch (MalformedModelException refused) {
            return null;
        }
    }

    private static void append(DocumentValue value, StringBuilder text) {
        switch (value) {
            case DocumentValue.ObjectValue(var members) -> {
                text.append('{');
                members.forEach((name, member) -> {
                    text.append(name).append(':');
                    append(member, text);
                });
                text.append('}');
            }
            case DocumentValue.ArrayValue(var elements) -> {
                text.append('[');
                elements.forEach(element -> append(element, text));
                text.append(']');
            }
            case DocumentValue.NumberArray(double[] numbers) -> {
                text.append('[');
                for (double number : numbers) {
                    text.append(number).append(';');
                }
                text.append(']');
            }
            case DocumentValue.Text(String words) ->
                text.append('"').append(words).append('"');
            case DocumentValue.NumberValue(double number) -> text.append(number).append(';');
            case DocumentValue.Flag(boolean flag) -> text.append(flag);
            case DocumentValue.Null() -> text.append("null");
        }
    }

    private static @Nullable String judgedOrNull(String document) {
        try {
            return judged(document, Precision.FLOAT64);
        } catch (IOException refused) {
            return null;
        }
    }

    private static String judged(String document, Precision decimals) throws IOException {
        StringBuilder text = new StringBuilder();
        try (JsonParser parser = JACKSON.createParser(bytes(document))) {
            parser.nextToken();
            judge(parser, decimals, text);
            if (parser.nextToken() != null) {
                throw new IOException("there is more");
            }
        }
        return text.toString();
    }

    private static void judge(JsonParser parser, Precision decimals, StringBuilder text) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null) {
            throw new IOException("nothing is there");
        }
        switch (token) {
            case START_OBJECT -> {
                Set<String> names = new HashSet<>();
                text.append('{');
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    if (!names.add(parser.currentName())) {
                        throw new IOException("twice");
                    }
                    text.append(parser.currentName()).append(':');
                    parser.nextToken();
                    judge(parser, decimals, text);
                }
                text.append('}');
            }
            case START_ARRAY -> {
                text.append('[');
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    judge(parser, decimals, text);
                }
                text.append(']');
            }
            case VALUE_STRING -> text.append('"').append(parser.getText()).append('"');
            case VALUE_NUMBER_INT ->
                text.append(Double.parseDouble(parser.getText())).append(';');
            case VALUE_NUMBER_FLOAT ->
                text.append(
                                decimals == Precision.FLOAT32
                                        ? (double) Float.parseFloat(parser.getText())
                                        : Double.parseDouble(parser.getText()))
                        .append(';');
            case VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> text.append(parser.getText());
            default -> throw new IOException("unexpected " + token);
        }
    }

    private String value(int depth) {
        return switch (random.nextInt(depth < 4 ? 9 : 6)) {
            case 0 -> text();
            case 1 -> "true";
            case 2 -> random.nextBoolean() ? "false" : "null";
            case 3, 4, 5 -> number();
            case 6 -> object(depth);
            case 7 -> array(() -> value(depth + 1));
            default -> array(this::number);
        };
    }

    private String object(int depth) {
        StringBuilder object = new StringBuilder("{").append(space());
        int members = random.nextInt(4);
        for (int i = 0; i < members; i++) {
            object.append(i == 0 ? "" : ",").append(space());
            object.append("\"m").append(i).append('"').append(space());
            object.append(':').append(space()).append(value(depth + 1)).append(space());
        }
        return object.append('}').toString();
    }

    private String array(Supplier<String> element) {
        StringBuilder array = new StringBuilder("[").append(space());
        int elements = random.nextInt(20);
        for (int i = 0; i < elements; i++) {
            array.append(i == 0 ? "" : ",")
                    .append(space())
                    .append(element.get())
                    .append(space());
        }
        return array.append(']').toString();
    }

    private String space() {
        return switch (random.nextInt(8)) {
            case 0 -> " ";
            case 1 -> "\n\t";
            case 2 -> "\r\n";
            default -> "";
        };
    }

    private String text() {
        String[] parts = {"a", "B", " ", "\\n", "\\\"", "\\\\", "\\u00e9", "é", "€", "\ud83d\ude00", "{", "]", ","};
        StringBuilder text = new StringBuilder("\"");
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.append('"').toString();
    }

    private String number() {
        return switch (random.nextInt(9)) {
            case 0 -> Integer.toString(random.nextInt(20) - 10);
            case 1 -> Long.toString(random.nextLong());
            case 2 -> Double.toString(random.nextGaussian());
            case 3 -> Double.toString(Double.longBitsToDouble(random.nextLong()));
            case 4 -> Float.toString(Float.intBitsToFloat(random.nextInt()));
            case 5 -> Float.toString((float) random.nextGaussian());
            case 6 -> random.nextInt(1000) + "e" + (random.nextInt(80) - 40);
            case 7 ->
                random.nextInt(9) + "." + random.nextLong(Long.MAX_VALUE) + random.nextInt(100) + "E+0"
                        + random.nextInt(9);
            default -> "-0.0";
        };
    }
}
