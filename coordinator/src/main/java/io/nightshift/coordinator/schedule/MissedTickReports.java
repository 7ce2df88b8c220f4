package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduledJobState.Cause;
import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.coordinator.schedule.ScheduledJobState.RunPhase;
import io.nightshift.coordinator.schedule.TriggerDecisions.SourceProblem;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.JobFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Reports to the alert outbox when a due run has no batch, and when this run or a later one has a batch. Both
/// reports follow from the job's state and the time, so a new actor after a crash sends the same ones. Each report
/// is sent until the outbox has acknowledged it.
///
/// Also reports a trigger that can't look at its source for long, because nobody knows then whether a run is due.
/// The observations of a trigger are not durable: a new actor looks at the source again.
///
/// Deterministic, and used by one thread.
final class MissedTickReports {

    /// After this time, a due run without a batch counts as missed, although it is still submitted again.
    static final Duration LATE = Duration.ofMinutes(15);

    private static final Duration REPEAT = Duration.ofSeconds(10);

    private record Sent(long version, Instant at, boolean isRecorded) {}

    private final String job;
    private @Nullable Sent sent;

    /// The last report about the source of the trigger; null before the first.
    private @Nullable Sent source;

    /// Whether that report says that the trigger can't look at it.
    private boolean isSourceReported;

    /// @param job the job's name
    MissedTickReports(String job) {
        this.job = job;
    }

    /// The outbox has acknowledged a message.
    void recorded(AlertReply.Recorded recorded) {
        if (sent != null && sent.version() == recorded.version()) {
            sent = new Sent(sent.version(), sent.at(), true);
        }
        if (source != null && source.version() == recorded.version()) {
            source = new Sent(source.version(), source.at(), true);
        }
    }

    /// The command to send now about the source of the job's trigger; empty if there is none.
    ///
    /// @param problem why the trigger can't look at it; null if it can, or if there is no trigger
    /// @param isSeen whether the trigger has looked at it
    /// @param replyTo receives the outbox's answer
    Optional<AlertCommand> source(
            ScheduledJobState state,
            @Nullable SourceProblem problem,
            boolean isSeen,
            Instant now,
            ActorRef<AlertReply> replyTo) {
        if (problem != null) {
            return problem.since().plus(LATE).isBefore(now) ? lost(state, problem, now, replyTo) : Optional.empty();
        }
        // Another actor may have reported a problem before this one looked for the first time.
        boolean isOver = isSourceReported || (source == null && isSeen);
        if (isMissed(state)) {
            return Optional.empty();
        }
        if (isOver) {
            source = new Sent(now.toEpochMilli() * 2 + 1, Instant.MIN, false);
            isSourceReported = false;
        }
        return repeated(source, now)
                .map(next -> new AlertCommand.Resolve(
                        AlertSubject.job(job),
                        AlertCause.SCHEDULE_MISSED,
                        next.version(),
                        isSeen ? "The trigger looks at the source again." : "No trigger looks at the source any more.",
                        replyTo));
    }

    /// Whether a run is missed, or may be soon. The outbox ignores its report if a later end was reported before.
    private static boolean isMissed(ScheduledJobState state) {
        Run last = lastDue(state);
        boolean isWaiting = false;
        for (Run run : state.openRuns()) {
            isWaiting |= run.cause() != Cause.MANUAL && run.phase() == RunPhase.WAITING;
        }
        return state.isApplied() && (isWaiting || (last != null && isMissed(last)));
    }

    private Optional<AlertCommand> lost(
            ScheduledJobState state, SourceProblem problem, Instant now, ActorRef<AlertReply> replyTo) {
        if (!isSourceReported) {
            source = new Sent(now.toEpochMilli() * 2, Instant.MIN, false);
            isSourceReported = true;
        }
        return repeated(source, now)
                .map(next -> new AlertCommand.Raise(
                        AlertSubject.job(job),
                        AlertCause.SCHEDULE_MISSED,
                        next.version(),
                        job,
                        "The trigger of job %s can't look at the source since %s: %s"
                                .formatted(job, problem.since(), problem.reason()),
                        channels(state),
                        replyTo));
    }

    /// The report, if it is to be sent now.
    private Optional<Sent> repeated(@Nullable Sent report, Instant now) {
        if (report == null || report.isRecorded() || report.at().isAfter(now.minus(REPEAT))) {
            return Optional.empty();
        }
        source = new Sent(report.version(), now, false);
        return Optional.of(source);
    }

    /// The command to send now; empty if there is none.
    ///
    /// @param replyTo receives the outbox's answer
    Optional<AlertCommand> due(ScheduledJobState state, Instant now, ActorRef<AlertReply> replyTo) {
        Run last = lastDue(state);
        if (last == null) {
            return Optional.empty();
        }
        Run late = late(state, now);
        Run missed = late == null ? last : late;
        boolean isMissed = state.isApplied() && (late != null || isMissed(last));
        if (!isMissed && state.isApplied() && last.phase() == RunPhase.WAITING) {
            // Whether the tick before was missed still counts.
            return Optional.empty();
        }
        // Grows with the ticks, and with what comes of a tick.
        long version = time(last).toEpochMilli() * 2 + (isMissed ? 0 : 1);
        if (!isDue(version, now)) {
            return Optional.empty();
        }
        sent = new Sent(version, now, false);
        return Optional.of(
                isMissed
                        ? new AlertCommand.Raise(
                                AlertSubject.job(job),
                                AlertCause.SCHEDULE_MISSED,
                                version,
                                job,
                                "Job %s has no batch for %s: %s".formatted(job, title(missed), reason(missed)),
                                channels(state),
                                replyTo)
                        : new AlertCommand.Resolve(
                                AlertSubject.job(job),
                                AlertCause.SCHEDULE_MISSED,
                                version,
                                state.isApplied()
                                        ? "The %s has a batch.%s"
                                                .formatted(title(last).substring("its ".length()), lost(state, last))
                                        : "The job was deleted.",
                                replyTo));
    }

    private boolean isDue(long version, Instant now) {
        return sent == null
                || sent.version() != version
                || (!sent.isRecorded() && !sent.at().plus(REPEAT).isAfter(now));
    }

    /// The last run that the schedule or the trigger has asked for; null if there is none.
    private static @Nullable Run lastDue(ScheduledJobState state) {
        Run last = null;
        for (Run run : state.runs()) {
            if (run.cause() != Cause.MANUAL && (last == null || time(run).isAfter(time(last)))) {
                last = run;
            }
        }
        return last;
    }

    /// The first run that is still submitted again although it should have begun long ago; null if there is none.
    private static @Nullable Run late(ScheduledJobState state, Instant now) {
        for (Run run : state.openRuns()) {
            if (run.cause() != Cause.MANUAL
                    && run.phase() == RunPhase.WAITING
                    && run.dueAt().plus(LATE).isBefore(now)) {
                return run;
            }
        }
        return null;
    }

    /// A sentence about the runs that were refused after they had waited, since the run before the last one got its
    /// batch; empty if there is none. Other refusals have raised the alert themselves.
    private static String lost(ScheduledJobState state, Run last) {
        Instant since = Instant.MIN;
        for (Run run : state.runs()) {
            if (run.cause() != Cause.MANUAL
                    && !run.key().equals(last.key())
                    && run.startedAt() != null
                    && run.startedAt().isAfter(since)) {
                since = run.startedAt();
            }
        }
        Run lost = null;
        int runs = 0;
        for (Run run : state.runs()) {
            if (run.cause() != Cause.MANUAL
                    && run.phase() == RunPhase.REFUSED
                    && run.postponedAt() != null
                    && run.endedAt() != null
                    && run.endedAt().isAfter(since)) {
                runs++;
                lost = lost == null || time(run).isAfter(time(lost)) ? run : lost;
            }
        }
        if (lost == null) {
            return "";
        }
        return runs == 1
                ? " The run of %s is lost: %s".formatted(title(lost), reason(lost))
                : " %d runs are lost, the last one that of %s: %s".formatted(runs, title(lost), reason(lost));
    }

    private static Instant time(Run run) {
        return run.tick() == null ? run.dueAt() : run.tick();
    }

    private static String title(Run run) {
        return run.tick() == null
                ? "its trigger of %s".formatted(run.dueAt())
                : "its schedule's tick %s".formatted(run.tick());
    }

    private static boolean isMissed(Run run) {
        return run.phase() == RunPhase.REFUSED || run.phase() == RunPhase.SKIPPED;
    }

    private static String reason(Run run) {
        return run.reason() == null
                ? "it is due since %s and could not be submitted yet".formatted(run.dueAt())
                : run.reason();
    }

    private static List<String> channels(ScheduledJobState state) {
        ScheduledJobState.Revision revision = state.current();
        if (revision == null) {
            return List.of();
        }
        Set<String> channels = new TreeSet<>();
        try {
            for (AlertRule rule :
                    JobTexts.header(revision.text(), revision.folder()).alerts()) {
                if (rule.causes().contains(AlertCause.SCHEDULE_MISSED)) {
                    channels.add(rule.channel());
                }
            }
        } catch (JobFileException e) {
            // A version that read the job file differently has applied it. Rules of the configuration still
            // count.
        }
        return List.copyOf(channels);
    }
}
