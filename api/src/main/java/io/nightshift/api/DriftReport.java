package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much the predictions and features of a batch differ from those of an earlier one.
///
/// @param batch the batch's full ID
/// @param baseline the batch that it is compared with; null if there is none
/// @param rows the batch's rows with a prediction
/// @param baselineRows those of the baseline; null if there is none
/// @param columns what was compared: the predictions first, if they were, and then the columns and features in the
///     order of the job's checks
public record DriftReport(
        String batch,
        @Nullable String baseline,
        long rows,
        @Nullable Long baselineRows,
        List<ColumnDrift> columns) {

    /// Keeps an unmodifiable copy of the list.
    public DriftReport {
        columns = List.copyOf(columns);
    }

    /// How much a column differs. What compares is null if there is no baseline, or it has not measured the column.
    ///
    /// @param column the column or feature; null for the predictions
    /// @param psi the population stability index: 0 for equal distributions, without a largest value
    /// @param jensenShannon the Jensen–Shannon divergence in bits: 0 for equal distributions, at most 1
    /// @param missing the share of rows in which the value is NULL, NaN or infinite, 0 to 1
    /// @param missingBefore the same of the baseline
    /// @param unseen the share of the batch's rows, with the quarantined ones, that have a category that the
    ///     model does not know, 0 to 1; 0 for numbers
    /// @param unseenBefore the same of the baseline
    /// @param mean of the predictions; null for other columns, and if there is none
    /// @param meanBefore the same of the baseline
    public record ColumnDrift(
            @Nullable String column,
            @Nullable Double psi,
            @Nullable Double jensenShannon,
            double missing,
            @Nullable Double missingBefore,
            double unseen,
            @Nullable Double unseenBefore,
            @Nullable Double mean,
            @Nullable Double meanBefore) {}
}
