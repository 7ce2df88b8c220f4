package io.nightshift.source.text;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.source.files.FileKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How the text files of a source are written.
///
/// @param dialect of CSV files; null for a JSON object in each line
/// @param encoding as a job file names it
/// @param hasHeader whether the first record of a CSV file holds the names of its columns
/// @param declared the declared types of columns, by name, in order
/// @param dateFormat the form of dates, or null
/// @param timestampFormat the form of timestamps, or null
record TextFormat(
        @Nullable CsvDialect dialect,
        String encoding,
        boolean hasHeader,
        Map<String, String> declared,
        @Nullable String dateFormat,
        @Nullable String timestampFormat) {

    private static final String RESERVED = "nightshift_";

    static TextFormat of(Input input) {
        return switch (input) {
            case CsvInput csv ->
                new TextFormat(
                        CsvDialect.of(csv),
                        csv.encoding(),
                        csv.header(),
                        csv.columns(),
                        csv.dateFormat(),
                        csv.timestampFormat());
            case NdjsonInput ndjson -> new TextFormat(null, "utf-8", false, ndjson.columns(), null, null);
            default -> throw new IllegalArgumentException("no text files: " + input);
        };
    }

    static List<String> paths(Input input) {
        return switch (input) {
            case CsvInput csv -> csv.paths();
            case NdjsonInput ndjson -> ndjson.paths();
            default -> throw new IllegalArgumentException("no text files: " + input);
        };
    }

    /// The key of the job file.
    String key() {
        return dialect == null ? "source.ndjson" : "source.csv";
    }

    FileKind kind() {
        return dialect == null
                ? FileKind.of(".ndjson", ".ndjson.gz", ".ndjson.zst", ".jsonl", ".jsonl.gz", ".jsonl.zst")
                : FileKind.of(".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".tsv.zst");
    }

    boolean hasFormats() {
        return dateFormat != null || timestampFormat != null;
    }

    /// Opens a file's records.
    ///
    /// @param columns how many values of a record are wanted at most
    /// @param skipsBlank whether a blank line of a CSV file is no record
    Records records(ByteWindow window, long line, boolean skipsBlank, int columns) {
        return dialect == null
                ? new LineRecords(window, line)
                : new CsvRecords(window, line, skipsBlank, dialect, columns);
    }

    /// The columns of a CSV file, in its order.
    ///
    /// @param names no two of which differ only in case
    /// @param given what the header calls each
    record Header(List<String> names, List<String> given) {
        Header {
            names = List.copyOf(names);
            given = List.copyOf(given);
        }
    }

    /// The names of a CSV file's columns.
    ///
    /// @param first the file's first record, which is the header if the file has one
    /// @throws FailureException if it can't be a header
    Header names(CsvRecords first, String file) {
        if (!hasHeader) {
            List<String> names = unnamed(first, file);
            return new Header(names, names);
        }
        if (first.fault() != null) {
            throw FailureException.permanent(
                    "source: the header of %s is malformed: %s".formatted(file, first.fault()));
        }
        Encoding read = Encoding.of(encoding);
        List<String> names = new ArrayList<>();
        List<String> all = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < first.fields(); i++) {
            String given =
                    read.text(first.bytes(), first.startOf(i), first.endOf(i)).strip();
            if (first.kindOf(i) == CsvRecords.ESCAPED) {
                byte[] value = new byte[first.endOf(i) - first.startOf(i)];
                given = read.text(value, 0, first.unescape(i, value)).strip();
            }
            refuseOtherEncoding(given, file);
            refuseReserved(given, file);
            String name = given.isEmpty() ? "column" + i : given;
            for (int k = 1; !seen.add(name.toLowerCase(Locale.ROOT)); k++) {
                name = given + "_" + k;
            }
            names.add(name);
            all.add(given.isEmpty() ? name : given);
        }
        refuseOtherDelimiter(first, names, file);
        return new Header(names, all);
    }

    static void refuseReserved(String name, String file) {
        if (name.toLowerCase(Locale.ROOT).startsWith(RESERVED)) {
            throw FailureException.permanent(
                    "source: %s has a column \"%s\", and names that begin with %s are Nightshift's own; rename the column"
                            .formatted(file, name, RESERVED));
        }
    }

    private void refuseOtherEncoding(String name, String file) {
        if (name.indexOf('\0') >= 0 || name.indexOf('\ufffd') >= 0) {
            throw FailureException.permanent(
                    "source: the header of %s is not in %s; set %s.encoding to that of the file"
                            .formatted(file, encoding, key()));
        }
    }

    private List<String> unnamed(CsvRecords first, String file) {
        if (!declared.isEmpty()) {
            if (first.fault() == null && first.fields() != declared.size()) {
                throw FailureException.permanent(
                        "source: the first record of %s has %,d values, and %s.columns lists %,d columns; without a header, list all columns in the order of the file"
                                .formatted(file, first.fields(), key(), declared.size()));
            }
            return List.copyOf(declared.keySet());
        }
        if (first.fault() != null) {
            throw FailureException.permanent(
                    "source: the first record of %s is malformed: %s; list the columns under %s.columns"
                            .formatted(file, first.fault(), key()));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < first.fields(); i++) {
            names.add("column" + i);
        }
        return names;
    }

    /// A header of one column that contains another delimiter means that the delimiter is wrong.
    private void refuseOtherDelimiter(CsvRecords first, List<String> names, String file) {
        if (names.size() > 1 || names.isEmpty() || first.kindOf(0) != CsvRecords.PLAIN) {
            return;
        }
        String name = names.getFirst();
        for (String other : List.of(";", "\t", ",", "|")) {
            if (name.contains(other)) {
                throw FailureException.permanent(
                        "source: the header of %s is one column, \"%s\"; if its delimiter is %s, set %s.delimiter to it"
                                .formatted(file, name, other.equals("\t") ? "tab" : "\"" + other + "\"", key()));
            }
        }
    }
}
