package io.nightshift.source.text;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.text.FileScan.Interval;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;

/// The properties of a text file that a plan pins, as the text of [SourceFile#schema]. So its records have the same
/// numbers and types whenever and wherever they are read.
///
/// @param types the types of the columns that the job's expressions read, by name
/// @param detected those of them whose type was detected
/// @param renamed the name that the file itself has for a column, where it is another: the key of JSON objects
///     or the header of a CSV file, by the column's name
/// @param compression of the file
/// @param bytes the length without compression
/// @param index where records begin: for each [Interval] the number of its records, its distance in bytes and
///     in lines from the one before, the lines beyond one for each record only; to the base of 36, as short
///     as possible
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record TextSchema(
        Map<String, String> types,
        List<String> detected,
        Map<String, String> renamed,
        Compression compression,
        long bytes,
        String index) {

    /// The name of a column whose key is empty.
    private static final String UNNAMED = "unnamed";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int BASE = 36;

    TextSchema {
        types = types == null ? Map.of() : new LinkedHashMap<>(types);
        detected = detected == null ? List.of() : List.copyOf(detected);
        renamed = renamed == null ? Map.of() : new LinkedHashMap<>(renamed);
        index = index == null ? "" : index;
    }

    /// The name of the column for a key of JSON objects. Names in SQL can't be empty, and can't contain NUL or half
    /// of a surrogate pair.
    static String asName(String key) {
        String name = key.replace('\0', '\ufffd');
        if (ValueColumn.hasHalfPair(name)) {
            name = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('?', '\ufffd');
        }
        return name.isEmpty() ? UNNAMED : name;
    }

    static TextSchema of(FileScan scan, Map<String, String> types, List<String> detected, Map<String, String> renamed) {
        StringJoiner index = new StringJoiner(" ");
        long offset = 0;
        long line = 0;
        for (Interval interval : scan.index()) {
            String text = number(interval.rows()) + "," + number(interval.offset() - offset);
            long lines = interval.line() - line;
            index.add(lines == 0 ? text : text + "," + number(lines));
            offset = interval.offset();
            line = interval.line() + interval.rows();
        }
        return new TextSchema(types, detected, renamed, scan.compression(), scan.bytes(), index.toString());
    }

    private static String number(long number) {
        return Long.toString(number, BASE);
    }

    List<Interval> intervals() {
        List<Interval> intervals = new ArrayList<>();
        long offset = 0;
        long line = 0;
        for (String text : index.isEmpty() ? new String[0] : index.split(" ", -1)) {
            String[] parts = text.split(",", -1);
            long rows = Long.parseLong(parts[0], BASE);
            offset += Long.parseLong(parts[1], BASE);
            line += parts.length > 2 ? Long.parseLong(parts[2], BASE) : 0;
            intervals.add(new Interval(rows, offset, line));
            line += rows;
        }
        return intervals;
    }

    String text() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record can always be written", e);
        }
    }

    /// The pinned properties of a file of a text source.
    static TextSchema of(SourceFile file) {
        try {
            return JSON.readValue(Objects.requireNonNull(file.schema(), file.path()), TextSchema.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the plan says nothing of the records of " + file.path(), e);
        }
    }
}
