package io.nightshift.protocol.job;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The key by whose values the input is divided into partitions. Exactly one of `count`, `ranges` and `every` says
/// how.
///
/// @param by a column of the source, a key of [Job.Source#select()], or a DuckDB SQL expression
/// @param count the number of buckets to which a hash assigns the values, at least 2; null if there are none
/// @param ranges the bounds between the ranges of values, in ascending order; a bound belongs to the range that it
///     begins. Empty if the values are not divided into ranges
/// @param every the length of the periods of time; null if the values are not divided into periods
/// @param timeZone in which the periods begin: of the IANA database
/// @param rows whether the rows of each value are divided further, into partitions of about
///     [Job.Partitions#rows()] rows
/// @param column the output column that holds the partition value; null if there is none
/// @param folder the name of the folders that the output of each partition value is in; null for one folder
public record PartitionKey(
        String by,
        @Nullable Integer count,
        List<String> ranges,
        @Nullable Every every,
        String timeZone,
        boolean rows,
        @Nullable String column,
        @Nullable String folder) {

    /// The time zone of a job file that names none.
    public static final String UTC = "UTC";

    public PartitionKey {
        ranges = List.copyOf(ranges);
        long ways = Stream.of(count != null, !ranges.isEmpty(), every != null)
                .filter(given -> given)
                .count();
        if (ways != 1) {
            throw new IllegalArgumentException("not one of count, ranges and every: " + by);
        }
    }

    /// The length of a period of time.
    public enum Every {
        /// From one full hour to the next.
        HOUR("1h"),
        /// From midnight to midnight.
        DAY("1d"),
        /// From the first of a month to the first of the next.
        MONTH("1mo");

        private final String text;

        Every(String text) {
            this.text = text;
        }

        /// As a job file has it.
        public String text() {
            return text;
        }

        /// The period that a job file names.
        ///
        /// @throws IllegalArgumentException if there is none
        public static Every of(String text) {
            return Stream.of(values())
                    .filter(every -> every.text.equals(text))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(text));
        }
    }

    /// For people.
    @Override
    public String toString() {
        if (count != null) {
            return String.format(Locale.ROOT, "%,d buckets of %s", count, by);
        }
        return every == null
                ? String.format(Locale.ROOT, "%,d ranges of %s", ranges.size() + 1, by)
                : "every %s of %s in %s".formatted(every.text(), by, timeZone);
    }
}
