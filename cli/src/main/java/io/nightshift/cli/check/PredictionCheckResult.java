package io.nightshift.cli.check;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The result of comparing predictions with expected values.
///
/// @param expected rows of the expected file
/// @param absent rows of it that are not in the job's source
/// @param leftOut rows that `source.where` leaves out
/// @param quarantined rows that could not be scored
/// @param compared rows that have an expected value and a prediction
/// @param largest the largest difference, or null if the values are texts or nothing was compared
/// @param over rows that differ by more than the tolerance
/// @param rows the first of these
/// @param causes sentences about what the rows that differ have in common; empty if nothing was found
/// @param reasons why the first quarantined rows are quarantined
public record PredictionCheckResult(
        long expected,
        long absent,
        long leftOut,
        long quarantined,
        long compared,
        @Nullable Double largest,
        long over,
        List<DifferingRow> rows,
        List<String> causes,
        List<String> reasons) {

    public PredictionCheckResult {
        rows = List.copyOf(rows);
        causes = List.copyOf(causes);
        reasons = List.copyOf(reasons);
    }

    /// A row that differs.
    ///
    /// @param id the record ID, or the row's position in the expected file, from 0
    /// @param difference null for texts and missing values
    /// @param features each feature's value as the model gets it, before it is rounded to the model's
    ///     precision
    public record DifferingRow(
            String id,
            @Nullable String expected,
            @Nullable String found,
            @Nullable Double difference,
            Map<String, @Nullable String> features) {
        public DifferingRow {
            features = new LinkedHashMap<>(features);
        }
    }

    /// Whether every compared row is equal, at least one was compared, and none was quarantined.
    public boolean isEqual() {
        return compared > 0 && over == 0 && quarantined == 0;
    }
}
