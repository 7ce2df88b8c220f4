package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Compares [CsvRecords] with a parser that looks at one byte after the other.
class CsvRecordsTest {

    /// How many times as many tries as by default.
    private static final int TRIES = Integer.getInteger("nightshift.tries.factor", 1);

    private static final Encoding UTF_8 = Encoding.of("utf-8");

    private record Parsed(
            long line,
            long offset,
            List<String> values,
            @Nullable String fault,
            String text) {}

    private static CsvDialect dialect(@Nullable String quote, @Nullable String escape) {
        return new CsvDialect(",", quote, escape, List.of(""), true, ".", null);
    }

    /// Gives few bytes at a time, as a decompressor may.
    private static InputStream trickling(byte[] bytes, long seed) {
        Random random = new Random(seed);
        return new ByteArrayInputStream(bytes) {
            @Override
            public int read(byte[] to, int offset, int count) {
                return super.read(to, offset, Math.min(count, 1 + random.nextInt(5)));
            }
        };
    }

    private static List<Parsed> parsed(byte[] bytes, CsvDialect dialect, long seed, boolean splits) throws IOException {
        List<Parsed> parsed = new ArrayList<>();
        try (CsvRecords records = new CsvRecords(new ByteWindow(trickling(bytes, seed), 0), 1, true, dialect, 100)) {
            while (records.next(splits)) {
                List<String> values = new ArrayList<>();
                for (int i = 0; splits && records.fault() == null && i < records.fields(); i++) {
                    byte[] value = new byte[records.endOf(i) - records.startOf(i)];
                    int length = value.length;
                    if (records.kindOf(i) == CsvRecords.ESCAPED) {
                        length = records.unescape(i, value);
                    } else {
                        System.arraycopy(records.bytes(), records.startOf(i), value, 0, length);
                    }
                    values.add(new String(value, 0, length, StandardCharsets.ISO_8859_1));
                }
                parsed.add(new Parsed(records.line(), records.offset(), values, records.fault(), records.text(UTF_8)));
            }
        }
        return parsed;
    }

    /// As RFC 4180 says, and as the documentation says of what is not in it.
    private static List<Parsed> expected(byte[] bytes, int quote, int escape) {
        List<Parsed> all = new ArrayList<>();
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int begin = 0;
        long line = 1;
        while (begin < text.length()) {
            List<String> values = new ArrayList<>();
            String fault = null;
            int i = begin;
            while (true) {
                StringBuilder value = new StringBuilder();
                if (i < text.length() && text.charAt(i) == quote) {
                    i++;
                    boolean isClosed = false;
                    while (i < text.length() && !isClosed) {
                        char c = text.charAt(i);
                        if (c == escape && c != quote && i + 1 < text.length()) {
                            value.append(text.charAt(i + 1));
                            i += 2;
                        } else if (c == quote && escape == quote && text.startsWith(c + "" + c, i)) {
                            value.append(c);
                            i += 2;
                        } else if (c == quote) {
                            isClosed = true;
                            i++;
                        } else {
                            value.append(c);
                            i++;
                        }
                    }
                    if (!isClosed) {
                        fault = "a quote is not closed";
                        break;
                    }
                    if (text.startsWith("\r\n", i) || (text.startsWith("\r", i) && i + 1 == text.length())) {
                        i++;
                    }
                    if (i < text.length() && text.charAt(i) != ',' && text.charAt(i) != '\n') {
                        fault = "text follows a closing quote";
                        break;
                    }
                } else {
                    while (i < text.length() && text.charAt(i) != ',' && text.charAt(i) != '\n') {
                        value.append(text.charAt(i++));
                    }
                    boolean ends = i == text.length() || text.charAt(i) == '\n';
                    if (ends && !value.isEmpty() && value.charAt(value.length() - 1) == '\r') {
                        value.setLength(value.length() - 1);
                    }
                }
                values.add(value.toString());
                if (i == text.length() || text.charAt(i) == '\n') {
                    break;
                }
                i++;
            }
            if (fault != null) {
                values.clear();
                i = text.indexOf('\n', begin) < 0 ? text.length() : text.indexOf('\n', begin);
            }
            String record = text.substring(begin, i);
            record = record.endsWith("\r") ? record.substring(0, record.length() - 1) : record;
            if (!record.isEmpty() || fault != null) {
                all.add(new Parsed(line, begin, values, fault, record));
            }
            int after = Math.min(text.length(), i + 1);
            line += text.substring(begin, after).chars().filter(c -> c == '\n').count();
            begin = after;
        }
        return all;
    }

    private static final String CHARACTERS = ",,\"\"\n\r\\ab ";

    private static byte[] file(Random random) {
        byte[] bytes = new byte[random.nextInt(60)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) CHARACTERS.charAt(random.nextInt(CHARACTERS.length()));
        }
        return bytes;
    }

    @Test
    void theRecordsAreThoseOfASimplerParser() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 5_000 * TRIES; i++) {
            byte[] bytes = file(random);
            long seed = random.nextLong();
            String file = new String(bytes, StandardCharsets.ISO_8859_1);

            assertThat(parsed(bytes, dialect("\"", null), seed, true)).as(file).isEqualTo(expected(bytes, '"', '"'));
            assertThat(parsed(bytes, dialect("\"", "\\"), seed, true)).as(file).isEqualTo(expected(bytes, '"', '\\'));
            assertThat(parsed(bytes, dialect(null, null), seed, true)).as(file).isEqualTo(expected(bytes, -1, -1));
        }
    }

    @Test
    void aRecordThatIsSkippedEndsWhereItDoesIfItIsRead() throws IOException {
        Random random = new Random(8);
        for (int i = 0; i < 2_000 * TRIES; i++) {
            byte[] bytes = file(random);
            long seed = random.nextLong();
            for (CsvDialect dialect : List.of(dialect("\"", null), dialect("\"", "\\"), dialect(null, null))) {
                List<Parsed> read = parsed(bytes, dialect, seed, true);
                List<Parsed> skipped = parsed(bytes, dialect, seed + 1, false);

                assertThat(skipped.stream().map(CsvRecordsTest::place).toList())
                        .as(new String(bytes, StandardCharsets.ISO_8859_1))
                        .isEqualTo(read.stream().map(CsvRecordsTest::place).toList());
            }
        }
    }

    private static Parsed place(Parsed record) {
        return new Parsed(record.line, record.offset, List.of(), record.fault, record.text);
    }

    @Test
    void aQuoteThatIsNeverClosedCostsOneLine() throws IOException {
        byte[] bytes = ("a,\"b\n" + "1,2\n".repeat(3)).getBytes(StandardCharsets.US_ASCII);

        assertThat(parsed(bytes, dialect("\"", null), 1, true))
                .extracting(Parsed::line, Parsed::fault, Parsed::text)
                .containsExactly(
                        tuple(1L, "a quote is not closed", "a,\"b"),
                        tuple(2L, null, "1,2"),
                        tuple(3L, null, "1,2"),
                        tuple(4L, null, "1,2"));
    }

    @Test
    void aLineBeyondTheLimitIsOneMalformedRecord() throws IOException {
        byte[] long1 = new byte[Records.LONGEST + 1_000_000];
        Arrays.fill(long1, (byte) 'x');
        byte[] bytes = (new String(long1, StandardCharsets.US_ASCII) + "\n1,2\n").getBytes(StandardCharsets.US_ASCII);
        try (CsvRecords records =
                new CsvRecords(new ByteWindow(new ByteArrayInputStream(bytes), 0), 1, true, dialect("\"", null), 2)) {
            assertThat(records.next(true)).isTrue();
            assertThat(records.fault()).isEqualTo("it is longer than 16,777,216 bytes");
            assertThat(records.text(UTF_8)).startsWith("xxxx").hasSizeLessThan(5_000);
            assertThat(records.next(true)).isTrue();
            assertThat(records.fault()).isNull();
            assertThat(records.line()).isEqualTo(2);
            assertThat(records.offset()).isEqualTo(long1.length + 1L);
            assertThat(records.next(true)).isFalse();
        }
    }
}
