package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The result of a replay: how the scores of a published batch and those of a repetition differ.
///
/// @param batch the batch's full ID
/// @param equal whether each row has the same outcome as in the batch
/// @param partitions number of partitions that were scored again
/// @param predictions number of predictions of these partitions in the batch
/// @param quarantined number of rows of these partitions that are quarantined in the batch
/// @param changed number of predictions that are different
/// @param missing number of predictions of the batch that the replay does not have
/// @param added number of predictions that only the replay has; `new` in JSON
/// @param goneColumns the columns that only the batch has
/// @param newColumns the columns that only the replay has
/// @param otherQuarantine the partitions in which the replay has quarantined another number of rows, with this
///     number
/// @param rows the records that differ most
public record ReplayReport(
        String batch,
        boolean equal,
        int partitions,
        long predictions,
        long quarantined,
        long changed,
        long missing,
        @JsonProperty("new") long added,
        List<String> goneColumns,
        List<String> newColumns,
        Map<String, Long> otherQuarantine,
        List<ChangedRow> rows) {

    /// Keeps unmodifiable copies of the lists and the map.
    public ReplayReport {
        goneColumns = List.copyOf(goneColumns);
        newColumns = List.copyOf(newColumns);
        otherQuarantine = Collections.unmodifiableMap(new LinkedHashMap<>(otherQuarantine));
        rows = List.copyOf(rows);
    }

    /// A record in which a value differs.
    ///
    /// @param record the record ID, or the file and the row
    /// @param batch the values in the batch, as texts by column; null if a value is missing
    /// @param replay the values in the replay, as texts by column; null if a value is missing
    public record ChangedRow(
            List<String> record, Map<String, @Nullable String> batch, Map<String, @Nullable String> replay) {

        /// Keeps unmodifiable copies of the list and the maps. Not compact, since a compact constructor would
        /// lose in its class file that values may be null.
        public ChangedRow(
                List<String> record, Map<String, @Nullable String> batch, Map<String, @Nullable String> replay) {
            this.record = List.copyOf(record);
            this.batch = Collections.unmodifiableMap(new LinkedHashMap<>(batch));
            this.replay = Collections.unmodifiableMap(new LinkedHashMap<>(replay));
        }
    }
}
