package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.ScheduleAction.Decision;
import io.nightshift.coordinator.schedule.ScheduleServices.SourceRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.coordinator.schedule.ScheduledJobState.BackfillState;
import io.nightshift.coordinator.schedule.ScheduledJobState.Cause;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.coordinator.schedule.ScheduledJobState.RunPhase;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.JobSchedule.CatchUp;
import io.nightshift.protocol.job.JobSchedule.Overlap;
import io.nightshift.protocol.job.JobTrigger;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.schedule.ScheduledJobReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The decision logic of an applied job. It is deterministic: it uses no actors, clocks, threads or I/O, so
/// that a simulation can run it.
///
/// **Exactly one batch for each tick.** A tick is persisted ([ScheduledJobEvent.TickDue], with its parameters
/// and the revision of the job file) before it is submitted. The submission has the tick as its idempotency
/// key, and is repeated until there is an answer. So the batch register opens one batch for it, however often
/// the job's actor dies in between. Which ticks come next follows from the last tick that was decided about,
/// never from the clock alone, so that a clock that goes back does not bring a tick again.
///
/// **What is kept in memory only**: which submissions are under way, and when batches and the source are
/// looked at next. After a restart, everything is asked again.
class ScheduleDecisions {

    /// A tick that comes later than by this was missed, so that the schedule's `catch-up` decides about it.
    static final Duration GRACE = Duration.ofMinutes(1);

    /// The most runs that wait. Further ticks are decided about when there is room.
    static final int MOST_WAITING = 100;

    /// The most ticks of one decision, so that other messages have their turn.
    static final int TICKS_AT_ONCE = 20;

    /// The most submissions under way, of live runs and of each backfill.
    static final int STARTS_AT_ONCE = 10;

    /// After this time, an answer that did not come is not waited for any longer.
    static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(5);

    private static final Duration SHORTEST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);
    private static final Duration SHORTEST_LOOK = Duration.ofMillis(500);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(1);
    private static final Duration LONGEST_SLEEP = Duration.ofDays(30);
    private static final int COUNTED_TICKS = 100_000;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    /// Something that is asked of others, again and again until it is answered.
    private static final class Question {
        /// When it was asked; null while it is not under way.
        @Nullable
        Long since;

        long next;
        Duration delay;

        Question(long next, Duration delay) {
            this.next = next;
            this.delay = delay;
        }

        boolean isUnderWay(long nanos) {
            return since != null && nanos - since < ANSWER_TIMEOUT.toNanos();
        }

        boolean isDue(long nanos) {
            return !isUnderWay(nanos) && next - nanos <= 0;
        }

        void ask(long nanos) {
            since = nanos;
        }

        /// Asks again later, the next time after a longer time.
        void postpone(long nanos, Duration longest) {
            since = null;
            next = nanos + delay.toNanos();
            Duration twice = delay.multipliedBy(2);
            delay = twice.compareTo(longest) < 0 ? twice : longest;
        }

        long wake() {
            return since == null ? next : since + ANSWER_TIMEOUT.toNanos();
        }
    }

    private final String job;

    private final Map<String, Question> starts = new HashMap<>();
    private final Map<BatchId, Question> looks = new HashMap<>();
    private @Nullable Question source;
    private @Nullable String sourceProblem;
    private int warnedOf;

    private final Map<Integer, Timetable> timetables = new HashMap<>();
    private final Map<String, List<BackfillRuns.PlannedRun>> plans = new HashMap<>();

    /// @param job the job's name
    ScheduleDecisions(String job) {
        this.job = job;
    }

    /// A decision in the making: the events so far, and the state that they lead to.
    static final class Draft {
        final Instant now;
        final long nanos;
        final List<ScheduledJobEvent> events = new ArrayList<>();
        final List<ScheduleAction> actions = new ArrayList<>();
        ScheduledJobState state;

        Draft(ScheduledJobState state, long nanos, Instant now) {
            this.state = state;
            this.nanos = nanos;
            this.now = now;
        }

        void persist(ScheduledJobEvent event) {
            events.add(event);
            state = state.apply(event);
        }

        Decision decision() {
            return new Decision(events, actions);
        }
    }

    /// Decides about a message.
    ///
    /// @param nanos the time on a monotonic clock
    /// @param now the wall clock's time
    Decision decide(ScheduledJobState state, ScheduledJobMessage message, long nanos, Instant now) {
        Draft draft = new Draft(state, nanos, now);
        switch (message) {
            case ScheduledJobMessage.CommandReceived(ScheduledJobCommand command) -> command(draft, command);
            case ScheduledJobMessage.TimeReached reached -> {}
            case ScheduledJobMessage.StartAnswered(String key, StartResult result) -> answered(draft, key, result);
            case ScheduledJobMessage.BatchSeen(BatchId batch, BatchStatus status) -> seen(draft, batch, status);
            case ScheduledJobMessage.SourceSeen seen -> sourceSeen(draft, seen);
            // ScheduledJob reports alerts itself, because they follow from the state.
            case ScheduledJobMessage.AlertAnswered answered -> {}
        }
        proceed(draft);
        return draft.decision();
    }

    /// When [ScheduledJobMessage.TimeReached] is due, as the time from now; empty if only other messages lead
    /// on.
    Optional<Duration> nextWake(ScheduledJobState state, long nanos, Instant now) {
        long wait = Long.MAX_VALUE;
        if (state.isApplied() && state.pause() == null && waitingTicks(state) < MOST_WAITING) {
            Ticks ticks = timetable(state, current(state)).ticks();
            if (ticks != null) {
                wait = ticks.next(state.decided())
                        .map(tick -> Duration.between(now, ticks.dueAt(job, tick)))
                        .map(left -> left.compareTo(LONGEST_SLEEP) > 0 ? LONGEST_SLEEP : left)
                        .map(Duration::toNanos)
                        .orElse(Long.MAX_VALUE);
            }
        }
        for (Question start : starts.values()) {
            wait = Math.min(wait, start.wake() - nanos);
        }
        for (Question look : looks.values()) {
            wait = Math.min(wait, look.wake() - nanos);
        }
        if (source != null && mayTrigger(state)) {
            wait = Math.min(wait, source.wake() - nanos);
        }
        // Never at once, so that nothing can spin.
        return wait == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(Math.max(wait, 1_000_000)));
    }

    private static Revision current(ScheduledJobState state) {
        return Objects.requireNonNull(state.current(), "the job is applied");
    }

    private Timetable timetable(ScheduledJobState state, Revision revision) {
        timetables.keySet().retainAll(state.revisions().keySet());
        return timetables.computeIfAbsent(revision.number(), number -> {
            try {
                return Timetable.of(JobTexts.header(revision.text(), revision.folder()));
            } catch (JobFileException e) {
                // An earlier version accepted it.
                return Timetable.unreadable(job);
            }
        });
    }

    // Commands.

    private void command(Draft draft, ScheduledJobCommand command) {
        switch (command) {
            case ScheduledJobCommand.Apply apply -> apply(draft, apply);
            case ScheduledJobCommand.Show(ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> reply(draft, replyTo, describe(draft, true)));
            case ScheduledJobCommand.Pause(String reason, String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    if (draft.state.pause() == null) {
                        // What was due before the pause is not part of it.
                        dueTicks(draft);
                        draft.persist(new ScheduledJobEvent.Paused(draft.now, reason, by));
                    }
                    reply(draft, replyTo, describe(draft, true));
                });
            case ScheduledJobCommand.Resume(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    if (draft.state.pause() != null) {
                        draft.persist(new ScheduledJobEvent.Resumed(draft.now, by));
                    }
                    reply(draft, replyTo, describe(draft, true));
                });
            case ScheduledJobCommand.Delete(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    AppliedJob last = describe(draft, true);
                    draft.persist(new ScheduledJobEvent.Deleted(draft.now, by));
                    draft.actions.add(new ScheduleAction.TellCatalogue(false));
                    reply(draft, replyTo, last);
                });
            case ScheduledJobCommand.Trigger trigger -> trigger(draft, trigger);
            case ScheduledJobCommand.Runs runs ->
                ifApplied(draft, runs.replyTo(), () -> reply(draft, runs.replyTo(), page(draft, runs)));
            case ScheduledJobCommand.StartBackfill start -> startBackfill(draft, start);
            case ScheduledJobCommand.ShowBackfills(String id, ActorRef<ScheduledJobReply<BackfillList>> replyTo) ->
                showBackfills(draft, id, replyTo);
            case ScheduledJobCommand.ControlBackfill control -> controlBackfill(draft, control);
            case ScheduledJobCommand.Wake wake -> {
                if (!draft.state.isApplied()) {
                    draft.actions.add(new ScheduleAction.TellCatalogue(false));
                }
            }
        }
    }

    private <T extends Record> void ifApplied(Draft draft, ActorRef<ScheduledJobReply<T>> replyTo, Runnable decision) {
        if (draft.state.isApplied()) {
            decision.run();
        } else {
            decline(draft, replyTo, Reason.UNKNOWN, "No job %s is applied.".formatted(job));
        }
    }

    private static <T extends Record> void reply(Draft draft, ActorRef<ScheduledJobReply<T>> replyTo, T value) {
        draft.actions.add(
                new ScheduleAction.Send<ScheduledJobReply<T>>(replyTo, new ScheduledJobReply.Succeeded<>(value)));
    }

    private static <T extends Record> void decline(
            Draft draft, ActorRef<ScheduledJobReply<T>> replyTo, Reason reason, String text) {
        draft.actions.add(
                new ScheduleAction.Send<ScheduledJobReply<T>>(replyTo, new ScheduledJobReply.Declined<>(reason, text)));
    }

    private void apply(Draft draft, ScheduledJobCommand.Apply apply) {
        Timetable next;
        try {
            next = Timetable.of(JobTexts.header(apply.text(), apply.folder()));
        } catch (JobFileException e) {
            decline(draft, apply.replyTo(), Reason.INVALID, String.valueOf(e.getMessage()));
            return;
        }
        if (!next.header().name().equals(job)) {
            decline(
                    draft,
                    apply.replyTo(),
                    Reason.INVALID,
                    "The job file is that of the job %s, not of %s."
                            .formatted(next.header().name(), job));
            return;
        }
        boolean isNew = !draft.state.isApplied();
        Revision before = draft.state.current();
        boolean isSame = !isNew
                && before != null
                && before.text().equals(apply.text())
                && Objects.equals(before.folder(), apply.folder());
        if (!isSame) {
            Instant after = isNew ? draft.now : endOfSchedule(draft, next);
            draft.persist(new ScheduledJobEvent.Applied(
                    draft.now,
                    before == null ? 1 : before.number() + 1,
                    apply.text(),
                    apply.folder(),
                    apply.by(),
                    after));
            source = null;
        }
        draft.actions.add(new ScheduleAction.TellCatalogue(true));
        reply(draft, apply.replyTo(), new ApplyResult(describe(draft, true), isNew, !isSame));
    }

    /// Decides about the ticks of the present schedule, if the next one has other times.
    ///
    /// @return the time up to which ticks are decided about
    private Instant endOfSchedule(Draft draft, Timetable next) {
        Timetable present = timetable(draft.state, current(draft.state));
        if (present.hasSameTicks(next)) {
            return draft.state.decided();
        }
        if (draft.state.pause() == null) {
            dueTicks(draft);
        }
        Ticks ticks = present.ticks();
        if (ticks != null) {
            Instant decided = draft.state.decided();
            ticks.last(decided, draft.now)
                    .ifPresent(last -> skip(
                            draft, ticks, last, "they had not run when a job file with another schedule was applied"));
        }
        return draft.now.isAfter(draft.state.decided()) ? draft.now : draft.state.decided();
    }

    private void trigger(Draft draft, ScheduledJobCommand.Trigger trigger) {
        ifApplied(draft, trigger.replyTo(), () -> {
            if (!ID.matcher(trigger.id()).matches()) {
                decline(draft, trigger.replyTo(), Reason.INVALID, invalidId());
                return;
            }
            String key = Cause.MANUAL.key(trigger.id());
            if (draft.state.run(key) == null) {
                draft.persist(new ScheduledJobEvent.Requested(
                        draft.now,
                        trigger.id(),
                        trigger.parameters(),
                        current(draft.state).number(),
                        trigger.by()));
            }
            reply(draft, trigger.replyTo(), JobDescriptions.of(Objects.requireNonNull(draft.state.run(key))));
        });
    }

    private static String invalidId() {
        return "The ID is invalid. Send 1 to 100 letters, digits, - and _.";
    }

    private JobRunPage page(Draft draft, ScheduledJobCommand.Runs query) {
        Timetable timetable = timetable(draft.state, current(draft.state));
        return RunPages.of(draft.state, timetable, query, draft.now);
    }

    private AppliedJob describe(Draft draft, boolean withText) {
        ScheduledJobState state = draft.state;
        AppliedJob described = JobDescriptions.of(job, state, timetable(state, current(state)));
        return withText ? described : described.withoutText();
    }

    // Ticks.

    /// Does all that the time and the state ask for.
    private void proceed(Draft draft) {
        if (draft.state.isApplied() && draft.state.pause() == null) {
            dueTicks(draft);
        }
        warnIfUnreadable(draft);
        startRuns(draft);
        draft.state.backfills().values().forEach(backfill -> startRuns(draft, backfill));
        forgetAnswered(draft);
        lookAtBatches(draft);
        lookAtSource(draft);
        if (!draft.state.isApplied() && looks.isEmpty() && starts.isEmpty()) {
            draft.actions.add(new ScheduleAction.Passivate());
        }
    }

    private void warnIfUnreadable(Draft draft) {
        Revision revision = draft.state.current();
        if (draft.state.isApplied()
                && revision != null
                && revision.number() != warnedOf
                && timetable(draft.state, revision).isUnreadable()) {
            warnedOf = revision.number();
            draft.actions.add(new ScheduleAction.Warn(
                    "this version can't read the job file of %s, so the job does not run by itself. Apply it again"
                            .formatted(job)));
        }
    }

    private void dueTicks(Draft draft) {
        Timetable timetable = timetable(draft.state, current(draft.state));
        Ticks ticks = timetable.ticks();
        if (ticks == null) {
            return;
        }
        for (int i = 0; i < TICKS_AT_ONCE; i++) {
            Instant tick = nextTick(draft.state, ticks, draft.now).orElse(null);
            if (tick == null || ticks.dueAt(job, tick).isAfter(draft.now)) {
                return;
            }
            Instant missedUpTo = draft.now.minus(GRACE).minus(timetable.jitter());
            if (timetable.catchUp() != CatchUp.ALL && !tick.isAfter(missedUpTo)) {
                tick = afterMissed(draft, timetable, ticks, missedUpTo);
                if (tick == null) {
                    continue;
                }
            }
            if (waitingTicks(draft.state) >= MOST_WAITING) {
                return;
            }
            if (timetable.overlap() == Overlap.SKIP && isActive(draft.state)) {
                skip(draft, ticks, tick, "the run before had not ended");
            } else {
                draft.persist(new ScheduledJobEvent.TickDue(
                        draft.now,
                        tick,
                        timetable.scheduled(tick),
                        current(draft.state).number()));
            }
        }
    }

    /// The first tick that is not decided about. It does not depend on the clock.
    Optional<Instant> nextTick(ScheduledJobState state, Ticks ticks, Instant now) {
        return ticks.next(state.decided());
    }

    /// Skips missed ticks.
    ///
    /// @return the tick that runs although it was missed; null if none does
    private @Nullable Instant afterMissed(Draft draft, Timetable timetable, Ticks ticks, Instant missedUpTo) {
        Instant last = ticks.last(draft.state.decided(), missedUpTo).orElseThrow();
        boolean isLatest = timetable.catchUp() == CatchUp.LATEST
                && ticks.next(last)
                        .filter(next -> !ticks.dueAt(job, next).isAfter(draft.now))
                        .isEmpty();
        String reason = "missed while no node ran the job or it was paused, and catch-up is "
                + JobDescriptions.text(timetable.catchUp());
        if (!isLatest) {
            skip(draft, ticks, last, reason);
            return null;
        }
        Instant decided = draft.state.decided();
        ticks.last(decided, last.minusNanos(1)).ifPresent(before -> skip(draft, ticks, before, reason));
        return last;
    }

    /// Skips all ticks up to one.
    void skip(Draft draft, Ticks ticks, Instant last, String reason) {
        List<Instant> skipped = ticks.between(draft.state.decided(), last, COUNTED_TICKS);
        draft.persist(new ScheduledJobEvent.TicksSkipped(
                draft.now,
                skipped.isEmpty() ? last : skipped.getFirst(),
                last,
                Math.max(skipped.size(), 1),
                reason,
                current(draft.state).number()));
    }

    private static int waitingTicks(ScheduledJobState state) {
        int waiting = 0;
        for (Run run : state.openRuns()) {
            waiting += run.phase() == RunPhase.WAITING ? 1 : 0;
        }
        return waiting;
    }

    private static boolean isActive(ScheduledJobState state) {
        return state.openRuns().iterator().hasNext();
    }

    // Runs.

    private void startRuns(Draft draft) {
        ScheduledJobState state = draft.state;
        Overlap overlap = state.isApplied() ? timetable(state, current(state)).overlap() : Overlap.ALLOW;
        boolean isFree = true;
        int underWay = 0;
        for (Run run : state.openRuns()) {
            isFree = isFree && !blocksNext(run);
            Question start = starts.get(run.key());
            underWay += start != null && start.isUnderWay(draft.nanos) ? 1 : 0;
        }
        for (Run run : state.openRuns()) {
            if (run.phase() != RunPhase.WAITING) {
                continue;
            }
            boolean isManual = run.cause() == Cause.MANUAL;
            boolean mayStart = isManual || (state.pause() == null && (isFree || overlap == Overlap.ALLOW));
            if (mayStart && underWay < STARTS_AT_ONCE && start(draft, run)) {
                underWay++;
            }
            // The runs start in order, and the next one waits for the end of this one.
            isFree = isFree && isManual;
        }
    }

    /// Whether the next run of a queue waits for the end of this one.
    boolean blocksNext(Run run) {
        return run.phase() == RunPhase.RUNNING;
    }

    /// @return whether a submission was begun
    boolean start(Draft draft, Run run) {
        Revision revision = draft.state.revisions().get(run.revision());
        if (revision == null) {
            draft.persist(new ScheduledJobEvent.RunRefused(
                    draft.now, run.key(), "the job file of revision %d is lost".formatted(run.revision())));
            return false;
        }
        return ask(draft, key(run, draft.nanos), revision, run.parameters(), StartMode.LIVE);
    }

    /// The idempotency key of a run's submission, the same at any time.
    String key(Run run, long nanos) {
        return run.key();
    }

    private boolean ask(Draft draft, String key, Revision revision, Map<String, String> parameters, StartMode mode) {
        Question start = starts.computeIfAbsent(key, first -> new Question(draft.nanos, SHORTEST_RETRY));
        if (!start.isDue(draft.nanos)) {
            return false;
        }
        start.ask(draft.nanos);
        draft.actions.add(new ScheduleAction.Start(
                new StartRequest(job, key, revision.text(), revision.folder(), parameters, mode)));
        return true;
    }

    private void answered(Draft draft, String key, StartResult result) {
        Question start = starts.get(key);
        BackfillKey backfillKey = BackfillKey.parse(key);
        Run run = draft.state.run(key);
        boolean isOpen = backfillKey == null
                ? run != null && run.phase() == RunPhase.WAITING
                : isUntouched(draft.state, backfillKey);
        if (!isOpen) {
            return;
        }
        switch (result) {
            case StartResult.Started(BatchId batch, boolean unchanged) -> {
                if (backfillKey == null) {
                    draft.persist(new ScheduledJobEvent.RunStarted(draft.now, key, batch, unchanged));
                } else {
                    draft.persist(new ScheduledJobEvent.BackfillRunStarted(
                            draft.now, backfillKey.id(), backfillKey.number(), batch, unchanged));
                }
            }
            case StartResult.Refused(String reason) -> {
                if (backfillKey == null) {
                    draft.persist(new ScheduledJobEvent.RunRefused(draft.now, key, reason));
                } else {
                    draft.persist(new ScheduledJobEvent.BackfillRunEnded(
                            draft.now, backfillKey.id(), backfillKey.number(), null, reason));
                }
            }
            case StartResult.NotNow(String reason) -> {
                if (start != null) {
                    start.postpone(draft.nanos, LONGEST_RETRY);
                }
                notNow(draft, key, reason);
            }
        }
    }

    /// A run whose outcome is not known stays due.
    void notNow(Draft draft, String key, String reason) {
        draft.actions.add(new ScheduleAction.Warn(
                "%s of %s can't be submitted now: %s. Trying again".formatted(key, job, reason)));
    }

    /// Drops the questions whose answers nobody needs any more.
    private void forgetAnswered(Draft draft) {
        ScheduledJobState state = draft.state;
        // What is due and was not asked waits for something else than time, such as the end of a pause.
        starts.values().removeIf(start -> start.isDue(draft.nanos));
        starts.keySet().removeIf(key -> {
            BackfillKey backfillKey = BackfillKey.parse(key);
            if (backfillKey != null) {
                return !isUntouched(state, backfillKey);
            }
            Run run = state.run(key);
            return run == null || run.phase() != RunPhase.WAITING;
        });
        Set<BatchId> running = running(state);
        looks.keySet().retainAll(running);
    }

    private static Set<BatchId> running(ScheduledJobState state) {
        Set<BatchId> running = new HashSet<>();
        for (Run run : state.openRuns()) {
            if (run.batch() != null) {
                running.add(run.batch());
            }
        }
        state.backfills()
                .values()
                .forEach(backfill -> running.addAll(backfill.running().values()));
        return running;
    }

    private void lookAtBatches(Draft draft) {
        for (BatchId batch : running(draft.state)) {
            Question look = looks.computeIfAbsent(
                    batch, first -> new Question(draft.nanos + SHORTEST_LOOK.toNanos(), SHORTEST_LOOK));
            if (look.isDue(draft.nanos)) {
                look.ask(draft.nanos);
                draft.actions.add(new ScheduleAction.LookAtBatch(batch));
            }
        }
    }

    private void seen(Draft draft, BatchId batch, @Nullable BatchStatus status) {
        Question look = looks.get(batch);
        Phase end = status == null ? null : end(status);
        if (end == null) {
            if (look != null) {
                look.postpone(draft.nanos, LONGEST_LOOK);
            }
            return;
        }
        String reason = end == Phase.PUBLISHED || status == null || status.failure() == null
                ? null
                : status.failure().message();
        for (Run run : draft.state.runs()) {
            if (run.phase() == RunPhase.RUNNING && batch.equals(run.batch())) {
                draft.persist(new ScheduledJobEvent.RunEnded(draft.now, run.key(), end, reason));
            }
        }
        for (BackfillState backfill : List.copyOf(draft.state.backfills().values())) {
            backfill.running().forEach((number, of) -> {
                if (of.equals(batch)) {
                    draft.persist(
                            new ScheduledJobEvent.BackfillRunEnded(draft.now, backfill.id(), number, end, reason));
                }
            });
        }
    }

    /// How a batch has ended; null if it has not. A damaged batch counts as failed.
    @Nullable
    Phase end(BatchStatus status) {
        Phase phase = status.phase();
        if (phase == null) {
            return status.isDamaged() ? Phase.FAILED : null;
        }
        return phase == Phase.PUBLISHED || phase == Phase.FAILED || phase == Phase.CANCELLED ? phase : null;
    }

    // The trigger.

    private boolean mayTrigger(ScheduledJobState state) {
        if (!state.isApplied() || state.pause() != null) {
            return false;
        }
        Timetable timetable = timetable(state, current(state));
        return timetable.header().timing().trigger() != null
                && (timetable.overlap() == Overlap.ALLOW || !isActive(state));
    }

    private void lookAtSource(Draft draft) {
        if (!mayTrigger(draft.state)) {
            return;
        }
        Revision revision = current(draft.state);
        Timetable timetable = timetable(draft.state, revision);
        JobTrigger trigger = Objects.requireNonNull(timetable.header().timing().trigger());
        if (source == null) {
            source = new Question(draft.nanos, trigger.every());
        }
        if (source.isDue(draft.nanos)) {
            source.ask(draft.nanos);
            Map<String, String> parameters = timetable.triggered(draft.now);
            draft.actions.add(new ScheduleAction.LookAtSource(
                    new SourceRequest(job, revision.text(), revision.folder(), parameters),
                    revision.number(),
                    parameters));
        }
    }

    private void sourceSeen(Draft draft, ScheduledJobMessage.SourceSeen seen) {
        if (source != null) {
            source.postpone(draft.nanos, source.delay);
        }
        if (!Objects.equals(seen.problem(), sourceProblem)) {
            sourceProblem = seen.problem();
            if (sourceProblem != null) {
                draft.actions.add(new ScheduleAction.Warn(
                        "the trigger of %s can't look at the source: %s".formatted(job, sourceProblem)));
            }
        }
        Observation observation = seen.observation();
        if (observation == null
                || !mayTrigger(draft.state)
                || current(draft.state).number() != seen.revision()) {
            return;
        }
        JobTrigger trigger = Objects.requireNonNull(
                timetable(draft.state, current(draft.state)).header().timing().trigger());
        Observation before = draft.state.observation();
        Observation base = before != null && before.place().equals(observation.place()) ? before : null;
        long rows = observation.rows() - (base == null ? 0 : base.rows());
        long files = observation.files() - (base == null ? 0 : base.files());
        boolean isNew = before == null || !before.digest().equals(observation.digest());
        boolean isEnough = trigger.rows() != null
                ? rows >= trigger.rows()
                : trigger.files() != null ? files >= trigger.files() : observation.files() > 0;
        if (isNew && isEnough && draft.state.run(Cause.TRIGGER.key(observation.digest())) == null) {
            draft.persist(
                    new ScheduledJobEvent.TriggerFired(draft.now, observation, seen.parameters(), seen.revision()));
        } else if (base != null && trigger.marker() == null && (rows < 0 || files < 0)) {
            draft.persist(new ScheduledJobEvent.SourceShrunk(draft.now, observation));
        }
    }

    // Backfills.

    /// The key of a run of a backfill.
    private record BackfillKey(String id, int number) {

        private static final Pattern FORM = Pattern.compile("backfill:([A-Za-z0-9_-]+):([0-9]{1,9})");

        static @Nullable BackfillKey parse(String key) {
            var matcher = FORM.matcher(key);
            return matcher.matches() ? new BackfillKey(matcher.group(1), Integer.parseInt(matcher.group(2))) : null;
        }

        @Override
        public String toString() {
            return "backfill:" + id + ":" + number;
        }
    }

    private static boolean isUntouched(ScheduledJobState state, BackfillKey key) {
        BackfillState backfill = state.backfills().get(key.id());
        return backfill != null && !backfill.isOver() && !backfill.isTouched(key.number());
    }

    private void startBackfill(Draft draft, ScheduledJobCommand.StartBackfill start) {
        ifApplied(draft, start.replyTo(), () -> {
            BackfillState known = draft.state.backfills().get(start.id());
            if (known != null) {
                reply(draft, start.replyTo(), describe(draft.state, known));
                return;
            }
            if (!ID.matcher(start.id()).matches()) {
                decline(draft, start.replyTo(), Reason.INVALID, invalidId());
                return;
            }
            Revision revision = current(draft.state);
            List<BackfillRuns.PlannedRun> runs;
            try {
                runs = BackfillRuns.of(timetable(draft.state, revision).header(), start.request());
            } catch (BackfillRuns.InvalidRequestException e) {
                decline(draft, start.replyTo(), Reason.INVALID, String.valueOf(e.getMessage()));
                return;
            }
            if (runs.isEmpty()) {
                decline(
                        draft,
                        start.replyTo(),
                        Reason.INVALID,
                        "No run of the job %s lies in the range.".formatted(job));
                return;
            }
            draft.persist(new ScheduledJobEvent.BackfillStarted(
                    draft.now, start.id(), start.request(), revision.number(), runs.size(), start.by()));
            reply(
                    draft,
                    start.replyTo(),
                    describe(
                            draft.state,
                            Objects.requireNonNull(draft.state.backfills().get(start.id()))));
        });
    }

    private void showBackfills(Draft draft, @Nullable String id, ActorRef<ScheduledJobReply<BackfillList>> replyTo) {
        ifApplied(draft, replyTo, () -> {
            if (id != null && !draft.state.backfills().containsKey(id)) {
                decline(draft, replyTo, Reason.UNKNOWN, noBackfill(id));
                return;
            }
            List<Backfill> backfills = new ArrayList<>();
            draft.state.backfills().values().stream()
                    .filter(backfill -> id == null || backfill.id().equals(id))
                    .map(backfill -> describe(draft.state, backfill))
                    // A list of all must fit into a message.
                    .map(backfill -> id == null ? JobDescriptions.withoutProblems(backfill) : backfill)
                    .forEach(backfills::addFirst);
            reply(draft, replyTo, new BackfillList(backfills));
        });
    }

    private String noBackfill(String id) {
        return "The job %s has no backfill %s.".formatted(job, id);
    }

    private void controlBackfill(Draft draft, ScheduledJobCommand.ControlBackfill control) {
        ifApplied(draft, control.replyTo(), () -> {
            BackfillState backfill = draft.state.backfills().get(control.id());
            if (backfill == null) {
                decline(draft, control.replyTo(), Reason.UNKNOWN, noBackfill(control.id()));
                return;
            }
            BackfillState.Control wanted = switch (control.control()) {
                case PAUSE -> BackfillState.Control.PAUSED;
                case RESUME -> BackfillState.Control.RUNNING;
                case CANCEL -> BackfillState.Control.CANCELLED;
            };
            if (backfill.control() != wanted) {
                if (backfill.endedAt() != null) {
                    decline(
                            draft,
                            control.replyTo(),
                            Reason.CONFLICT,
                            "The backfill %s has ended, so it can't be %s."
                                    .formatted(control.id(), participle(control.control())));
                    return;
                }
                draft.persist(new ScheduledJobEvent.BackfillControlled(
                        draft.now, control.id(), control.control(), control.by()));
            }
            reply(
                    draft,
                    control.replyTo(),
                    describe(
                            draft.state,
                            Objects.requireNonNull(draft.state.backfills().get(control.id()))));
        });
    }

    private static String participle(BackfillControl control) {
        return switch (control) {
            case PAUSE -> "paused";
            case RESUME -> "resumed";
            case CANCEL -> "cancelled";
        };
    }

    private Backfill describe(ScheduledJobState state, BackfillState backfill) {
        return JobDescriptions.of(job, backfill, plan(state, backfill));
    }

    /// The runs of a backfill; empty if its job file is lost.
    private List<BackfillRuns.PlannedRun> plan(ScheduledJobState state, BackfillState backfill) {
        plans.keySet().retainAll(state.backfills().keySet());
        return plans.computeIfAbsent(backfill.id(), id -> {
            Revision revision = state.revisions().get(backfill.revision());
            return revision == null
                    ? List.of()
                    : BackfillRuns.of(timetable(state, revision).header(), backfill.request());
        });
    }

    private void startRuns(Draft draft, BackfillState backfill) {
        if (backfill.control() != BackfillState.Control.RUNNING || backfill.endedAt() != null) {
            return;
        }
        BackfillRequest request = backfill.request();
        Revision revision = draft.state.revisions().get(backfill.revision());
        if (revision == null) {
            return;
        }
        List<BackfillRuns.PlannedRun> runs = plan(draft.state, backfill);
        int room = Math.min(request.parallel() - backfill.running().size(), STARTS_AT_ONCE);
        for (int number = backfill.floor(); number < runs.size() && room > 0; number++) {
            if (!backfill.isTouched(number)) {
                room--;
                ask(
                        draft,
                        new BackfillKey(backfill.id(), number).toString(),
                        revision,
                        runs.get(number).parameters(),
                        request.all() ? StartMode.BACKFILL_ALL : StartMode.BACKFILL);
            }
        }
    }
}
