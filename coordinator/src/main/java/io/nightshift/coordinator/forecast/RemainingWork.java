package io.nightshift.coordinator.forecast;

import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.PastRun;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The known facts about a batch that has not ended, for its forecast.
///
/// @param now the time of the forecast
/// @param curve the commits so far
/// @param rows rows that are not scored yet; null before the batch is planned
/// @param partitions partitions that are not committed; 0 before the batch is planned
/// @param rowsInFlight rows that attempts in flight have scored
/// @param workers how many workers score it; 0 if none does, or that is not known
/// @param history the last published batches of the job, the oldest first
/// @param window outside which the batch does not score; null if it may score at any time
/// @param deadline or null
public record RemainingWork(
        Instant now,
        ProgressCurve curve,
        @Nullable Long rows,
        int partitions,
        long rowsInFlight,
        double workers,
        List<PastRun> history,
        @Nullable TimeWindow window,
        @Nullable Instant deadline) {

    public RemainingWork {
        history = List.copyOf(history);
    }
}
