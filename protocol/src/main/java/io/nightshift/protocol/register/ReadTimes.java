package io.nightshift.protocol.register;

import io.nightshift.protocol.job.Incremental;
import io.nightshift.protocol.job.TimeRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What published batches have read of a source.
///
/// @param source as [Incremental.Pinned#source()]
/// @param ranges the times, in order
public record ReadTimes(String source, List<TimeRange> ranges) {

    public ReadTimes {
        ranges = List.copyOf(ranges);
    }

    /// What a batch has read; null if its job is not incremental.
    ///
    /// @param pinned what the batch was pinned to, or null
    public static @Nullable ReadTimes of(Incremental.@Nullable Pinned pinned) {
        return pinned == null ? null : new ReadTimes(pinned.source(), pinned.ranges());
    }
}
