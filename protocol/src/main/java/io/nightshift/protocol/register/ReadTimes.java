package io.nightshift.protocol.register;

import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.TimeRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The times that published batches have read of a source.
///
/// @param source as [NewTimes.Pinned#source()]
/// @param ranges the times, in order
public record ReadTimes(String source, List<TimeRange> ranges) {

    public ReadTimes {
        ranges = List.copyOf(ranges);
    }

    /// The times that a batch has read; null if its job does not read new times.
    ///
    /// @param pinned what the batch was pinned to, or null
    public static @Nullable ReadTimes of(NewTimes.@Nullable Pinned pinned) {
        return pinned == null ? null : new ReadTimes(pinned.source(), pinned.ranges());
    }
}
