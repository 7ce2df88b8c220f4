package io.nightshift.storage.duckdb;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The meaning of a DuckDB error for the work that caused it. The beginning of DuckDB's message shows the
/// kind.
public enum DuckDbError {
    /// A value of some row could not be converted or computed. The quarantined row can be separated from the
    /// others.
    ROW,
    /// The disk is full, or a file can't be opened, read or written. Transient. A file that ends too early is
    /// not in this group: it is broken.
    IO,
    /// More memory is needed than the node gives to DuckDB.
    MEMORY,
    /// The query was cancelled.
    INTERRUPTED,
    /// DuckDB may not open a file: see [DuckDb].
    DENIED,
    /// The query or the file is wrong.
    OTHER;

    /// Texts in DuckDB's messages about its folder for temporary files: the names of its files there, the setting
    /// that limits them to the free space, and that the folder can't be made. DuckDB makes no other folder.
    private static final List<String> SCRATCH =
            List.of("duckdb_temp_", "max_temp_directory_size", "Failed to create directory");

    /// DuckDB's report of a failed write in the background.
    private static final Pattern NESTED = Pattern.compile("\"exception_message\":\"((?:[^\"\\\\]|\\\\.)*)\"");

    /// Texts in DuckDB's messages about a file that this node does not see, or may not read. The last one is for a
    /// file that was there when DuckDB looked for it, too.
    private static final List<String> MISSING =
            List.of("No such file or directory", "Permission denied", "No files found that match the pattern");

    /// The end of the names of files to which attempts write their output.
    private static final String STAGED = ".staged";

    /// DuckDB's report of an exception of a table function in Java, with the exception's stack.
    private static final Pattern JAVA_IO =
            Pattern.compile("Invalid Input Error: java\\.io\\.[A-Za-z]*Exception: ([^\n]*)(?s:.*)");

    private static final Pattern FILE = Pattern.compile("\"(/[^\"]*)\"");

    public static DuckDbError of(SQLException e) {
        String message = message(e);
        if (message.startsWith("Conversion Error")
                || message.startsWith("Out of Range Error")
                || message.startsWith("Invalid Input Error")) {
            return ROW;
        }
        if (message.startsWith("IO Error")) {
            return message.contains("Could not read enough bytes") ? OTHER : IO;
        }
        if (message.startsWith("Out of Memory Error")) {
            return MEMORY;
        }
        if (message.startsWith("Permission Error")) {
            return DENIED;
        }
        return message.startsWith("INTERRUPT") ? INTERRUPTED : OTHER;
    }

    /// A failure that says what was being done.
    public static Failure failure(String doing, SQLException e) {
        String message = doing + ": " + reason(e);
        return switch (of(e)) {
            case IO -> Failure.of(resource(message, file(e)), file(e), message);
            case MEMORY ->
                isOfScratch(message)
                        ? Failure.of(FailedResource.Type.SCRATCH, file(e), message)
                        : Failure.transientFailure(message);
            case INTERRUPTED -> Failure.transientFailure(message);
            case DENIED, ROW, OTHER -> Failure.permanent(message);
        };
    }

    /// A staged file that is missing is no missing input: a cancelled batch removes those of its attempts.
    private static FailedResource.Type resource(String message, String file) {
        if (message.contains("Too many open files") || isOfScratch(message)) {
            return FailedResource.Type.SCRATCH;
        }
        if (file.endsWith(STAGED)) {
            return FailedResource.Type.STORAGE;
        }
        return MISSING.stream().anyMatch(message::contains) ? FailedResource.Type.INPUT : FailedResource.Type.STORAGE;
    }

    private static boolean isOfScratch(String message) {
        return SCRATCH.stream().anyMatch(message::contains);
    }

    /// The file that the error names first, or an empty text.
    private static String file(SQLException e) {
        Matcher quoted = FILE.matcher(line(e));
        return quoted.find() ? quoted.group(1) : "";
    }

    /// The message in one line, without the excerpt of SQL and the JSON that DuckDB may add.
    public static String reason(SQLException e) {
        String file = of(e) == DENIED ? file(e) : "";
        return file.isEmpty()
                ? line(e)
                : "%s is outside the folders that jobs may use on this node (nightshift.files.read and nightshift.files.write)"
                        .formatted(file);
    }

    private static String line(SQLException e) {
        String line = message(e)
                .lines()
                .takeWhile(text -> !text.startsWith("LINE "))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" "));
        Matcher nested = NESTED.matcher(line);
        return nested.find() ? nested.group(1).replace("\\\"", "\"").replace("\\\\", "\\") : line;
    }

    private static String message(SQLException e) {
        String message = Objects.requireNonNullElse(e.getMessage(), e.toString());
        Matcher java = JAVA_IO.matcher(message);
        if (java.matches()) {
            return "IO Error: " + java.group(1);
        }
        return message.toLowerCase(Locale.ROOT).startsWith("java.sql.sqlexception: ")
                ? message.substring("java.sql.SQLException: ".length())
                : message;
    }
}
