package io.nightshift.source.text;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The input of [TextTableFunction]: ranges of the records of files, and the columns of its rows. It stands in SQL
/// as JSON.
///
/// @param encoding of the files, as a job file names it
/// @param dialect of CSV files; null for a JSON object in each line
/// @param columns of the rows
/// @param pieces in order; each has all columns
record TextSpec(String encoding, @Nullable CsvDialect dialect, List<Column> columns, List<Piece> pieces) {

    /// A column.
    ///
    /// @param type of its values in DuckDB
    /// @param isChecked whether a value that does not have the type makes its record malformed. A column that
    ///     is not checked is VARCHAR
    /// @param isDetected whether the type was detected
    /// @param given the key in JSON objects; null if it is the name
    record Column(
            String name,
            String type,
            boolean isChecked,
            boolean isDetected,
            @Nullable String given) {

        private static final Set<String> NATIVE = Set.of("BOOLEAN", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR");
        private static final Set<String> NARROW = Set.of("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT", "UINTEGER");

        /// The key in JSON objects.
        String key() {
            return given == null ? name : given;
        }

        /// The type, for people.
        String called() {
            return isDetected ? type + ", the type detected" : type;
        }

        /// Whether the table function gives the values in another type than the column's: then SQL converts them.
        boolean isConverted() {
            return !NATIVE.contains(type);
        }

        /// Whether the conversion can't fail, since the values were checked before.
        boolean isSafe() {
            return isNarrowed() || isNested();
        }

        /// Whether the values are whole numbers in the range of the column's type.
        boolean isNarrowed() {
            return NARROW.contains(type);
        }

        /// Whether the values are JSON with parts.
        boolean isNested() {
            return type.startsWith("STRUCT(") || type.startsWith("MAP(") || type.endsWith("]");
        }
    }

    /// Consecutive records of a file.
    ///
    /// @param file the file's name for people
    /// @param path of the local file that is read
    /// @param compression of that file
    /// @param isTranslated whether the bytes are in the encoding of the specification; false if they are UTF-8
    /// @param offset of the first record that is looked at, in the bytes without compression
    /// @param line the number of its line, from 1
    /// @param row the number of that record in the file, from 0
    /// @param skip how many records from there on are not wanted
    /// @param rows how many records are wanted after that
    /// @param fields how many values a record of a CSV file has
    /// @param order for each column, the position of its value in a record, -1 if the file lacks it; empty if it
    ///     is the column's own
    record Piece(
            String file,
            String path,
            Compression compression,
            boolean isTranslated,
            long offset,
            long line,
            long row,
            long skip,
            long rows,
            int fields,
            List<Integer> order) {

        int field(int column) {
            return order.isEmpty() ? column : order.get(column);
        }
    }

    private static final JsonMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .build();

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record can always be written", e);
        }
    }

    static TextSpec parse(String json) {
        try {
            return JSON.readValue(json, TextSpec.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no specification of text files", e);
        }
    }
}
