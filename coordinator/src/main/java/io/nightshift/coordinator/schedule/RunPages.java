package io.nightshift.coordinator.schedule;

import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Pages of a job's runs, newest first.
final class RunPages {

    static final int MOST_RUNS = 200;

    /// The most ticks of one page that are compared with the runs. The next page continues where they end.
    private static final int MOST_TICKS = 10_000;

    /// A run is at its tick, or at the time when it was due.
    private static final Comparator<JobRun> NEWEST_FIRST =
            Comparator.comparing(RunPages::time).thenComparing(JobRun::run).reversed();

    private RunPages() {}

    private static Instant time(JobRun run) {
        return run.tick() == null ? run.dueAt() : run.tick();
    }

    static JobRunPage of(ScheduledJobState state, Timetable timetable, ScheduledJobCommand.Runs query, Instant now) {
        Cursor cursor = Cursor.parse(query.cursor());
        Instant to = query.to() == null || query.to().isAfter(now) ? now.plusNanos(1) : query.to();
        Instant from = query.from();
        List<JobRun> runs = new ArrayList<>();
        Set<Instant> ticks = new HashSet<>();
        for (Run run : state.runs()) {
            JobRun described = JobDescriptions.of(run);
            if (run.tick() != null) {
                ticks.add(run.tick());
            }
            Instant at = time(described);
            if ((from == null || !at.isBefore(from)) && at.isBefore(to) && cursor.isBefore(described)) {
                runs.add(described);
            }
        }
        Ticks schedule = timetable.ticks();
        if (from != null && schedule != null) {
            Instant upTo = cursor.time() == null || cursor.time().isAfter(to)
                    ? to
                    : cursor.time().plusNanos(1);
            addMissing(runs, timetable, schedule, ticks, from, upTo, state, cursor, query.limit());
        }
        runs.sort(NEWEST_FIRST);
        int limit = Math.clamp(query.limit(), 1, MOST_RUNS);
        boolean isLast = runs.size() <= limit;
        List<JobRun> page = isLast ? runs : runs.subList(0, limit);
        return new JobRunPage(page, isLast ? null : Cursor.of(page.getLast()));
    }

    /// Adds the newest ticks without a run: one more than a page takes, so that there is a next page.
    private static void addMissing(
            List<JobRun> runs,
            Timetable timetable,
            Ticks schedule,
            Set<Instant> known,
            Instant from,
            Instant to,
            ScheduledJobState state,
            Cursor cursor,
            int limit) {
        int revision = Objects.requireNonNull(state.current()).number();
        Instant before = from.minusNanos(1);
        Instant end = to.minusNanos(1);
        int found = 0;
        for (int i = 0; i < MOST_TICKS && found <= limit; i++) {
            Instant tick = schedule.last(before, end).orElse(null);
            if (tick == null) {
                return;
            }
            if (!known.contains(tick)) {
                JobRun missing = JobDescriptions.missing(tick, timetable.scheduled(tick), revision);
                if (cursor.isBefore(missing)) {
                    runs.add(missing);
                    found++;
                }
            }
            end = tick.minusNanos(1);
        }
    }

    /// The position after a run.
    ///
    /// @param time null before the first run
    private record Cursor(@Nullable Instant time, String run) {

        private static final Cursor FIRST = new Cursor(null, "");

        static Cursor parse(@Nullable String text) {
            if (text == null) {
                return FIRST;
            }
            int space = text.indexOf('~');
            try {
                return space < 0
                        ? FIRST
                        : new Cursor(Instant.parse(text.substring(0, space)), text.substring(space + 1));
            } catch (java.time.DateTimeException e) {
                return FIRST;
            }
        }

        static String of(JobRun last) {
            return RunPages.time(last) + "~" + last.run();
        }

        /// Whether a run comes after the position.
        boolean isBefore(JobRun next) {
            if (time == null) {
                return true;
            }
            int order = RunPages.time(next).compareTo(time);
            return order < 0 || (order == 0 && next.run().compareTo(run) < 0);
        }
    }
}
