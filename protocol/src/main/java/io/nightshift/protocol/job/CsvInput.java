package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.ColumnTypes;
import io.nightshift.protocol.job.ValueType.Flag;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.SectionOr;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Texts;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// CSV files, compressed with gzip or Zstandard or not at all.
///
/// @param paths files, folders and globs, absolute, and objects by their addresses; at least one
/// @param delimiter the character between two values: one ASCII character
/// @param quote the character around values that contain a delimiter or a line break: one ASCII character, or null
///     if no value is quoted
/// @param escape the character before a quote inside of a quoted value: one ASCII character; null if the quote is
///     doubled there
/// @param header whether the first line of each file holds the names of the columns
/// @param encoding one of [#ENCODINGS]
/// @param nulls the values that stand for NULL
/// @param quotedNulls whether a quoted value can stand for NULL too
/// @param decimal the decimal separator of numbers: one ASCII character
/// @param thousands the separator between groups of three digits, or null if there is none
/// @param dateFormat the form of dates, with the specifiers of strptime; null for the form of ISO 8601
/// @param timestampFormat the form of timestamps; null for the form of ISO 8601
/// @param columns the declared types of columns by name, in the order of the job file. With a header, the types of
///     the other columns are detected; without one, these are all columns, in the order of the file
public record CsvInput(
        List<String> paths,
        String delimiter,
        @Nullable String quote,
        @Nullable String escape,
        boolean header,
        String encoding,
        List<String> nulls,
        boolean quotedNulls,
        String decimal,
        @Nullable String thousands,
        @Nullable String dateFormat,
        @Nullable String timestampFormat,
        Map<String, String> columns)
        implements Input {

    /// The encodings that a CSV file can have. Those of UTF-16 without an order of bytes are little-endian unless
    /// the file begins with a byte order mark.
    public static final List<String> ENCODINGS = List.of(
            "utf-8",
            "utf-16",
            "utf-16le",
            "utf-16be",
            "latin1",
            "iso-8859-2",
            "iso-8859-15",
            "windows-1250",
            "windows-1251",
            "windows-1252");

    private static final String NONE = "none";
    private static final String TAB = "tab";

    static final Kind<CsvInput> KIND = new Kind<>(
            CsvInput.class,
            JobKey.optional(
                    "csv",
                    new SectionOr(
                            "files",
                            new Section(List.of(
                                    JobKey.required(
                                                    "files",
                                                    new Texts(Form.FILES, 1, true),
                                                    "CSV files, folders and globs: one text or a list without repetitions. Files compressed with gzip or Zstandard are recognised by their content.",
                                                    "exports/*.csv.gz")
                                            .from(CsvInput.class, CsvInput::paths),
                                    JobKey.optional(
                                                    "delimiter",
                                                    new Text(Form.DELIMITER),
                                                    "The character between two values.",
                                                    "\";\"")
                                            .or(",")
                                            .from(
                                                    CsvInput.class,
                                                    csv -> csv.delimiter.equals("\t") ? TAB : csv.delimiter),
                                    JobKey.optional(
                                                    "quote",
                                                    new Text(Form.QUOTE),
                                                    "The character around values that contain a delimiter or a line break; `none` if no value is quoted.",
                                                    "none")
                                            .or("\"")
                                            .from(CsvInput.class, csv -> csv.quote == null ? NONE : csv.quote),
                                    JobKey.optional(
                                                    "escape",
                                                    new Text(Form.QUOTE),
                                                    "The character before a quote inside a quoted value. Without this key, such a quote is doubled.",
                                                    "'\\'")
                                            .from(CsvInput.class, CsvInput::escape),
                                    JobKey.optional(
                                                    "header",
                                                    new Flag(),
                                                    "Whether the first line of each file holds the names of the columns. Without a header, list all columns in `columns`.",
                                                    "false")
                                            .or(true)
                                            .from(CsvInput.class, CsvInput::header),
                                    JobKey.optional(
                                                    "encoding",
                                                    new Choice(ENCODINGS),
                                                    "The character encoding of the files. A byte order mark is not read as data.",
                                                    "windows-1252")
                                            .or("utf-8")
                                            .from(CsvInput.class, CsvInput::encoding),
                                    JobKey.optional(
                                                    "nulls",
                                                    new Texts(Form.VALUE, 0, false),
                                                    "The values that stand for NULL. Without this key, it is the empty value.",
                                                    "[\"\", NA]")
                                            .or(List.of(""))
                                            .from(CsvInput.class, CsvInput::nulls),
                                    JobKey.optional(
                                                    "quoted-nulls",
                                                    new Flag(),
                                                    "Whether a quoted value can stand for NULL too. With `false`, `\"\"` is an empty text.",
                                                    "false")
                                            .or(true)
                                            .from(CsvInput.class, CsvInput::quotedNulls),
                                    JobKey.optional(
                                                    "decimal",
                                                    new Text(Form.SEPARATOR),
                                                    "The decimal separator of numbers.",
                                                    "\",\"")
                                            .or(".")
                                            .from(CsvInput.class, CsvInput::decimal),
                                    JobKey.optional(
                                                    "thousands",
                                                    new Text(Form.SEPARATOR),
                                                    "The separator between groups of three digits.",
                                                    "\"'\"")
                                            .from(CsvInput.class, CsvInput::thousands),
                                    JobKey.optional(
                                                    "date-format",
                                                    new Text(Form.TIME_FORMAT),
                                                    "The form of dates, with the specifiers of strptime. Without this key, it is `%Y-%m-%d`.",
                                                    "\"%d.%m.%Y\"")
                                            .from(CsvInput.class, CsvInput::dateFormat),
                                    JobKey.optional(
                                                    "timestamp-format",
                                                    new Text(Form.TIME_FORMAT),
                                                    "The form of timestamps, with the specifiers of strptime. Without this key, it is that of ISO 8601.",
                                                    "\"%d.%m.%Y %H:%M:%S\"")
                                            .from(CsvInput.class, CsvInput::timestampFormat),
                                    JobKey.optional(
                                                    "columns",
                                                    new ColumnTypes(false),
                                                    "The DuckDB types of columns. With a header, the types of columns that are not listed are detected. Without a header, list all columns in the order of the file.",
                                                    "{flight_id: VARCHAR, distance: INTEGER}")
                                            .from(CsvInput.class, CsvInput::columns)))),
                    "CSV files: paths, or a map of `files` and what differs from the defaults.",
                    ""),
            CsvInput::read);

    public CsvInput {
        paths = List.copyOf(paths);
        nulls = List.copyOf(nulls);
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    }

    /// Checks that characters with a meaning in CSV files have one meaning each.
    ///
    /// @param section the section that chooses the kind
    /// @param path of the section
    static void check(JobCheck check, Mapping section, String path) {
        Member csv = section.entry("csv");
        if (csv != null) {
            String csvPath = JobKey.path(path, csv.key());
            different(check, csv, csvPath, "quote", "delimiter");
            different(check, csv, csvPath, "thousands", "decimal");
        }
    }

    private static void different(JobCheck check, Member csv, String path, String key, String other) {
        Object value = check.value(JobKey.path(path, key));
        if (value != null && value.equals(check.value(JobKey.path(path, other)))) {
            Member entry = csv.value() instanceof Mapping mapping ? mapping.entry(key) : null;
            check.add(new Mistake(
                    entry == null ? csv.line() : entry.line(),
                    JobKey.path(path, key),
                    "\"%s\", which is also %s".formatted(value, JobKey.path(path, other)),
                    "two different characters",
                    null));
        }
    }

    private static CsvInput read(JobValues values) {
        String delimiter = values.text("delimiter");
        String quote = values.text("quote");
        String escape = values.textOrNull("escape");
        return new CsvInput(
                values.texts("files"),
                delimiter.equals(TAB) ? "\t" : delimiter,
                quote.equals(NONE) ? null : quote,
                escape == null || escape.equals(NONE) || escape.equals(quote) ? null : escape,
                values.flag("header"),
                values.text("encoding"),
                values.texts("nulls"),
                values.flag("quoted-nulls"),
                values.text("decimal"),
                values.textOrNull("thousands"),
                values.textOrNull("date-format"),
                values.textOrNull("timestamp-format"),
                values.expressions("columns"));
    }

    @Override
    public String toString() {
        return String.join(", ", paths);
    }
}
