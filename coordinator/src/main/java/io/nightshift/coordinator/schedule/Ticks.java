package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.job.CronExpression;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The times of a schedule, its ticks: a cron expression in a time zone, between two dates. Pure, and safe
/// for several threads.
///
/// When clocks change, a tick is what a person expects who reads the expression as local time:
///
/// - A local time that does not exist, because clocks go forward, runs once, right after the gap.
/// - A local time that comes twice, because clocks go back, runs once, the first time. A job whose hour is open,
///   such as `0 * * * *`, runs both times, because it runs by the time that has passed.
///
/// So every local time of the expression has exactly one tick, except that those of one gap share one, and
/// those of a job that runs at any hour have two if the time comes twice.
final class Ticks {

    /// More than the longest gap or overlap of any time zone, which is a day that is left out.
    private static final Duration LONGEST_SHIFT = Duration.ofHours(25);

    private final CronExpression cron;
    private final ZoneId zone;
    private final @Nullable Instant from;
    private final @Nullable Instant until;
    private final Duration jitter;
    private final boolean runsTwice;

    private static final int KEPT_ANSWERS = 64;

    /// The next tick after some times. It is the next one after every time in between, too, so the search,
    /// which is slow, is rare.
    private final NavigableMap<Instant, Optional<Instant>> answers = new TreeMap<>();

    /// @param start the first date, or null
    /// @param end the last date, or null
    /// @param jitter the most by which a run may be later than its tick; zero for none
    /// @param runsTwice whether a local time that comes twice has two ticks
    Ticks(
            CronExpression cron,
            ZoneId zone,
            @Nullable LocalDate start,
            @Nullable LocalDate end,
            Duration jitter,
            boolean runsTwice) {
        this.cron = cron;
        this.zone = zone;
        this.from = start == null ? null : start.atStartOfDay(zone).toInstant();
        this.until = end == null ? null : end.plusDays(1).atStartOfDay(zone).toInstant();
        this.jitter = jitter;
        this.runsTwice = runsTwice;
    }

    ZoneId zone() {
        return zone;
    }

    /// The first tick after a time; empty if there is none.
    Optional<Instant> next(Instant after) {
        synchronized (answers) {
            Map.Entry<Instant, Optional<Instant>> known = answers.floorEntry(after);
            if (known != null && known.getValue().map(after::isBefore).orElse(true)) {
                return known.getValue();
            }
        }
        Optional<Instant> next = find(after);
        synchronized (answers) {
            if (answers.size() >= KEPT_ANSWERS) {
                answers.clear();
            }
            answers.put(after, next);
        }
        return next;
    }

    private Optional<Instant> find(Instant after) {
        Instant start = from != null && after.isBefore(from) ? from.minusNanos(1) : after;
        Optional<Instant> next;
        try {
            next = earlier(firstAfter(start), runsTwice ? firstRepeated(start) : Optional.empty());
        } catch (DateTimeException e) {
            // Beyond the last year that the calendar knows.
            return Optional.empty();
        }
        return next.filter(tick -> until == null || tick.isBefore(until));
    }

    private Optional<Instant> firstAfter(Instant after) {
        ZoneRules rules = zone.getRules();
        LocalDateTime local = after.atZone(zone).toLocalDateTime();
        if (instant(local).isBefore(after)) {
            // The second of two equal local times: what the expression describes here has come already.
            ZoneOffsetTransition overlap = rules.getTransition(local);
            local = overlap.getDateTimeBefore().minusNanos(1);
        }
        Optional<LocalDateTime> next = cron.next(local);
        // Only the local times of a gap have an instant that is not later than the one before.
        while (next.isPresent() && !instant(next.get()).isAfter(after)) {
            ZoneOffsetTransition gap = rules.getTransition(next.get());
            next = cron.next(gap != null && gap.isGap() ? gap.getDateTimeAfter().minusNanos(1) : next.get());
        }
        return next.map(this::instant);
    }

    private static Optional<Instant> earlier(Optional<Instant> one, Optional<Instant> other) {
        return one.isEmpty() || (other.isPresent() && other.get().isBefore(one.get())) ? other : one;
    }

    /// The first tick in the second pass of local times that come twice: those at the time, or the next ones.
    private Optional<Instant> firstRepeated(Instant after) {
        ZoneRules rules = zone.getRules();
        return earlier(
                firstRepeated(after, rules.previousTransition(after.plusNanos(1))),
                firstRepeated(after, rules.nextTransition(after)));
    }

    private Optional<Instant> firstRepeated(Instant after, @Nullable ZoneOffsetTransition transition) {
        if (transition == null || !transition.isOverlap()) {
            return Optional.empty();
        }
        Instant before = transition.getInstant().minusNanos(1);
        LocalDateTime local =
                LocalDateTime.ofInstant(after.isAfter(before) ? after : before, transition.getOffsetAfter());
        return cron.next(local)
                .filter(next -> next.isBefore(transition.getDateTimeBefore()))
                .map(next -> next.toInstant(transition.getOffsetAfter()));
    }

    /// When a local time of the expression runs.
    private Instant instant(LocalDateTime local) {
        ZoneOffsetTransition transition = zone.getRules().getTransition(local);
        if (transition != null && transition.isGap()) {
            return transition.getInstant();
        }
        // Of two offsets, this is the earlier instant.
        return local.atZone(zone).toInstant();
    }

    /// The last tick that is not after a time, and after another; empty if there is none.
    Optional<Instant> last(Instant after, Instant upTo) {
        Duration back = LONGEST_SHIFT;
        while (true) {
            Instant probe = upTo.minus(back);
            boolean isWhole = !probe.isAfter(after);
            Optional<Instant> found = lastFrom(isWhole ? after : probe, upTo);
            if (found.isPresent() || isWhole) {
                return found;
            }
            back = back.multipliedBy(8);
        }
    }

    private Optional<Instant> lastFrom(Instant after, Instant upTo) {
        // Halves the range, so that a schedule of seconds is not walked through tick by tick.
        Instant low = after;
        Optional<Instant> found = next(low).filter(tick -> !tick.isAfter(upTo));
        if (found.isEmpty()) {
            return found;
        }
        Instant high = upTo;
        while (Duration.between(low, high).compareTo(Duration.ofSeconds(1)) > 0) {
            Instant middle = low.plus(Duration.between(low, high).dividedBy(2));
            Optional<Instant> tick = next(middle).filter(next -> !next.isAfter(upTo));
            if (tick.isPresent()) {
                found = tick;
                low = middle;
            } else {
                high = middle;
            }
        }
        Optional<Instant> later = found;
        while (later.isPresent()) {
            found = later;
            later = next(later.get()).filter(tick -> !tick.isAfter(upTo));
        }
        return found;
    }

    /// The ticks in a range, in order.
    ///
    /// @param after the range begins after this time
    /// @param upTo the last time of the range
    /// @param limit the most ticks to return
    List<Instant> between(Instant after, Instant upTo, int limit) {
        List<Instant> ticks = new ArrayList<>();
        Optional<Instant> tick = next(after);
        while (tick.isPresent() && !tick.get().isAfter(upTo) && ticks.size() < limit) {
            ticks.add(tick.get());
            tick = next(tick.get());
        }
        return ticks;
    }

    /// When the run of a tick is due: at the tick, or later by a part of the jitter that depends on the job
    /// and the tick only.
    ///
    /// @param job the job's name
    Instant dueAt(String job, Instant tick) {
        long most = jitter.toMillis();
        return most <= 0 ? tick : tick.plusMillis(Math.floorMod(hash(job + " " + tick), most + 1));
    }

    private static long hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return java.nio.ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
