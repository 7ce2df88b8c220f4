package io.nightshift.protocol.job;

import java.time.LocalTime;

/// The time of day at which batches of a job may work. A batch never begins outside of it.
///
/// @param from the first local time inside the window, as `HH:mm`
/// @param to the first local time after the window, as `HH:mm`, and never equal to `from`; if it is the earlier
///     one, the window spans midnight
/// @param outside what a batch does that has begun and not ended when the window closes
public record JobWindow(String from, String to, Outside outside) {

    /// The beginning as a time of day.
    public LocalTime fromTime() {
        return LocalTime.parse(from);
    }

    /// The end as a time of day.
    public LocalTime toTime() {
        return LocalTime.parse(to);
    }

    /// The behaviour of a batch when its window closes.
    public enum Outside {
        /// It ends its partitions in flight, and continues when the window opens again.
        PAUSE,
        /// It finishes.
        FINISH
    }
}
