package io.nightshift.source.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.SourcePins;
import io.nightshift.source.text.FileScan.Interval;
import io.nightshift.source.text.TextFormat.Header;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Goes through a text file once, from its beginning to its end: counts the records, notes where some of them
/// begin, and detects types from some of them.
///
/// Whether a line break is inside of quotes depends on everything before it, so only a pass from the
/// beginning can tell. It is cheap: most of it is a search for line feeds and quotes.
final class TextScanner {

    /// The least length of an interval of the index, in bytes.
    private static final long INTERVAL = 1024 * 1024;

    /// The most intervals. Beyond that, intervals are joined by twos.
    private static final int MOST_INTERVALS = 2048;

    /// The records at the beginning of a file that types are detected from.
    private static final int FIRST_SAMPLE = 20_480;

    /// The records at the beginning of each interval that types are detected from.
    private static final int SAMPLE = 64;

    /// More columns than a file has.
    private static final int MOST_COLUMNS = 65_536;

    private static final Header NO_HEADER = new Header(List.of(), List.of());

    private static final ObjectReader JSON = new ObjectMapper(JsonRecords.JSON).reader();

    private final TextFormat format;
    private final Encoding encoding;
    private final NumberReader numbers;
    private final Map<String, DetectedType> types = new LinkedHashMap<>();
    private final List<Interval> index = new ArrayList<>();
    private long interval = INTERVAL;

    private TextScanner(TextFormat format) {
        this.format = format;
        this.encoding = Encoding.of(format.encoding());
        CsvDialect dialect = format.dialect();
        this.numbers = dialect == null
                ? new NumberReader(".", null)
                : new NumberReader(dialect.decimal(), dialect.thousands());
    }

    /// @param local the file's bytes
    /// @param file its name for people
    /// @throws FailureException if it can't be read, is broken, or has no header
    static FileScan scan(Path local, String file, TextFormat format) {
        try {
            Compression compression = Compression.of(local);
            try (InputStream in = compression.open(local)) {
                return new TextScanner(format).scan(in, file, compression);
            } catch (IOException e) {
                if (compression == Compression.NONE) {
                    throw e;
                }
                throw FailureException.permanent(
                        "source: %s can't be decompressed: %s".formatted(file, e.getMessage()));
            }
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    /// Reads no more than a file's header.
    ///
    /// @return the names of its columns; empty if it has none
    static List<String> header(Path local, String file, TextFormat format) {
        try (InputStream in = Compression.of(local).open(local);
                Opened opened = new TextScanner(format).open(in, file)) {
            return opened.header.names();
        } catch (IOException e) {
            throw SourcePins.unreadable(file, e);
        }
    }

    /// @param header of a CSV file
    private record Opened(Records records, Header header) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            records.close();
        }
    }

    /// Opens a file, and reads its header.
    private Opened open(InputStream in, String file) throws IOException {
        ByteWindow window = new ByteWindow(encoding.translate(in), 0);
        window.fill(0);
        int begin = skipMark(window, file);
        if (format.dialect() == null) {
            Records lines = format.records(window, 1, true, 0);
            lines.position = begin;
            return new Opened(lines, NO_HEADER);
        }
        CsvRecords records = (CsvRecords) format.records(window, 1, true, MOST_COLUMNS);
        records.position = begin;
        if (!records.next(true)) {
            return new Opened(records, NO_HEADER);
        }
        Header header = format.names(records, file);
        int columns = header.names().size();
        long line = format.hasHeader() ? records.nextLine() : records.line();
        Records rest = format.records(window, line, columns > 1, columns);
        rest.position = format.hasHeader() ? records.position : records.start;
        return new Opened(rest, header);
    }

    /// The length of the byte order mark of UTF-8, if there is one. Refuses that of another encoding.
    private int skipMark(ByteWindow window, String file) {
        byte[] bytes = window.bytes();
        if (window.limit() >= 3 && bytes[0] == (byte) 0xef && bytes[1] == (byte) 0xbb && bytes[2] == (byte) 0xbf) {
            return 3;
        }
        boolean isSixteen = window.limit() >= 2
                && !encoding.isTranslated()
                && ((bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe)
                        || (bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff));
        if (isSixteen) {
            throw FailureException.permanent(
                    format.dialect() == null
                            ? "source: %s is in UTF-16, as its byte order mark says; NDJSON must be UTF-8"
                                    .formatted(file)
                            : "source: %s is in UTF-16, as its byte order mark says; set source.csv.encoding to utf-16"
                                    .formatted(file));
        }
        return 0;
    }

    private FileScan scan(InputStream in, String file, Compression compression) throws IOException {
        try (Opened opened = open(in, file)) {
            Records records = opened.records;
            opened.header.names().forEach(name -> types.put(name, new DetectedType()));
            DetectedType[] columns = types.values().toArray(DetectedType[]::new);
            List<byte[]> nulls = nulls();
            long rows = 0;
            long begun = 0;
            long offset = 0;
            long line = 0;
            boolean isSample = true;
            while (records.next(isSample)) {
                if (rows == begun) {
                    offset = records.offset();
                    line = records.line();
                }
                if (isSample && records.fault() == null) {
                    sample(records, columns, nulls);
                }
                rows++;
                if (records.nextOffset() - offset >= interval) {
                    add(new Interval(rows - begun, offset, line));
                    begun = rows;
                }
                isSample = rows < FIRST_SAMPLE || rows - begun < SAMPLE;
            }
            if (rows > begun) {
                add(new Interval(rows - begun, offset, line));
            }
            Header header = opened.header;
            return new FileScan(compression, records.nextOffset(), rows, index, header.names(), header.given(), types);
        }
    }

    private void add(Interval added) {
        index.add(added);
        if (index.size() < MOST_INTERVALS) {
            return;
        }
        List<Interval> joined = new ArrayList<>();
        for (int i = 0; i + 1 < index.size(); i += 2) {
            Interval first = index.get(i);
            joined.add(new Interval(first.rows() + index.get(i + 1).rows(), first.offset(), first.line()));
        }
        index.clear();
        index.addAll(joined);
        interval *= 2;
    }

    private List<byte[]> nulls() {
        CsvDialect dialect = format.dialect();
        return dialect == null
                ? List.of()
                : dialect.nulls().stream()
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList();
    }

    private void sample(Records records, @Nullable DetectedType[] columns, List<byte[]> nulls) {
        if (records instanceof CsvRecords csv) {
            if (csv.fields() != columns.length) {
                return; // It is malformed.
            }
            for (int i = 0; i < columns.length; i++) {
                int from = csv.startOf(i);
                int to = csv.endOf(i);
                if (!isNull(csv.bytes(), from, to, nulls)) {
                    Objects.requireNonNull(columns[i])
                            .add(csv.bytes(), from, to, csv.line(), numbers, format.hasFormats());
                }
            }
            return;
        }
        try {
            JsonNode object = JSON.readTree(records.bytes(), records.start, records.end - records.start);
            if (object.isObject()) {
                object.properties()
                        .forEach(entry -> types.computeIfAbsent(entry.getKey(), key -> new DetectedType())
                                .add(entry.getValue(), records.line(), 0));
            }
        } catch (JsonProcessingException e) {
            // It is malformed, which is found out when it is read.
            records.refuse("it is not JSON");
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory can be read", e);
        }
    }

    private static boolean isNull(byte[] bytes, int from, int to, List<byte[]> nulls) {
        if (from == to) {
            return true;
        }
        for (byte[] text : nulls) {
            if (Arrays.equals(bytes, from, to, text, 0, text.length)) {
                return true;
            }
        }
        return false;
    }
}
