package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.PartitionStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The values that the checks of a complete batch compare with their limits.
///
/// @param statistics of the committed partitions
/// @param baseline the batch to compare with; null if no check needs one, or there is none
public record Measured(
        PartitionStatistics statistics, @Nullable Baseline baseline) {

    /// An earlier batch that was published.
    ///
    /// @param batch its ID
    /// @param rows the number of rows that the `where` of its job let through
    /// @param distributions that it has measured; may be empty
    public record Baseline(BatchId batch, long rows, List<Distribution> distributions) {

        /// A published batch.
        public static Baseline of(BatchState state) {
            return new Baseline(
                    state.batch(),
                    state.totals().read(),
                    state.checked() == null ? List.of() : state.checked().distributions());
        }
    }
}
