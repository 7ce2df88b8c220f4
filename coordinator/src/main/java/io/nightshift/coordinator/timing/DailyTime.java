package io.nightshift.coordinator.timing;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;

/// A time of the day in a time zone. When clocks go forward, a time that does not exist is the moment of the
/// change. When they go back, a time comes twice.
///
/// @param time of the day
/// @param zone of the time
public record DailyTime(LocalTime time, ZoneId zone) {

    /// @param time such as `22:00`
    /// @param zone an IANA time zone, such as `Europe/Berlin`
    public static DailyTime of(String time, String zone) {
        return new DailyTime(LocalTime.parse(time), ZoneId.of(zone));
    }

    /// The time on a day; the first of two.
    public Instant first(LocalDate day) {
        return on(day, true);
    }

    /// The time on a day; the last of two.
    public Instant last(LocalDate day) {
        return on(day, false);
    }

    /// The first such time after a moment.
    public Instant after(Instant moment) {
        LocalDate day = moment.atZone(zone).toLocalDate().minusDays(1);
        while (!first(day).isAfter(moment)) {
            day = day.plusDays(1);
        }
        return first(day);
    }

    private Instant on(LocalDate day, boolean first) {
        LocalDateTime local = day.atTime(time);
        ZoneOffsetTransition change = zone.getRules().getTransition(local);
        if (change != null && change.isGap()) {
            return change.getInstant();
        }
        List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
        return local.toInstant(first ? offsets.getFirst() : offsets.getLast());
    }
}
