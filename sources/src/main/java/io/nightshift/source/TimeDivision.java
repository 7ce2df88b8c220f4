package io.nightshift.source;

import io.nightshift.protocol.job.PartitionKey.Every;
import io.nightshift.protocol.plan.Cut;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Periods of time in a time zone. Java's rules of time zones say where periods begin, and the plan pins that, so
/// the rules that a node's DuckDB has don't matter.
///
/// A day on which clocks change has 23 or 25 hours. When clocks are set back, an hour occurs twice: the two are
/// different periods, which their offsets tell apart.
///
/// @param zone UTC for dates, which have no time zone
record TimeDivision(String sql, String type, Every every, ZoneId zone) implements KeyDivision {

    private static final String WITH_ZONE = "TIMESTAMP WITH TIME ZONE";
    private static final Set<String> TIMES =
            Set.of("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", WITH_ZONE);
    private static final DateTimeFormatter HOUR = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH", Locale.ROOT);
    private static final DateTimeFormatter HOUR_OF_ZONE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HHxxxx", Locale.ROOT);
    private static final DateTimeFormatter MONTH = DateTimeFormatter.ofPattern("uuuu-MM", Locale.ROOT);

    /// Since 1973, clocks are only set forward or back at full quarters of an hour of UTC, and all offsets are
    /// multiples of one. So times are counted by quarters, and earlier ones by seconds.
    private static final long QUARTERS = 94_694_400;
    private static final long QUARTER = 900;
    private static final long MICROS = 1_000_000;
    private static final long LATEST = Long.MAX_VALUE / MICROS;

    /// Seconds since 1970, the end excluded.
    private record Period(long start, long end, String name) {
        boolean contains(long second) {
            return start <= second && second < end;
        }
    }

    static TimeDivision of(String sql, String type, Every every, String zone) {
        if (type.equals("DATE") && every == Every.HOUR) {
            throw KeyDivision.refused("hours", type, "write every: 1d");
        }
        if (!type.equals("DATE") && !TIMES.contains(type)) {
            throw KeyDivision.refused(
                    "time", type, "convert them to times, for example with CAST(… AS TIMESTAMP) or to_timestamp(…)");
        }
        return new TimeDivision(sql, type, every, type.equals("DATE") ? ZoneOffset.UTC : ZoneId.of(zone));
    }

    /// The first second of the time's quarter of an hour; NULL for an infinite time.
    @Override
    public String code() {
        String micros = "epoch_us(" + sql + ")";
        return "CASE WHEN NOT isfinite(%1$s) THEN NULL WHEN %2$s >= %3$d THEN %2$s // %4$d * %5$d WHEN %2$s >= 0 THEN %2$s // %6$d ELSE (%2$s - %7$d) // %6$d END"
                .formatted(sql, micros, QUARTERS * MICROS, QUARTER * MICROS, QUARTER, MICROS, MICROS - 1);
    }

    /// The first second of the period.
    @Override
    public long ordinal(long code) {
        return period(code).start();
    }

    @Override
    public Cut cut(long ordinal) {
        Period period = period(ordinal);
        String key = type.equals("TIMESTAMP_NS") ? "epoch_us(" + sql + ")" : sql;
        String below = period.end() >= LATEST ? "" : " AND %s < %s".formatted(key, literal(period.end()));
        return new Cut("%s >= %s%s".formatted(key, literal(period.start()), below), period.name());
    }

    private String literal(long second) {
        long micros = second * MICROS;
        return switch (type) {
            case "DATE" -> "CAST(make_timestamp(%d) AS DATE)".formatted(micros);
            case "TIMESTAMP_NS" -> String.valueOf(micros);
            case WITH_ZONE -> "make_timestamptz(%d)".formatted(micros);
            default -> "make_timestamp(%d)".formatted(micros);
        };
    }

    @Override
    public @Nullable String orderedColumn() {
        return KeyDivision.name(sql);
    }

    @Override
    public Cut withoutKey() {
        return new Cut("(%1$s IS NULL OR NOT isfinite(%1$s))".formatted(sql), null);
    }

    private Period period(long second) {
        ZonedDateTime time = Instant.ofEpochSecond(second).atZone(zone);
        return switch (every) {
            case HOUR -> hour(time);
            case DAY -> days(time, time.toLocalDate(), ChronoUnit.DAYS, DateTimeFormatter.ISO_LOCAL_DATE);
            case MONTH -> days(time, time.toLocalDate().withDayOfMonth(1), ChronoUnit.MONTHS, MONTH);
        };
    }

    /// A change of the offset begins a new period.
    private Period hour(ZonedDateTime time) {
        LocalDateTime local = time.toLocalDateTime().truncatedTo(ChronoUnit.HOURS);
        long start = local.toEpochSecond(time.getOffset());
        long end = start + ChronoUnit.HOURS.getDuration().toSeconds();
        ZoneOffsetTransition before =
                zone.getRules().previousTransition(time.toInstant().plusNanos(1));
        ZoneOffsetTransition after = zone.getRules().nextTransition(time.toInstant());
        String name = (zone.getId().equals("UTC") ? HOUR : HOUR_OF_ZONE).format(local.atOffset(time.getOffset()));
        return new Period(
                before == null ? start : Math.max(start, before.toEpochSecond()),
                after == null ? end : Math.min(end, after.toEpochSecond()),
                name);
    }

    /// Where clocks are set back over midnight, an hour belongs to the later day although it has the earlier date:
    /// periods don't interrupt each other.
    private Period days(ZonedDateTime time, LocalDate first, ChronoUnit unit, DateTimeFormatter name) {
        for (int i = -1; i <= 1; i++) {
            LocalDate start = first.plus(i, unit);
            Period period = new Period(
                    start.atStartOfDay(zone).toEpochSecond(),
                    start.plus(1, unit).atStartOfDay(zone).toEpochSecond(),
                    name.format(start));
            if (period.contains(time.toEpochSecond())) {
                return period;
            }
        }
        throw new IllegalStateException("no period contains " + time);
    }
}
