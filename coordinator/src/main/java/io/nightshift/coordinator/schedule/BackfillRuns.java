package io.nightshift.coordinator.schedule;

import io.nightshift.api.BackfillRequest;
import io.nightshift.protocol.job.JobHeader;
import io.nightshift.protocol.job.JobSchedule;
import io.nightshift.protocol.job.ParameterDeclaration;
import io.nightshift.protocol.job.ParameterType;
import io.nightshift.protocol.job.TimeTemplate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Lists the runs of a job whose date lies in a range. Pure, so that the list of a backfill is the same at
/// any time.
///
/// If the job's schedule sets the parameter of the date, the runs are those of the schedule's ticks.
/// Otherwise there is one run for each day.
public final class BackfillRuns {

    /// The most runs of a backfill.
    public static final int MOST_RUNS = 10_000;

    public static final int MOST_PARALLEL = 100;

    /// The longest that a day's distance from its tick can differ within the range: a month has 28 to 31
    /// days, and a year 365 or 366.
    private static final Duration SLACK = Duration.ofDays(5);

    private BackfillRuns() {}

    /// A run in the range.
    ///
    /// @param tick of the schedule, or null if the run belongs to none
    /// @param parameters that are set; all others have their defaults
    public record PlannedRun(@Nullable Instant tick, Map<String, String> parameters) {
        public PlannedRun {
            parameters = Map.copyOf(parameters);
        }
    }

    /// A request for which there is no list.
    public static final class InvalidRequestException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InvalidRequestException(String message) {
            super(message, null, false, false);
        }
    }

    /// The runs in the range of a request, oldest first.
    ///
    /// @throws InvalidRequestException with a sentence for people, if the request does not fit the job
    public static List<PlannedRun> of(JobHeader job, BackfillRequest request) {
        LocalDate from = date(request.from(), "from");
        LocalDate to = date(request.to(), "to");
        if (to.isBefore(from)) {
            throw new InvalidRequestException("The range ends on %s, before it begins on %s.".formatted(to, from));
        }
        if (request.parallel() < 1 || request.parallel() > MOST_PARALLEL) {
            throw new InvalidRequestException("%d runs at the same time are not possible. Ask for 1 to %d."
                    .formatted(request.parallel(), MOST_PARALLEL));
        }
        ParameterDeclaration parameter = parameter(job, request.parameter());
        JobSchedule schedule = job.timing().schedule();
        List<PlannedRun> runs = schedule != null && schedule.parameters().containsKey(parameter.name())
                ? ofTicks(job, schedule, parameter, from, to)
                : ofDays(job, parameter, from, to);
        return runs;
    }

    private static LocalDate date(String text, String name) {
        return ParameterType.DATE
                .canonical(text)
                .map(LocalDate::parse)
                .orElseThrow(() -> new InvalidRequestException(
                        "%s is \"%s\", which is no date such as 2026-11-25.".formatted(name, text)));
    }

    private static ParameterDeclaration parameter(JobHeader job, @Nullable String name) {
        List<ParameterDeclaration> dates = job.parameters().stream()
                .filter(declared -> declared.type() == ParameterType.DATE || declared.type() == ParameterType.TIMESTAMP)
                .toList();
        String names = dates.stream().map(ParameterDeclaration::name).collect(Collectors.joining(", "));
        if (dates.isEmpty()) {
            throw new InvalidRequestException(
                    "The job %s has no parameter of the type date or timestamp, so its runs have no dates."
                            .formatted(job.name()));
        }
        if (name != null) {
            return dates.stream()
                    .filter(declared -> declared.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new InvalidRequestException(
                            "The job %s has no parameter %s of the type date or timestamp. Name one of: %s."
                                    .formatted(job.name(), name, names)));
        }
        if (dates.size() == 1) {
            return dates.getFirst();
        }
        JobSchedule schedule = job.timing().schedule();
        List<ParameterDeclaration> scheduled = dates.stream()
                .filter(declared -> schedule != null && schedule.parameters().containsKey(declared.name()))
                .toList();
        if (scheduled.size() != 1) {
            throw new InvalidRequestException(
                    "The job %s has several parameters of the type date or timestamp. Name the one that decides: %s."
                            .formatted(job.name(), names));
        }
        return scheduled.getFirst();
    }

    private static List<PlannedRun> ofTicks(
            JobHeader job, JobSchedule schedule, ParameterDeclaration parameter, LocalDate from, LocalDate to) {
        Timetable timetable = Timetable.of(job);
        Ticks ticks = timetable.unbounded();
        ZoneId zone = ticks.zone();
        TimeTemplate template = TimeTemplate.parse(
                Objects.requireNonNull(schedule.parameters().get(parameter.name())), TimeTemplate.Time.SCHEDULED);
        if (!template.dependsOnTime()) {
            return ofDays(job, parameter, from, to);
        }
        try {
            Instant begin = from.atStartOfDay(zone).toInstant();
            Duration distance = template.distance(begin.atZone(zone));
            Instant after = begin.minus(distance).minus(SLACK);
            Instant upTo = to.plusDays(1)
                    .atStartOfDay(zone)
                    .toInstant()
                    .minus(distance)
                    .plus(SLACK);
            List<PlannedRun> runs = new ArrayList<>();
            Set<Map<String, String>> seen = new HashSet<>();
            Optional<Instant> tick = ticks.next(after);
            while (tick.isPresent() && !tick.get().isAfter(upTo)) {
                Map<String, String> parameters = timetable.scheduled(tick.get());
                if (isInRange(parameter, parameters.get(parameter.name()), from, to) && seen.add(parameters)) {
                    requireRoom(runs);
                    runs.add(new PlannedRun(tick.get(), parameters));
                }
                tick = ticks.next(tick.get());
            }
            return runs;
        } catch (DateTimeException e) {
            throw new InvalidRequestException("The range lies beyond the years that a date may have.");
        }
    }

    private static boolean isInRange(
            ParameterDeclaration parameter, @Nullable String value, LocalDate from, LocalDate to) {
        return value != null
                && parameter
                        .type()
                        .canonical(value)
                        .map(canonical -> LocalDate.parse(canonical.substring(0, 10)))
                        .filter(date -> !date.isBefore(from) && !date.isAfter(to))
                        .isPresent();
    }

    private static List<PlannedRun> ofDays(
            JobHeader job, ParameterDeclaration parameter, LocalDate from, LocalDate to) {
        List<PlannedRun> runs = new ArrayList<>();
        for (LocalDate day = from; !day.isAfter(to); day = day.plusDays(1)) {
            requireRoom(runs);
            Map<String, String> parameters = new LinkedHashMap<>();
            JobSchedule schedule = job.timing().schedule();
            if (schedule != null) {
                // What does not depend on a tick holds for every run.
                schedule.parameters().forEach((name, text) -> {
                    TimeTemplate template = TimeTemplate.parse(text, TimeTemplate.Time.SCHEDULED);
                    if (!template.dependsOnTime()) {
                        parameters.put(name, text);
                    }
                });
            }
            parameters.put(
                    parameter.name(),
                    parameter.type() == ParameterType.DATE
                            ? day.toString()
                            : day.atStartOfDay().toString());
            runs.add(new PlannedRun(null, parameters));
        }
        return runs;
    }

    private static void requireRoom(List<PlannedRun> runs) {
        if (runs.size() == MOST_RUNS) {
            throw new InvalidRequestException(
                    "The range has more than %,d runs. Start a backfill for each part of it.".formatted(MOST_RUNS));
        }
    }
}
