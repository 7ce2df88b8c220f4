package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A job that the cluster runs by itself: by its schedule, by its trigger, or on request.
///
/// @param job the job's name
/// @param revision how often the job was applied with a changed job file, from 1
/// @param firstAppliedAt when the job was applied first, or first after it was deleted
/// @param appliedAt when this revision was applied
/// @param appliedBy the name of the caller's token
/// @param pause when, why and by whom the job was paused; null if it is not paused
/// @param cron the cron expression of the schedule; null if the job has no schedule
/// @param timeZone the IANA time zone of the schedule, such as `Europe/Berlin`
/// @param trigger the trigger in words, such as `100,000 rows`; null if the job has no trigger
/// @param next the next tick of the schedule; null if there is none, or the job is paused
/// @param latest the run that was due last; null before the first
/// @param waiting runs that are due and have no batch yet
/// @param running runs whose batch has not ended
/// @param text the job file; null in lists of jobs
/// @param folder the absolute path of the folder that relative paths in the job file start from; null if all
///     its paths are absolute
/// @param schedule the cron expression in words, such as `at 02:00`; null in lists of jobs, and if the job
///     has no schedule
/// @param ticks the next ticks, at most 3; empty in lists of jobs, without a schedule, and while the job is
///     paused
public record AppliedJob(
        String job,
        int revision,
        Instant firstAppliedAt,
        Instant appliedAt,
        String appliedBy,
        @JsonInclude(Include.NON_NULL) @Nullable Pause pause,
        @JsonInclude(Include.NON_NULL) @Nullable String cron,
        String timeZone,
        @JsonInclude(Include.NON_NULL) @Nullable String trigger,
        @JsonInclude(Include.NON_NULL) @Nullable Instant next,
        @JsonInclude(Include.NON_NULL) @Nullable JobRun latest,
        int waiting,
        int running,
        @JsonInclude(Include.NON_NULL) @Nullable String text,
        @JsonInclude(Include.NON_NULL) @Nullable String folder,
        @JsonInclude(Include.NON_NULL) @Nullable String schedule,
        List<Tick> ticks) {

    /// Keeps an unmodifiable copy of the list.
    public AppliedJob {
        ticks = List.copyOf(ticks);
    }

    /// A job whose schedule is not described.
    public AppliedJob(
            String job,
            int revision,
            Instant firstAppliedAt,
            Instant appliedAt,
            String appliedBy,
            @Nullable Pause pause,
            @Nullable String cron,
            String timeZone,
            @Nullable String trigger,
            @Nullable Instant next,
            @Nullable JobRun latest,
            int waiting,
            int running,
            @Nullable String text,
            @Nullable String folder) {
        this(
                job,
                revision,
                firstAppliedAt,
                appliedAt,
                appliedBy,
                pause,
                cron,
                timeZone,
                trigger,
                next,
                latest,
                waiting,
                running,
                text,
                folder,
                null,
                List.of());
    }

    /// A time of the schedule.
    ///
    /// @param at the time
    /// @param parameters the values that the schedule gives to the job's parameters, by name
    public record Tick(Instant at, Map<String, String> parameters) {

        /// Keeps an unmodifiable copy of the parameters.
        public Tick {
            parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
        }
    }

    /// Why a job is paused.
    ///
    /// @param at when it was paused
    /// @param reason of the pause; may be empty
    /// @param by the name of the caller's token
    public record Pause(Instant at, String reason, String by) {}

    /// The same with a description of its schedule.
    ///
    /// @param words see [#schedule()]
    /// @param next see [#ticks()]
    public AppliedJob withSchedule(@Nullable String words, List<Tick> next) {
        return new AppliedJob(
                job,
                revision,
                firstAppliedAt,
                appliedAt,
                appliedBy,
                pause,
                cron,
                timeZone,
                trigger,
                this.next,
                latest,
                waiting,
                running,
                text,
                folder,
                words,
                next);
    }

    /// The same without the job file, for lists.
    public AppliedJob withoutText() {
        return new AppliedJob(
                job,
                revision,
                firstAppliedAt,
                appliedAt,
                appliedBy,
                pause,
                cron,
                timeZone,
                trigger,
                next,
                latest,
                waiting,
                running,
                null,
                folder);
    }
}
