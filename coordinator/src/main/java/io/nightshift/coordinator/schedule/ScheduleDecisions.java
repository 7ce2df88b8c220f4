package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.BackfillList;
import io.nightshift.api.JobRunPage;
import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
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
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.schedule.ScheduledJobReply.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
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

    /// How long a due run is submitted again while its input, destination or registry is missing. Then it is
    /// refused.
    static final Duration LONGEST_WAIT = Duration.ofHours(24);

    /// The most runs that wait. Further ticks are decided about when there is room.
    static final int MOST_WAITING = 100;

    /// The most ticks of one decision, so that other messages have their turn.
    static final int TICKS_AT_ONCE = 20;

    private static final Duration SHORTEST_LOOK = Duration.ofMillis(500);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(1);
    private static final Duration LONGEST_SLEEP = Duration.ofDays(30);
    private static final int COUNTED_TICKS = 100_000;

    private final String job;

    private final Timetables timetables;
    private final Submissions submissions;
    private final TriggerDecisions trigger;
    private final BackfillDecisions backfills;
    private final Map<BatchId, Question> looks = new HashMap<>();

    /// The keys of runs and the IDs of backfills that may start, because this process was asked for them; null
    /// if all may.
    private final @Nullable Set<String> requested;

    private int warnedOf;

    /// @param job the job's name
    ScheduleDecisions(String job) {
        this(job, null);
    }

    private ScheduleDecisions(String job, @Nullable Set<String> requested) {
        this.job = job;
        this.requested = requested;
        this.timetables = new Timetables(job);
        this.submissions = new Submissions(job);
        this.trigger = new TriggerDecisions(job, timetables);
        this.backfills = new BackfillDecisions(job, timetables, submissions);
    }

    /// Decisions for a process that ends soon, such as a command: it leaves the schedule, the trigger, and the
    /// runs and backfills that it is not asked for to the next process on the ledger.
    static ScheduleDecisions onRequest(String job) {
        return new ScheduleDecisions(job, new HashSet<>());
    }

    private boolean mayStart(String runOrBackfill) {
        return requested == null || requested.contains(runOrBackfill);
    }

    private void allow(String runOrBackfill) {
        if (requested != null) {
            requested.add(runOrBackfill);
        }
    }

    /// The decisions about the trigger, with its observations of the source.
    TriggerDecisions trigger() {
        return trigger;
    }

    /// Decides about a message.
    ///
    /// @param nanos the time on a monotonic clock
    /// @param now the wall clock's time
    ScheduleDecision decide(ScheduledJobState state, ScheduledJobMessage message, long nanos, Instant now) {
        ScheduleDraft draft = new ScheduleDraft(state, nanos, now);
        switch (message) {
            case ScheduledJobMessage.CommandReceived(ScheduledJobCommand command) -> command(draft, command);
            case ScheduledJobMessage.TimeReached reached -> {}
            case ScheduledJobMessage.StartAnswered(String key, StartResult result) -> answered(draft, key, result);
            case ScheduledJobMessage.BatchSeen(BatchId batch, BatchStatus status) -> seen(draft, batch, status);
            case ScheduledJobMessage.SourceSeen seen -> trigger.sourceSeen(draft, seen);
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
        if (requested == null
                && state.isApplied()
                && state.pause() == null
                && (waitingTicks(state) < MOST_WAITING || oldestPostponed(state, nanos) != null)) {
            Ticks ticks = timetables.current(state).ticks();
            if (ticks != null) {
                wait = ticks.next(state.decided())
                        .map(tick -> Duration.between(now, ticks.dueAt(job, tick)))
                        .map(left -> left.compareTo(LONGEST_SLEEP) > 0 ? LONGEST_SLEEP : left)
                        .map(Duration::toNanos)
                        .orElse(Long.MAX_VALUE);
            }
        }
        long next = LongStream.concat(
                        LongStream.concat(
                                submissions.wakes(), looks.values().stream().mapToLong(Question::wake)),
                        requested == null ? trigger.wake(state).stream() : LongStream.empty())
                .map(wake -> wake - nanos)
                .min()
                .orElse(Long.MAX_VALUE);
        wait = Math.min(wait, next);
        // Never at once, so that nothing can spin.
        return wait == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(Math.max(wait, 1_000_000)));
    }

    // Commands.

    private void command(ScheduleDraft draft, ScheduledJobCommand command) {
        switch (command) {
            case ScheduledJobCommand.Apply apply -> apply(draft, apply);
            case ScheduledJobCommand.Show(ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> draft.reply(replyTo, describe(draft, true)));
            case ScheduledJobCommand.Pause(String reason, String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    if (draft.state.pause() == null) {
                        // What was due before the pause is not part of it.
                        dueTicks(draft);
                        draft.persist(new ScheduledJobEvent.Paused(draft.now, reason, by));
                    }
                    draft.reply(replyTo, describe(draft, true));
                });
            case ScheduledJobCommand.Resume(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    if (draft.state.pause() != null) {
                        draft.persist(new ScheduledJobEvent.Resumed(draft.now, by));
                    }
                    draft.reply(replyTo, describe(draft, true));
                });
            case ScheduledJobCommand.Delete(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) ->
                ifApplied(draft, replyTo, () -> {
                    AppliedJob last = describe(draft, true);
                    draft.persist(new ScheduledJobEvent.Deleted(draft.now, by));
                    draft.actions.add(new ScheduleAction.TellCatalogue(false));
                    draft.reply(replyTo, last);
                });
            case ScheduledJobCommand.Trigger request -> request(draft, request);
            case ScheduledJobCommand.Runs runs ->
                ifApplied(draft, runs.replyTo(), () -> draft.reply(runs.replyTo(), page(draft, runs)));
            case ScheduledJobCommand.StartBackfill start ->
                ifApplied(draft, start.replyTo(), () -> {
                    allow(start.id());
                    backfills.start(draft, start);
                });
            case ScheduledJobCommand.ShowBackfills(String id, ActorRef<ScheduledJobReply<BackfillList>> replyTo) ->
                ifApplied(draft, replyTo, () -> backfills.show(draft, id, replyTo));
            case ScheduledJobCommand.ControlBackfill control ->
                ifApplied(draft, control.replyTo(), () -> {
                    allow(control.id());
                    backfills.control(draft, control);
                });
            case ScheduledJobCommand.Wake wake -> {
                if (!draft.state.isApplied()) {
                    draft.actions.add(new ScheduleAction.TellCatalogue(false));
                }
            }
        }
    }

    private <T extends Record> void ifApplied(
            ScheduleDraft draft, ActorRef<ScheduledJobReply<T>> replyTo, Runnable decision) {
        if (draft.state.isApplied()) {
            decision.run();
        } else {
            draft.decline(replyTo, Reason.UNKNOWN, "No job %s is applied.".formatted(job));
        }
    }

    private void apply(ScheduleDraft draft, ScheduledJobCommand.Apply apply) {
        Timetable next;
        try {
            next = Timetable.of(JobTexts.header(apply.text(), apply.folder()));
        } catch (JobFileException e) {
            draft.decline(apply.replyTo(), Reason.INVALID, String.valueOf(e.getMessage()));
            return;
        }
        if (!next.header().name().equals(job)) {
            draft.decline(
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
            trigger.lookAtOnce();
        }
        draft.actions.add(new ScheduleAction.TellCatalogue(true));
        draft.reply(apply.replyTo(), new ApplyResult(describe(draft, true), isNew, !isSame));
    }

    /// Decides about the ticks of the present schedule, if the next one has other times.
    ///
    /// @return the time up to which ticks are decided about
    private Instant endOfSchedule(ScheduleDraft draft, Timetable next) {
        Timetable present = timetables.current(draft.state);
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
                            draft,
                            ticks,
                            last,
                            false,
                            "they had not run when a job file with another schedule was applied"));
        }
        return draft.now.isAfter(draft.state.decided()) ? draft.now : draft.state.decided();
    }

    private void request(ScheduleDraft draft, ScheduledJobCommand.Trigger request) {
        ifApplied(draft, request.replyTo(), () -> {
            if (!RunIds.isValid(request.id())) {
                draft.decline(request.replyTo(), Reason.INVALID, RunIds.INVALID);
                return;
            }
            String key = Cause.MANUAL.key(request.id());
            allow(key);
            if (draft.state.run(key) == null) {
                draft.persist(new ScheduledJobEvent.Requested(
                        draft.now,
                        request.id(),
                        request.parameters(),
                        draft.state.requireCurrent().number(),
                        request.by()));
            }
            draft.reply(request.replyTo(), JobDescriptions.of(Objects.requireNonNull(draft.state.run(key))));
        });
    }

    private JobRunPage page(ScheduleDraft draft, ScheduledJobCommand.Runs query) {
        Timetable timetable = timetables.current(draft.state);
        return RunPages.of(draft.state, timetable, query, draft.now);
    }

    private AppliedJob describe(ScheduleDraft draft, boolean withText) {
        ScheduledJobState state = draft.state;
        AppliedJob described = JobDescriptions.of(job, state, timetables.current(state));
        return withText ? described : described.withoutText();
    }

    // Ticks.

    /// Does all that the time and the state ask for.
    private void proceed(ScheduleDraft draft) {
        if (requested == null && draft.state.isApplied() && draft.state.pause() == null) {
            dueTicks(draft);
        }
        warnIfUnreadable(draft);
        startRuns(draft);
        draft.state.backfills().values().stream()
                .filter(backfill -> mayStart(backfill.id()))
                .toList()
                .forEach(backfill -> backfills.startRuns(draft, backfill));
        forgetAnswered(draft);
        lookAtBatches(draft);
        if (requested == null) {
            trigger.lookAtSource(draft);
        }
        if (!draft.state.isApplied() && looks.isEmpty() && submissions.isEmpty()) {
            draft.actions.add(new ScheduleAction.Passivate());
        }
    }

    private void warnIfUnreadable(ScheduleDraft draft) {
        Revision revision = draft.state.current();
        if (draft.state.isApplied()
                && revision != null
                && revision.number() != warnedOf
                && timetables.of(draft.state, revision).isUnreadable()) {
            warnedOf = revision.number();
            draft.actions.add(new ScheduleAction.Warn(
                    "this version can't read the job file of %s, so the job does not run by itself. Apply it again"
                            .formatted(job)));
        }
    }

    private void dueTicks(ScheduleDraft draft) {
        Timetable timetable = timetables.current(draft.state);
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
                Run oldest = oldestPostponed(draft.state, draft.nanos);
                if (oldest == null) {
                    return;
                }
                draft.persist(new ScheduledJobEvent.RunRefused(
                        draft.now,
                        oldest.key(),
                        "%s. The run has made room for a later one, because %d runs wait"
                                .formatted(withoutPeriod(Objects.requireNonNull(oldest.reason())), MOST_WAITING)));
            }
            Map<String, String> parameters = timetable.scheduled(tick);
            if (timetable.overlap() == Overlap.SKIP && blocksTick(draft.state, parameters)) {
                skip(draft, ticks, tick, false, "the previous run had not ended");
            } else {
                draft.persist(new ScheduledJobEvent.TickDue(
                        draft.now,
                        tick,
                        parameters,
                        draft.state.requireCurrent().number()));
            }
        }
    }

    /// Whether a run has not ended. One that waits for its input blocks only the ticks with the same
    /// parameters, because it does their work.
    private static boolean blocksTick(ScheduledJobState state, Map<String, String> parameters) {
        for (Run run : state.openRuns()) {
            if (!run.isPostponed() || run.parameters().equals(parameters)) {
                return true;
            }
        }
        return false;
    }

    /// The first tick that is not decided about. It does not depend on the clock.
    Optional<Instant> nextTick(ScheduledJobState state, Ticks ticks, Instant now) {
        return ticks.next(state.decided());
    }

    /// Skips missed ticks.
    ///
    /// @return the tick that runs although it was missed; null if none does
    private @Nullable Instant afterMissed(ScheduleDraft draft, Timetable timetable, Ticks ticks, Instant missedUpTo) {
        Instant last = ticks.last(draft.state.decided(), missedUpTo).orElseThrow();
        boolean isLatest = timetable.catchUp() == CatchUp.LATEST
                && ticks.next(last)
                        .filter(next -> !ticks.dueAt(job, next).isAfter(draft.now))
                        .isEmpty();
        String reason = "missed while no node ran the job or it was paused, and catch-up is "
                + JobDescriptions.text(timetable.catchUp());
        // Whoever pauses a job asks for that. The decision that ends a pause skips its ticks.
        boolean isMissed = draft.events.stream().noneMatch(ScheduledJobEvent.Resumed.class::isInstance);
        if (!isLatest) {
            skip(draft, ticks, last, isMissed, reason);
            return null;
        }
        Instant decided = draft.state.decided();
        ticks.last(decided, last.minusNanos(1)).ifPresent(before -> skip(draft, ticks, before, isMissed, reason));
        return last;
    }

    /// Skips all ticks up to one.
    void skip(ScheduleDraft draft, Ticks ticks, Instant last, boolean missed, String reason) {
        List<Instant> skipped = ticks.between(draft.state.decided(), last, COUNTED_TICKS);
        draft.persist(new ScheduledJobEvent.TicksSkipped(
                draft.now,
                skipped.isEmpty() ? last : skipped.getFirst(),
                last,
                Math.max(skipped.size(), 1),
                missed,
                reason,
                draft.state.requireCurrent().number()));
    }

    private static int waitingTicks(ScheduledJobState state) {
        int waiting = 0;
        for (Run run : state.openRuns()) {
            waiting += run.phase() == RunPhase.WAITING ? 1 : 0;
        }
        return waiting;
    }

    /// The first run that can make room for another one; null if there is none. The outcome of a submission
    /// that is under way is not known.
    private @Nullable Run oldestPostponed(ScheduledJobState state, long nanos) {
        for (Run run : state.openRuns()) {
            if (run.isPostponed() && !submissions.isUnderWay(run.key(), nanos)) {
                return run;
            }
        }
        return null;
    }

    // Runs.

    private void startRuns(ScheduleDraft draft) {
        ScheduledJobState state = draft.state;
        Overlap overlap = state.isApplied() ? timetables.current(state).overlap() : Overlap.ALLOW;
        boolean isFree = true;
        int underWay = 0;
        List<Run> waiting = new ArrayList<>();
        List<Run> postponed = new ArrayList<>();
        for (Run run : state.openRuns()) {
            boolean isUnderWay = isUnderWay(draft, run);
            // The answer of a submission that is under way may start a batch.
            isFree = isFree && !blocksNext(run) && !isUnderWay;
            underWay += isUnderWay ? 1 : 0;
            if (run.phase() == RunPhase.WAITING) {
                // A submission without an answer may have started a batch, so it is repeated before others begin.
                (run.isPostponed() && !submissions.isUnanswered(run.key()) ? postponed : waiting).add(run);
            }
        }
        // Last, so that they can't hold up the others. The one that has waited longest comes first.
        postponed.sort(Comparator.comparingLong(run -> submissions.untilDue(run.key(), draft.nanos)));
        waiting.addAll(postponed);
        for (Run run : waiting) {
            boolean isManual = run.cause() == Cause.MANUAL;
            boolean mayStart = isManual || (state.pause() == null && (isFree || overlap == Overlap.ALLOW));
            if (mayStart && mayStart(run.key()) && underWay < Submissions.AT_ONCE && start(draft, run)) {
                underWay++;
            }
            // The runs start in order, and the next one waits for the end of this one. But it does not wait while
            // this one waits for its input, destination or registry.
            isFree = isFree && !isUnderWay(draft, run) && (isManual || run.isPostponed());
        }
    }

    private boolean isUnderWay(ScheduleDraft draft, Run run) {
        return submissions.isUnderWay(run.key(), draft.nanos);
    }

    /// Whether the next run of a queue waits for the end of this one.
    boolean blocksNext(Run run) {
        return run.phase() == RunPhase.RUNNING;
    }

    /// @return whether a submission was begun
    boolean start(ScheduleDraft draft, Run run) {
        Revision revision = draft.state.revisions().get(run.revision());
        if (revision == null) {
            draft.persist(new ScheduledJobEvent.RunRefused(
                    draft.now, run.key(), "the job file of revision %d is lost".formatted(run.revision())));
            return false;
        }
        return submissions.submit(draft, key(run, draft.nanos), revision, run.parameters(), StartMode.LIVE);
    }

    /// The idempotency key of a run's submission, the same at any time.
    String key(Run run, long nanos) {
        return run.key();
    }

    private void answered(ScheduleDraft draft, String key, StartResult result) {
        BackfillKey backfillKey = BackfillKey.parse(key);
        Run run = draft.state.run(key);
        boolean isOpen = backfillKey == null
                ? run != null && run.phase() == RunPhase.WAITING
                : BackfillDecisions.isUntouched(draft.state, backfillKey);
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
            case StartResult.Away(String reason, boolean isInput) -> {
                if (backfillKey != null && isInput) {
                    // The backfill continues with its other runs. Its caller can repeat the backfill.
                    refused(draft, key, backfillKey, reason);
                } else if (hasWaited(draft, key, run)) {
                    refused(
                            draft,
                            key,
                            backfillKey,
                            "%s. The run has waited %d hours for it"
                                    .formatted(withoutPeriod(reason), LONGEST_WAIT.toHours()));
                } else {
                    submissions.postpone(key, draft.nanos);
                    if (run == null) {
                        notNow(draft, key, reason);
                    } else if (!reason.equals(run.reason())) {
                        draft.persist(new ScheduledJobEvent.RunPostponed(draft.now, key, reason));
                    }
                }
            }
            case StartResult.Refused(String reason) -> refused(draft, key, backfillKey, reason);
            case StartResult.NotNow(String reason) -> {
                submissions.postpone(key, draft.nanos);
                if (run != null && run.isPostponed()) {
                    draft.persist(new ScheduledJobEvent.RunPostponed(draft.now, key, null));
                }
                notNow(draft, key, reason);
            }
        }
    }

    /// Whether what a run needs has been away for so long that the run is refused. For a run of a backfill, a
    /// new actor counts from its own first submission.
    private boolean hasWaited(ScheduleDraft draft, String key, @Nullable Run run) {
        if (run == null) {
            return submissions.awayFor(key, draft.nanos).compareTo(LONGEST_WAIT) >= 0;
        }
        return run.postponedAt() != null
                && !draft.now.isBefore(run.postponedAt().plus(LONGEST_WAIT));
    }

    private static String withoutPeriod(String reason) {
        return reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
    }

    private static void refused(ScheduleDraft draft, String key, @Nullable BackfillKey backfill, String reason) {
        draft.persist(
                backfill == null
                        ? new ScheduledJobEvent.RunRefused(draft.now, key, reason)
                        : new ScheduledJobEvent.BackfillRunEnded(
                                draft.now, backfill.id(), backfill.number(), null, reason));
    }

    /// A run whose outcome is not known stays due.
    void notNow(ScheduleDraft draft, String key, String reason) {
        draft.actions.add(new ScheduleAction.Warn(
                "%s of %s can't be submitted now: %s. Trying again".formatted(key, job, reason)));
    }

    /// Drops the questions whose answers nobody needs any more.
    private void forgetAnswered(ScheduleDraft draft) {
        ScheduledJobState state = draft.state;
        submissions.retain(
                key -> {
                    BackfillKey backfillKey = BackfillKey.parse(key);
                    if (backfillKey != null) {
                        return BackfillDecisions.isUntouched(state, backfillKey);
                    }
                    Run run = state.run(key);
                    return run != null && run.phase() == RunPhase.WAITING;
                },
                draft.nanos);
        Set<BatchId> running = running(state);
        looks.keySet().retainAll(running);
    }

    /// The batches to look at. A look wakes a batch, so that its node works on it.
    private Set<BatchId> running(ScheduledJobState state) {
        Set<BatchId> running = new HashSet<>();
        for (Run run : state.openRuns()) {
            if (run.batch() != null && mayStart(run.key())) {
                running.add(run.batch());
            }
        }
        state.backfills().values().stream()
                .filter(backfill -> mayStart(backfill.id()))
                .forEach(backfill -> running.addAll(backfill.running().values()));
        return running;
    }

    private void lookAtBatches(ScheduleDraft draft) {
        for (BatchId batch : running(draft.state)) {
            Question look = looks.computeIfAbsent(
                    batch, first -> new Question(draft.nanos + SHORTEST_LOOK.toNanos(), SHORTEST_LOOK));
            if (look.isDue(draft.nanos)) {
                look.ask(draft.nanos);
                draft.actions.add(new ScheduleAction.LookAtBatch(batch));
            }
        }
    }

    private void seen(ScheduleDraft draft, BatchId batch, @Nullable BatchStatus status) {
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
}
