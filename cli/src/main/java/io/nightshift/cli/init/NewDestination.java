package io.nightshift.cli.init;

import io.nightshift.protocol.failure.FailureException;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The destination of a new job file, as `--destination` names it.
///
/// @param kind `parquet`, `csv` or `postgres`
/// @param place a folder, or `DATA_SOURCE/TABLE`
record NewDestination(String kind, String place) {

    private static final Pattern TEXT = Pattern.compile("(?:(parquet|csv|postgres):)?(.+)", Pattern.DOTALL);

    /// @throws FailureException if the text names no destination
    static NewDestination parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw FailureException.permanent(
                    "--destination: expected a folder, csv:FOLDER or postgres:DATA_SOURCE/TABLE, not an empty text");
        }
        String kind = matcher.group(1) == null ? "parquet" : matcher.group(1);
        String place = matcher.group(2);
        if (kind.equals("postgres") && !place.matches("[^/]+/[^/]+")) {
            throw FailureException.permanent(
                    "--destination: expected postgres:DATA_SOURCE/TABLE, such as postgres:warehouse/scores.delays, not "
                            + text);
        }
        return new NewDestination(kind, place);
    }

    /// The same destination with another path, if it is a folder.
    NewDestination with(UnaryOperator<String> path) {
        return kind.equals("postgres") ? this : new NewDestination(kind, path.apply(place));
    }

    String yaml() {
        return switch (kind) {
            case "csv" -> """
                    destination:
                      # Each batch gets a folder here: batch=ID/part-*.csv.gz
                      csv:
                        folder: %s
                        # Or zstd, or none.
                        compression: gzip
                    """.formatted(NewJobFile.value(place));
            case "postgres" ->
                """
                    destination:
                      # The data source is a database that the configuration names. The table is created if it does not exist.
                      postgres:
                        data-source: %s
                        table: %s
                    """.formatted(
                                NewJobFile.value(place.substring(0, place.indexOf('/'))),
                                NewJobFile.value(place.substring(place.indexOf('/') + 1)));
            default -> """
                    destination:
                      # Each batch gets a folder here: batch=ID/part-*.parquet
                      parquet: %s
                    """.formatted(NewJobFile.value(place));
        };
    }
}
