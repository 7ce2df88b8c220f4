package io.nightshift.storage.comparison;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How the predictions of two batches differ. Rows belong together if they have the same record id, or the same
/// file and row.
///
/// @param earlier the number of predictions of the first batch
/// @param later the number of predictions of the second batch
/// @param gone the predictions of the first batch whose record the second does not have
/// @param added the predictions of the second batch whose record the first does not have
/// @param changed the records of both batches in which a column differs
/// @param goneColumns the columns that only the first batch has
/// @param addedColumns the columns that only the second batch has
/// @param columns the columns that both have, in the order of the second batch
/// @param largest the records that changed most, in the order of the largest change of a number; of a number that
///     need not be whole, if there is a column of such numbers
public record OutputDifference(
        long earlier,
        long later,
        long gone,
        long added,
        long changed,
        List<String> goneColumns,
        List<String> addedColumns,
        List<Column> columns,
        List<ChangedRow> largest) {

    public OutputDifference {
        goneColumns = List.copyOf(goneColumns);
        addedColumns = List.copyOf(addedColumns);
        columns = List.copyOf(columns);
        largest = List.copyOf(largest);
    }

    /// The records that both batches have.
    public long common() {
        return later - added;
    }

    /// Whether the batches have the same records, columns and values.
    public boolean isEmpty() {
        return gone == 0 && added == 0 && changed == 0 && goneColumns.isEmpty() && addedColumns.isEmpty();
    }

    /// A column that both batches have.
    ///
    /// @param changed the records of both batches in which it differs
    /// @param meanChange the mean of the absolute differences in these records, leaving out those with a missing,
    ///     infinite or NaN value; null without a number
    /// @param largestChange the largest of these differences; null without a number
    /// @param earlier its values in the first batch
    /// @param later its values in the second batch
    public record Column(
            String name,
            long changed,
            @Nullable Double meanChange,
            @Nullable Double largestChange,
            Distribution earlier,
            Distribution later) {}

    /// The values of a column in one batch.
    public sealed interface Distribution {

        /// How many values are missing (NULL).
        long missing();

        /// The values of a column of numbers. All figures but the counts leave out values that are missing or not
        /// finite, and are null if no others are left.
        ///
        /// @param missing the values that are missing (NULL)
        /// @param notFinite the values that are infinite or NaN
        /// @param mean the mean
        /// @param deviation the standard deviation of the population
        /// @param least the least value
        /// @param quantiles estimates of the quantiles [OutputComparison#QUANTILES]
        /// @param greatest the greatest value
        record Numbers(
                long missing,
                long notFinite,
                @Nullable Double mean,
                @Nullable Double deviation,
                @Nullable Double least,
                @Nullable List<Double> quantiles,
                @Nullable Double greatest)
                implements Distribution {}

        /// The values of a column of texts, truth values or times.
        ///
        /// @param missing the values that are missing (NULL)
        /// @param frequent the most frequent values as texts with their counts, the most frequent first
        record Values(long missing, Map<String, Long> frequent) implements Distribution {
            public Values {
                frequent = Collections.unmodifiableMap(new LinkedHashMap<>(frequent));
            }
        }
    }

    /// A record in which a column differs.
    ///
    /// @param key the record id, or the file and the row
    /// @param earlier a value for each column, as texts; null if it is missing
    /// @param later a value for each column, as texts; null if it is missing
    public record ChangedRow(List<String> key, List<@Nullable String> earlier, List<@Nullable String> later) {
        public ChangedRow {
            key = List.copyOf(key);
        }
    }
}
