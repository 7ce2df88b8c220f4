package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.time.Duration;
import java.util.OptionalDouble;

/// Measures the throughput that a person sees: only the rows that were scored since the first measurement
/// count. After a resume, the rows of earlier runs do not. For one thread.
final class ProgressMeter {

    private long begun;
    private long rowsBefore = -1;

    /// Measures from the first status that knows the size of the input.
    ///
    /// @param nanos the time of the status, by a clock that only runs forward
    void update(BatchDescription status, long nanos) {
        if (rowsBefore < 0 && status.rows() > 0) {
            rowsBefore = status.rowsDone();
            begun = nanos;
        }
    }

    /// The time since the first measurement; zero before it.
    Duration elapsed(long nanos) {
        return rowsBefore < 0 ? Duration.ZERO : Duration.ofNanos(nanos - begun);
    }

    /// The rows per second since the first measurement. Empty while nothing is known, and never negative: an
    /// attempt that fails takes its rows back.
    OptionalDouble rowsPerSecond(BatchDescription status, long nanos) {
        long rows = status.rowsDone() - rowsBefore;
        return rowsBefore < 0 || nanos <= begun || rows <= 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(rows * 1e9 / (nanos - begun));
    }
}
