package io.nightshift.coordinator.timing;

import io.nightshift.protocol.job.JobTiming;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/// The part of each day in which the batches of a job score. It may pass midnight.
///
/// When clocks go forward over both of its ends, the window does not open that day.
///
/// @param from when it opens
/// @param to when it closes; another time of the day than `from`
public record TimeWindow(DailyTime from, DailyTime to) {

    /// The longest time that [#after] looks ahead.
    private static final Duration FAR = Duration.ofDays(400);

    public TimeWindow {
        if (from.time().equals(to.time())) {
            throw new IllegalArgumentException("the window opens and closes at " + from.time());
        }
    }

    /// One opening.
    ///
    /// @param opens the first moment that is inside
    /// @param closes the first moment that is outside again
    public record Opening(Instant opens, Instant closes) {}

    /// The window of a job, or null if it has none.
    public static @Nullable TimeWindow of(JobTiming timing) {
        return timing.window() == null
                ? null
                : new TimeWindow(
                        DailyTime.of(timing.window().from(), timing.timeZone()),
                        DailyTime.of(timing.window().to(), timing.timeZone()));
    }

    /// The opening that a moment belongs to, or else the next one.
    public Opening at(Instant moment) {
        LocalDate day = moment.atZone(from.zone()).toLocalDate().minusDays(1);
        Opening opening = opening(day);
        while (!opening.closes().isAfter(moment) || !opening.closes().isAfter(opening.opens())) {
            day = day.plusDays(1);
            opening = opening(day);
        }
        return opening;
    }

    private Opening opening(LocalDate day) {
        boolean isOvernight = to.time().isBefore(from.time());
        return new Opening(from.first(day), to.last(isOvernight ? day.plusDays(1) : day));
    }

    public boolean isOpen(Instant moment) {
        return !at(moment).opens().isAfter(moment);
    }

    /// How long the window is open from one moment to another; zero if the second is not later.
    public Duration openTime(Instant start, Instant end) {
        Duration open = Duration.ZERO;
        Instant moment = start;
        while (moment.isBefore(end)) {
            Opening next = at(moment);
            Instant opens = later(next.opens(), moment);
            Instant closes = next.closes().isBefore(end) ? next.closes() : end;
            if (closes.isAfter(opens)) {
                open = open.plus(Duration.between(opens, closes));
            }
            moment = next.closes();
        }
        return open;
    }

    /// The moment at which the window will have been open for some time. Beyond 400 days, the last moment
    /// that was looked at.
    public Instant after(Instant start, Duration open) {
        Duration left = open;
        Instant moment = start;
        Instant far = start.plus(FAR);
        while (moment.isBefore(far)) {
            Opening next = at(moment);
            Instant opens = later(next.opens(), moment);
            Duration length = Duration.between(opens, next.closes());
            if (left.compareTo(length) <= 0) {
                return opens.plus(left);
            }
            left = left.minus(length);
            moment = next.closes();
        }
        return moment;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
